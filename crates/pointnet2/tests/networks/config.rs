//! Configurations, and what the networks that they build start as.

use crate::support::{self, non_local, shape};
use burn::module::{DisplaySettings, Module, ModuleDisplay, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use latentgnn::{Block, BlockConfig, LatentGnnConfig};
use pointmodel::{Network, NetworkConfig, NetworkShape, Prepared, SearchOn};
use pointnet2::{
    LevelConfig, Neighborhood, NetworkError, Place, PlacedBlock, PointNet2Config, PointNetConfig, PointNextConfig,
    ScaleConfig, orthogonality_loss,
};

const SCANNET: NetworkShape = NetworkShape { points: 8192, in_channels: 0, outputs: 21 };

type Change<C> = (fn(&mut C), &'static str);

fn latent_gnn(latent_dims: Vec<usize>, after: Place) -> Vec<PlacedBlock> {
    let block = BlockConfig::LatentGnn(LatentGnnConfig::default().with_latent_dims(latent_dims));
    vec![PlacedBlock { after, block }]
}

/// Checks that the configuration is valid, and that each change makes it invalid with an error that contains the text.
fn check_errors<C: NetworkConfig>(config: C, changes: &[Change<C>]) {
    assert!(config.validate(&SCANNET).is_ok());
    for (change, expected) in changes {
        let mut config = config.clone();
        change(&mut config);
        let message = config.validate(&SCANNET).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
    }
}

#[test]
fn single_scale_configs_are_validated() {
    check_errors(
        PointNet2Config::ssg(),
        &[
            (|c| c.levels.clear(), "at least one level"),
            (|c| drop(c.propagation.pop()), "4 levels need as many feature propagations, not 3"),
            (|c| c.levels[1].scales[0].channels.clear(), "the perceptron of level 2 is []"),
            (|c| c.levels[1].points = 0, "the number of points of level 2 is 0"),
            (|c| c.levels[1].points = 1025, "level 2 keeps 1025 of 1024 points"),
            (|c| c.levels[3].scales[0].neighbors = 0, "the number of neighbors of level 4 is 0"),
            (|c| c.levels[0].scales[0].radius = f32::NAN, "the radius of level 1 is NaN"),
            (
                |c| {
                    c.levels[3].scales[0].grouping = Neighborhood::Nearest;
                    c.levels[3].scales[0].neighbors = 65;
                },
                "level 4 groups the 65 nearest of 64 points",
            ),
            (
                |c| c.levels[0].scales[0].grouping = Neighborhood::All,
                "the number of points of level 1 (which groups all points) is 1024",
            ),
            (|c| c.propagation[0] = vec![256, 0], "feature propagation to level 3 is [256, 0]"),
            (|c| c.head = 0, "head is 0"),
            (|c| c.dropout = 1.0, "dropout is 1"),
            (|c| c.blocks = non_local([Place::Abstraction(0)]), "no set abstraction 0 in a network of 4 levels"),
            (|c| c.blocks = non_local([Place::Propagation(4)]), "no feature propagation to level 4"),
            (|c| c.blocks = non_local([Place::Abstraction(2); 2]), "two blocks follow set abstraction 2"),
            (
                |c| c.blocks = latent_gnn(vec![], Place::Abstraction(2)),
                "the block after set abstraction 2: a LatentGNN",
            ),
        ],
    );
    let shape = NetworkShape { outputs: 0, ..SCANNET };
    let message = PointNet2Config::ssg().validate(&shape).unwrap_err().to_string();
    assert!(message.contains("the number of outputs is 0"), "{message}");
    let shape = NetworkShape { points: 512, ..SCANNET };
    let error = NetworkError::TooManyPoints { level: 1, points: 1024, below: 512 };
    assert_eq!(PointNet2Config::ssg().check(&shape), Err(error));
}

#[test]
fn multi_scale_configs_are_validated() {
    check_errors(
        PointNet2Config::msg(),
        &[
            (|c| c.levels[2].scales.clear(), "level 3 has no scales"),
            (|c| c.levels[1].scales[1].radius = 0.0, "the radius of scale 2 of level 2 is 0"),
            (|c| c.levels[1].scales[0].channels.clear(), "the perceptron of scale 1 of level 2 is []"),
            (
                |c| {
                    c.levels[0].scales[0] =
                        ScaleConfig { grouping: Neighborhood::Nearest, ..ScaleConfig::ball(0.1, 4097, [8]) }
                },
                "the number of neighbors of scale 1 of level 1 is 4097; it must be 1 to 4096",
            ),
            (
                |c| {
                    c.levels[3].points = 1;
                    c.levels[3].scales[1].grouping = Neighborhood::All;
                },
                "the number of scales of level 4 (which groups all points) is 2",
            ),
        ],
    );
}

#[test]
fn pointnet_configs_are_validated() {
    let transforms = PointNetConfig { input_transform: true, ..PointNetConfig::default() };
    check_errors(
        transforms,
        &[
            (|c| c.global.clear(), "the perceptron of `global` is []"),
            (|c| c.transform_clouds.clear(), "the perceptron of `transform_clouds` is []"),
            (|c| c.transform_loss = -1.0, "transform_loss is -1"),
        ],
    );
}

#[test]
fn pointnext_configs_are_validated() {
    check_errors(
        PointNextConfig::b(),
        &[
            (|c| c.width = 0, "width is 0; it must be from 1 to 4096"),
            (|c| c.points.clear(), "the number of levels in `points` is 0; it must be from 1 to 8"),
            (|c| c.inverted_residuals = vec![1; 3], "levels in `inverted_residuals` is 3; it must be that of `points`"),
            (|c| c.inverted_residuals[2] = 65, "the largest of `inverted_residuals` is 65"),
            (|c| c.points[1] = 2049, "level 2 keeps 2049 of 2048 points"),
            (|c| c.radius = -1.0, "radius is -1; it must be a positive number"),
            (|c| c.radius = 1e38, "the radius of level 2 is inf"),
            (|c| c.neighbors = 0, "neighbors is 0"),
            (|c| c.neighbors = 100_000, "the number of neighbors of level 1 is 100000"),
            (|c| c.abstraction_layers = 0, "abstraction_layers is 0"),
            (|c| c.expansion = 65, "expansion is 65"),
            (|c| c.dropout = 1.0, "dropout is 1"),
            (|c| c.blocks = non_local([Place::Abstraction(5)]), "no set abstraction 5 in a network of 4 levels"),
            (|c| c.blocks = non_local([Place::Propagation(1); 2]), "two blocks follow feature propagation to level 1"),
        ],
    );
    assert!(PointNextConfig::s().validate(&SCANNET).is_ok());
}

/// Path of the current module, and the names of the parameters visited so far.
struct Names(Vec<String>, Vec<String>);

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.0.push(name.to_string());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.0.pop();
    }
    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
        self.1.push(self.0.join("."));
    }
}

fn names<M: Module>(module: &M) -> Vec<String> {
    let mut names = Names(Vec::new(), Vec::new());
    module.visit(&mut names);
    names.1
}

#[test]
fn parameter_names_are_stable() {
    let device = Device::flex();
    let mlp = |path: &str, layers: usize| {
        let weights = (0..layers).map(move |i| format!("{path}.weights.{i}"));
        let norm = |i| ["gamma", "beta", "running_mean", "running_var"].map(|of| format!("{path}.norms.{i}.{of}"));
        weights.chain((0..layers).flat_map(norm)).collect::<Vec<_>>()
    };
    let mut expected: Vec<String> = (0..4).flat_map(|i| mlp(&format!("abstractions.{i}.scales.0.mlp"), 3)).collect();
    expected.extend((0..4).flat_map(|i| mlp(&format!("propagations.{i}.mlp"), if i == 3 { 3 } else { 2 })));
    expected.extend(mlp("head", 1));
    expected.extend(["classifier.weight".into(), "classifier.bias".into()]);
    assert_eq!(names(&PointNet2Config::ssg().init(&SCANNET, &device)), expected);

    let config = PointNet2Config::ssg().with_blocks(latent_gnn(vec![4], Place::Abstraction(2)));
    let with_block = names(&config.init(&SCANNET, &device));
    assert_eq!(with_block[..expected.len()], expected);
    assert!(with_block.contains(&"abstraction_blocks.1.LatentGnn.lambda".to_string()));
    let multi_scale = names(&support::msg().init(&shape(40), &device));
    assert!(multi_scale.contains(&"abstractions.1.scales.1.mlp.weights.0".to_string()));

    let s = names(&support::pointnext_s().init(&shape(40), &device));
    let b = names(&support::pointnext_b().init(&shape(40), &device));
    for name in ["stem.weight", "stem.bias", "abstractions.0.scales.0.mlp.weights.0"] {
        assert!([&s, &b].into_iter().all(|names| names.contains(&name.to_string())), "{name}");
    }
    assert!(s.contains(&"abstractions.1.skip.weight".to_string()) && !s.iter().any(|name| name.contains("residuals")));
    for name in ["residuals.1.1.aggregation.mlp.weights.0", "residuals.1.1.mlp.norms.1.gamma"] {
        assert!(b.contains(&name.to_string()), "{name}");
    }
}

/// The momentum of every batch normalisation, as the module's display shows it.
fn momenta(module: &impl ModuleDisplay) -> Vec<String> {
    let text = module.format(DisplaySettings::default());
    text.lines().filter_map(|line| line.trim().strip_prefix("momentum: ").map(str::to_string)).collect()
}

#[test]
fn momentum_is_set_in_every_normalisation() {
    fn check(config: impl support::Config) {
        let mut network = config.init(&shape(40), &Device::flex());
        let norms = names(&network).iter().filter(|name| name.ends_with("running_mean")).count();
        assert_eq!(momenta(&network), vec!["0.1"; norms]);
        network.set_momentum(0.5);
        assert_eq!(momenta(&network), vec!["0.5"; norms]);
    }
    check(support::ssg());
    check(support::ssg_latent_gnn_3());
    check(support::ssg_non_local());
    check(support::msg());
    check(support::pointnext_s());
    check(support::pointnext_b());
    check(support::pointnet(true));
    let norm = pointtensor::layer::PointNormConfig::new(3).with_momentum(0.25).init(&Device::flex());
    assert_eq!(momenta(&norm), ["0.25"]);
}

#[test]
fn blocks_start_as_the_identity() {
    let device = Device::flex();
    let coord: Vec<[f32; 3]> =
        (0..64).map(|i| [(i % 8) as f32 * 0.1, (i / 8) as f32 * 0.1, (i % 3) as f32 * 0.1]).collect();
    let features = Tensor::<2>::ones([64, 2], &device);
    let scores = |config: PointNet2Config| {
        let pyramid = config.prepare(&coord, 1, SearchOn::Host).unwrap().into_device(&device);
        // the same weights by name in all networks, except for those whose initial value makes a block the identity
        let initial = config.init(&shape(64), &device);
        let closed: Vec<_> = initial.abstraction_blocks.iter().chain(&initial.propagation_blocks).flatten().collect();
        assert!(closed.iter().all(|block| match block {
            Block::LatentGnn(block) => block.lambda.as_ref().is_some_and(|lambda| support::vec(lambda.val()) == [0.0]),
            Block::NonLocal(block) => support::vec(block.norm.gamma.val()).iter().all(|&gamma| gamma == 0.0),
        }));
        let network = support::assign(initial, |name, shape| {
            let closes = name.ends_with("lambda")
                || name.ends_with("NonLocal.norm.gamma")
                || name.ends_with("NonLocal.norm.beta");
            let value = |i: usize| if closes { 0.0 } else { 0.2 + ((name.len() * 31 + i * 17) % 23) as f32 / 23.0 };
            (0..shape.iter().product()).map(value).collect()
        });
        support::vec(network.forward(&pyramid, Some(features.clone())))
    };
    let plain = scores(support::ssg());
    assert!(plain.iter().any(|&score| score != plain[0]));
    assert_eq!(scores(support::ssg_non_local()), plain);
    assert_eq!(scores(support::ssg_latent_gnn_1()), plain);
}

#[test]
fn transforms_start_as_the_identity_and_are_orthogonal() {
    let device = Device::flex();
    let coord: Vec<[f32; 3]> =
        (0..64).map(|i| [(i % 8) as f32 * 0.1, (i / 8) as f32 * 0.1, (i % 3) as f32 * 0.1]).collect();
    let config = support::pointnet(true);
    let pyramid = config.prepare(&coord, 2, SearchOn::Host).unwrap().into_device(&device);
    let network = config.init(&shape(32), &device);
    let features = Tensor::ones([64, 2], &device);
    let (logits, transform) = network.forward_with_transform(&pyramid, Some(features.clone()));
    let identity = support::vec(Tensor::<2>::eye(8, &device));
    let transform = transform.unwrap();
    assert_eq!(support::vec(transform.clone()), [identity.clone(), identity].concat());
    assert_eq!(orthogonality_loss(transform.clone()).into_scalar::<f32>(), 0.0);
    // twice the identity: (4 − 1)² in each of 8 places of the diagonal
    assert_eq!(orthogonality_loss(transform * 2.0).into_scalar::<f32>(), 72.0);

    let (training_logits, loss) = network.forward_training(&pyramid, Some(features.clone()));
    assert_eq!(support::vec(training_logits), support::vec(logits));
    assert_eq!(support::vec(loss.unwrap()), [0.0]);
    let without = support::pointnet(false).init(&shape(32), &device);
    assert!(without.forward_training(&pyramid, Some(features)).1.is_none());
}

#[test]
fn initializer_and_dropout_come_from_the_config() {
    let device = Device::flex();
    let config = PointNet2Config {
        levels: vec![LevelConfig::ball(4, 0.5, 4, [5])],
        propagation: vec![vec![6]],
        dropout: 0.25,
        initializer: burn::module::Initializer::Zeros,
        ..PointNet2Config::default()
    };
    let network = config.init(&NetworkShape { points: 4, in_channels: 0, outputs: 3 }, &device);
    assert_eq!(support::vec(network.abstractions[0].scales[0].mlp.first_weight()), [0.0; 15]);
    assert_eq!(support::vec(network.propagations[0].mlp.first_weight()), [0.0; 30]);
    assert_eq!(support::vec(network.classifier.weight.val()), [0.0; 384]);
    assert_eq!(network.dropout.probability, 0.25);
    // the bias starts at 0, whatever the initializer
    let network = PointNet2Config::ssg().init(&SCANNET, &device);
    assert_eq!(support::vec(network.classifier.bias.unwrap().val()), [0.0; 21]);
}
