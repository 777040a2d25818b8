//! Configurations in TOML.

use crate::support;
use latentgnn::{BlockConfig, NonLocalConfig};
use pointmodel::NetworkConfig;
use pointnet2::{
    LevelConfig, Neighborhood, Place, PlacedBlock, PointNet2Config, PointNetConfig, PointNextConfig, Pooling,
    ScaleConfig,
};
use std::fmt::Debug;

fn read<C: NetworkConfig>(file: &str) -> C {
    toml::from_str(file).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn configurations_survive_a_round_trip() {
    fn check<C: NetworkConfig + PartialEq>(config: C) {
        assert_eq!(read::<C>(&toml::to_string(&config).unwrap()), config);
        // as part of a larger file
        let table = toml::Table::try_from(&config).unwrap();
        assert_eq!(table.try_into::<C>().unwrap(), config);
    }
    check(PointNet2Config::ssg());
    check(PointNet2Config::msg());
    check(support::ssg_group_all());
    check(support::ssg_latent_gnn_3());
    check(support::ssg_non_local());
    check(support::msg());
    check(PointNextConfig::s());
    check(support::pointnext_b());
    check(PointNetConfig::default());
    // sizes of the transforms are not part of files
    let sizes = PointNetConfig::default();
    let (transform_points, transform_clouds) = (sizes.transform_points, sizes.transform_clouds);
    check(PointNetConfig { transform_points, transform_clouds, ..support::pointnet(true) });
}

#[test]
fn missing_keys_have_their_defaults() {
    assert_eq!(read::<PointNet2Config>(""), PointNet2Config::ssg());
    assert_eq!(read::<PointNet2Config>("head = 7"), PointNet2Config { head: 7, ..PointNet2Config::ssg() });
    assert_eq!(read::<PointNetConfig>(""), PointNetConfig::default());
    assert_eq!(read::<PointNextConfig>("width = 64"), PointNextConfig { width: 64, ..PointNextConfig::s() });
}

#[test]
fn all_keys_of_pointnet2_can_be_set() {
    let file = "
        levels = [
            { points = 9, radius = 0.1, neighbors = 8, channels = [4, 5] },
            { points = 8, radius = 0.2, neighbors = 7, channels = [6], grouping = 'nearest', pooling = 'average',
              normalize = true },
            { points = 4, pooling = 'max', normalize = false, scales = [
                { radius = 0.3, neighbors = 3, channels = [7], grouping = 'ball' },
                { radius = 0.4, neighbors = 2, channels = [8, 9], grouping = 'nearest' },
            ] },
            { points = 1, radius = 1.0, neighbors = 1, channels = [10], grouping = 'all' },
        ]
        propagation = [[11], [12, 13], [14], [15]]
        head = 16
        dropout = 0.25
        blocks = [
            { after = 'abstraction-2', block = { kind = 'latent-gnn' } },
            { after = 'propagation-0', block = { kind = 'non-local', sub_sample = 2 } },
        ]
    ";
    let nearest = |scale| ScaleConfig { grouping: Neighborhood::Nearest, ..scale };
    let second = vec![nearest(ScaleConfig::ball(0.2, 7, [6]))];
    let third = vec![ScaleConfig::ball(0.3, 3, [7]), nearest(ScaleConfig::ball(0.4, 2, [8, 9]))];
    let expected = PointNet2Config {
        levels: vec![
            LevelConfig::ball(9, 0.1, 8, [4, 5]),
            LevelConfig { points: 8, scales: second, pooling: Pooling::Average, normalize: true },
            LevelConfig::new(4, third),
            LevelConfig::all([10]),
        ],
        propagation: vec![vec![11], vec![12, 13], vec![14], vec![15]],
        head: 16,
        dropout: 0.25,
        blocks: vec![
            PlacedBlock { after: Place::Abstraction(2), block: BlockConfig::LatentGnn(Default::default()) },
            PlacedBlock {
                after: Place::Propagation(0),
                block: BlockConfig::NonLocal(NonLocalConfig::default().with_sub_sample(2)),
            },
        ],
        ..PointNet2Config::default()
    };
    assert_eq!(read::<PointNet2Config>(file), expected);
}

#[test]
fn all_keys_of_pointnet_can_be_set() {
    let file = "
        input_transform = true
        feature_transform = true
        local = [1, 2]
        global = [3]
        head = [4, 5]
        dropout = 0.5
        transform_loss = 0.25
    ";
    let expected = PointNetConfig {
        input_transform: true,
        feature_transform: true,
        local: vec![1, 2],
        global: vec![3],
        head: vec![4, 5],
        dropout: 0.5,
        transform_loss: 0.25,
        ..PointNetConfig::default()
    };
    assert_eq!(read::<PointNetConfig>(file), expected);
}

#[test]
fn a_level_of_one_scale_is_written_in_short() {
    let short = "points = 9
radius = 0.1
neighbors = 8
channels = [4, 5]
grouping = \"ball\"
pooling = \"max\"
normalize = false
";
    let level = LevelConfig::ball(9, 0.1, 8, [4, 5]);
    assert_eq!(toml::to_string(&level).unwrap(), short);
    let long = "points = 9\nscales = [{ radius = 0.1, neighbors = 8, channels = [4, 5] }]";
    assert_eq!(toml::from_str::<LevelConfig>(long).unwrap(), level);

    let two = LevelConfig::new(9, vec![ScaleConfig::ball(0.1, 8, [4]), ScaleConfig::ball(0.2, 8, [5])]);
    let written = toml::to_string(&two).unwrap();
    assert!(written.contains("[[scales]]\nradius = 0.1\nneighbors = 8\nchannels = [4]\n"), "{written}");
}

fn rejected<C: NetworkConfig + Debug>(file: &str, expected: &str) {
    let message = toml::from_str::<C>(file).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn unknown_keys_are_errors_that_name_the_known_ones() {
    let rejected = rejected::<PointNet2Config>;
    rejected(
        "level = []",
        "unknown field `level`, expected one of `levels`, `propagation`, `interpolation`, `head`, `dropout`, \
         `blocks`",
    );
    rejected("initializer = 'zeros'", "unknown field `initializer`, expected one of `levels`");
    rejected(
        "levels = [{ points = 9, radus = 0.1, neighbors = 8, channels = [4] }]",
        "unknown field `radus`, expected one of `points`, `radius`, `neighbors`, `channels`, `grouping`, `scales`, \
         `pooling`, `normalize`",
    );
    rejected(
        "levels = [{ points = 9, scales = [{ radius = 0.1, neighbours = 8, channels = [4] }] }]",
        "unknown field `neighbours`, expected one of `radius`, `neighbors`, `channels`, `grouping`",
    );
    rejected(
        "levels = [{ points = 9, radius = 0.1, neighbors = 8, channels = [4], grouping = 'knn' }]",
        "unknown variant `knn`, expected one of `ball`, `nearest`, `all`",
    );
    let block = |keys| format!("blocks = [{{ {keys} }}]");
    rejected(&block("before = 'abstraction-1'"), "unknown field `before`, expected `after` or `block`");
    rejected(
        &block("after = 'abstraction2', block = { kind = 'non-local' }"),
        "a block cannot follow \"abstraction2\"; write abstraction-2 or propagation-0",
    );
    rejected(
        &block("after = 'abstraction-2', block = { kind = 'attention' }"),
        "unknown variant `attention`, expected `latent-gnn` or `non-local`",
    );
    rejected(
        &block("after = 'abstraction-2', block = {}"),
        "missing field `kind`, expected `latent-gnn` or `non-local`",
    );
    self::rejected::<PointNetConfig>(
        "transform = true",
        "unknown field `transform`, expected one of `input_transform`, `feature_transform`, `local`, `global`, `head`, \
         `dropout`, `transform_loss`",
    );
}

#[test]
fn a_level_has_either_scales_or_keys_of_its_own() {
    let rejected = |level: String, expected: &str| {
        rejected::<PointNet2Config>(&format!("levels = [{{ {level} }}]"), expected);
    };
    let scales = "scales = [{ radius = 0.1, neighbors = 8, channels = [4] }]";
    for own in ["radius = 0.1", "neighbors = 8", "channels = [4]", "grouping = 'nearest'"] {
        rejected(
            format!("points = 9, {own}, {scales}"),
            "a level has either `scales`, or `radius`, `neighbors` and `channels` of its own",
        );
    }
    let keys = [("radius", "radius = 0.1"), ("neighbors", "neighbors = 8"), ("channels", "channels = [4]")];
    for (missing, _) in keys {
        let others = keys.iter().filter(|(name, _)| *name != missing).map(|(_, key)| format!(", {key}"));
        let level = format!("points = 9{}", others.collect::<String>());
        rejected(level, &format!("a level without `scales` is missing `{missing}`"));
    }
    rejected(scales.to_string(), "missing field `points`");
    // a group of all points has neither radius nor number
    let all: PointNet2Config = read("levels = [{ points = 1, grouping = 'all', channels = [4] }]");
    assert_eq!(all.levels, [LevelConfig::all([4])]);
}
