//! Configurations in TOML, and those that no network can be built from.

use crate::support::{shape, small};
use pointcnn::PointCnnConfig;

fn message(change: impl FnOnce(&mut PointCnnConfig)) -> String {
    let mut config = small();
    change(&mut config);
    config.check(&shape(40, 0)).unwrap_err().to_string()
}

#[test]
fn layers_in_toml() {
    let text = r#"
        encoder = [{ neighbors = 5, channels = 8 }, { neighbors = 4, dilation = 3, points = 14, channels = 12 }]
        decoder = [{ neighbors = 6, dilation = 2, lift = 3 }, { neighbors = 3, dilation = 2, lift = 3, multiplier = 1 }]
        head = [6, 5]
        dropout = 0.0
    "#;
    let config: PointCnnConfig = toml::from_str(text).unwrap();
    assert_eq!(config, small());
    assert_eq!(toml::from_str::<PointCnnConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
    let default: PointCnnConfig = toml::from_str("").unwrap();
    assert_eq!(default, PointCnnConfig::default());
    for unknown in ["lift = 1", "encoder = [{ neighbors = 1, channels = 1, lifted = 1 }]"] {
        let error = toml::from_str::<PointCnnConfig>(unknown).unwrap_err().to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
}

#[test]
fn the_experiment_has_the_authors_network() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/pointcnn.toml");
    let file: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut model = file["model"].as_table().unwrap().clone();
    assert_eq!(model.remove("kind").unwrap().as_str(), Some("pointcnn"));
    assert_eq!(model.try_into::<PointCnnConfig>().unwrap(), PointCnnConfig::default());
}

#[test]
fn impossible_configurations_are_named() {
    let is = |change: fn(&mut PointCnnConfig), expected: &str| assert_eq!(message(change), expected);
    let range = "at least 1 and at most 256";
    is(|c| c.encoder.clear(), "a PointCNN needs at least one layer in `encoder`");
    is(
        |c| c.decoder.truncate(1),
        "2 encoder layers need as many in `decoder`, not 1: one onto each level, the last level first",
    );
    is(|c| c.encoder[1].channels = 0, "channels of encoder layer 2 is 0; it must be a positive integer");
    is(|c| c.encoder[0].neighbors = 0, &format!("neighbors of encoder layer 1 is 0; it must be {range}"));
    is(|c| c.decoder[1].neighbors = 257, &format!("neighbors of decoder layer 2 is 257; it must be {range}"));
    is(|c| c.decoder[0].dilation = 0, "dilation of decoder layer 1 is 0; it must be a positive integer");
    is(|c| c.encoder[0].lift = Some(0), "lift of encoder layer 1 is 0; it must be a positive integer");
    is(|c| c.decoder[0].multiplier = 0, "multiplier of decoder layer 1 is 0; it must be a positive integer");
    is(|c| c.head.clear(), "the number of layers of `head` is 0; it must be at least 1");
    is(|c| c.head[1] = 0, "layer 2 of `head` is 0; it must be a positive integer");
    is(|c| c.dropout = 1.0, "dropout is 1; it must be at least 0 and below 1");
    is(
        |c| c.encoder[0].points = Some(30),
        "encoder layer 1 keeps 30 of 40 points, but every point gets scores; leave its `points` out, which keeps all",
    );
    for points in [0, 41] {
        let expected = format!(
            "encoder layer 2 keeps {points} of 40 points; `points` must be at least 1 and at most the points of the layer \
             before (crop.points for the first)"
        );
        assert_eq!(message(|c| c.encoder[1].points = Some(points)), expected);
    }
    is(
        |c| c.decoder[0].dilation = 3,
        "decoder layer 1 looks at the 6 · 3 nearest of 14 points; `neighbors` times `dilation` must be at most the points \
         of the level it takes features from",
    );
    let outputs = small().check(&pointmodel::NetworkShape { outputs: 0, ..shape(40, 0) }).unwrap_err();
    assert_eq!(outputs.to_string(), "the number of outputs is 0; it must be a positive integer");
}
