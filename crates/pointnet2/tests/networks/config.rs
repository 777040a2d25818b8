//! What configurations say, and what they cannot say.

use crate::support;
use burn::config::Config;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use pointnet2::{
    Block, BlockConfig, LevelConfig, Neighborhood, NetworkError, Place, PointNet2MsgConfig, PointNet2SsgConfig,
    PointNetConfig, Pyramid, orthogonality_loss,
};

type Change<C> = (fn(&mut C), &'static str);

#[test]
fn what_no_network_can_be_built_from() {
    let changes: &[Change<PointNet2SsgConfig>] = &[
        (|c| c.levels.clear(), "at least one level"),
        (|c| drop(c.propagation.pop()), "4 levels need as many feature propagations, not 3"),
        (|c| c.levels[1].channels.clear(), "the perceptron of level 2 is []"),
        (|c| c.levels[1].points = 0, "the number of points of level 2 is 0"),
        (|c| c.levels[3].neighbors = 0, "the number of neighbors of level 4 is 0"),
        (|c| c.levels[0].radius = f32::NAN, "the radius of level 1 is NaN"),
        (
            |c| c.levels[0].neighborhood = Neighborhood::All,
            "the number of points of level 1 (which groups all points) is 1024",
        ),
        (|c| c.propagation[0] = vec![256, 0], "the perceptron of the feature propagation to level 3 is [256, 0]"),
        (|c| c.head = 0, "head is 0"),
        (|c| c.classes = 0, "classes is 0"),
        (|c| c.dropout = 1.0, "dropout is 1"),
        (|c| c.momentum = -0.1, "momentum is -0.1"),
        (
            |c| c.blocks = BlockConfig::non_local().after([Place::Abstraction(0)]),
            "after set abstraction 0 of a network of 4",
        ),
        (|c| c.blocks = BlockConfig::non_local().after([Place::Propagation(4)]), "the feature propagation to level 4"),
        (
            |c| c.blocks = BlockConfig::non_local().after([Place::Abstraction(2); 2]),
            "two blocks stand after set abstraction 2",
        ),
        (
            |c| c.blocks = BlockConfig::latent_gnn([]).after([Place::Abstraction(2)]),
            "after set abstraction 2: a LatentGNN",
        ),
    ];
    for (change, expected) in changes {
        let mut config = PointNet2SsgConfig::scannet(21);
        change(&mut config);
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
    let mut msg = PointNet2MsgConfig::scannet(21);
    msg.levels[2].scales.clear();
    assert_eq!(msg.validate(), Err(NetworkError::NoScales { level: 3 }));
    let mut msg = PointNet2MsgConfig::scannet(21);
    msg.levels[1].scales[1].radius = 0.0;
    assert!(msg.validate().unwrap_err().to_string().contains("the radius of scale 2 of level 2 is 0"));
    let pointnet = PointNetConfig::new(0, 21).with_global(vec![]);
    assert!(pointnet.validate().unwrap_err().to_string().contains("the perceptron of `global`"));
    assert_eq!(PointNet2MsgConfig::scannet(21).validate(), Ok(()));
}

/// Names of all parameters in the order of their visit.
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
fn names_of_parameters_stay() {
    let device = Device::flex();
    let mlp = |path: &str, layers: usize| {
        let weights = (0..layers).map(move |i| format!("{path}.weights.{i}"));
        let norm = |i| ["gamma", "beta", "running_mean", "running_var"].map(|of| format!("{path}.norms.{i}.{of}"));
        weights.chain((0..layers).flat_map(norm)).collect::<Vec<_>>()
    };
    let mut expected: Vec<String> = (0..4).flat_map(|i| mlp(&format!("abstractions.{i}.mlp"), 3)).collect();
    expected.extend((0..4).flat_map(|i| mlp(&format!("propagations.{i}.mlp"), if i == 3 { 3 } else { 2 })));
    expected.extend(mlp("head", 1));
    expected.extend(["classifier.weight".into(), "classifier.bias".into()]);
    assert_eq!(names(&PointNet2SsgConfig::scannet(21).init(&device)), expected);

    let blocks = BlockConfig::latent_gnn([4]).after([Place::Abstraction(2)]);
    let with_block = names(&PointNet2SsgConfig::scannet(21).with_blocks(blocks).init(&device));
    assert_eq!(with_block[..expected.len()], expected);
    assert!(with_block.contains(&"abstraction_blocks.1.LatentGnn.lambda".to_string()));
    assert!(names(&support::msg().init(&device)).contains(&"abstractions.1.scales.1.mlp.weights.0".to_string()));
}

/// Every normalisation's momentum, as its display shows it.
fn momenta<M: Module + std::fmt::Display>(network: &M) -> Vec<String> {
    let text = network.to_string();
    text.lines().filter_map(|line| line.trim().strip_prefix("momentum: ").map(str::to_string)).collect()
}

#[test]
fn momentum_reaches_every_normalisation() {
    let device = Device::flex();
    let norms = |names: &[String]| names.iter().filter(|name| name.ends_with("running_mean")).count();
    macro_rules! check {
        ($config:expr) => {
            let mut network = $config.with_momentum(0.25).init(&device);
            let count = norms(&names(&network));
            assert_eq!(momenta(&network), vec!["0.25"; count]);
            network.set_momentum(0.5);
            assert_eq!(momenta(&network), vec!["0.5"; count]);
        };
    }
    check!(support::ssg());
    check!(support::ssg_latent_gnn_3());
    check!(support::ssg_non_local());
    check!(support::msg());
    check!(support::pointnet(true));
    assert_eq!(momenta(&pointtensor::layer::PointNormConfig::new(3).with_momentum(0.25).init(&device)), ["0.25"]);
}

#[test]
fn blocks_start_as_the_identity() {
    let device = Device::flex();
    let coord: Vec<[f32; 3]> =
        (0..64).map(|i| [(i % 8) as f32 * 0.1, (i / 8) as f32 * 0.1, (i % 3) as f32 * 0.1]).collect();
    let features = Tensor::<2>::ones([64, 2], &device);
    let scores = |config: PointNet2SsgConfig| {
        let pyramid = Pyramid::build(&coord, 1, &config.pyramid()).unwrap().to_device(&device);
        // the same weights by name in all networks, but what closes the blocks stays as it is initialised
        let initial = config.init(&device);
        let closed: Vec<_> = initial.abstraction_blocks.iter().chain(&initial.propagation_blocks).flatten().collect();
        assert!(closed.iter().all(|block| match block {
            Block::LatentGnn(block) => support::vec(block.lambda.val()) == [0.0],
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
    let pyramid = Pyramid::build(&coord, 2, &config.pyramid()).unwrap().to_device(&device);
    let network = config.init(&device);
    let transform = network.forward_with_transform(&pyramid, Some(Tensor::ones([64, 2], &device))).feature_transform;
    let identity = support::vec(Tensor::<2>::eye(8, &device));
    let transform = transform.unwrap();
    assert_eq!(support::vec(transform.clone()), [identity.clone(), identity].concat());
    assert_eq!(orthogonality_loss(transform.clone()).into_scalar::<f32>(), 0.0);
    // twice the identity: (4 − 1)² on each of 8 diagonal places
    assert_eq!(orthogonality_loss(transform * 2.0).into_scalar::<f32>(), 72.0);
}

#[test]
fn initialiser_and_dropout_are_those_of_the_configuration() {
    let device = Device::flex();
    let zeros = burn::module::Initializer::Zeros;
    let level = LevelConfig::new(4, 0.5, 4, vec![5]);
    let config = PointNet2SsgConfig::new(0, 3, vec![level], vec![vec![6]]).with_initializer(zeros).with_dropout(0.25);
    let network = config.init(&device);
    assert_eq!(support::vec(network.abstractions[0].mlp.first_weight()), [0.0; 15]);
    assert_eq!(support::vec(network.propagations[0].mlp.first_weight()), [0.0; 30]);
    assert_eq!(support::vec(network.classifier.weight.val()), [0.0; 384]);
    assert_eq!(network.dropout.probability, 0.25);
    // the bias starts at 0 whatever the weights start from
    assert_eq!(support::vec(PointNet2SsgConfig::scannet(21).init(&device).classifier.bias.unwrap().val()), [0.0; 21]);
}

#[test]
fn configurations_survive_being_written_down() {
    macro_rules! check {
        ($config:expr, $kind:ty) => {
            let text = $config.to_string();
            assert_eq!(<$kind>::load_binary(text.as_bytes()).unwrap().to_string(), text);
        };
    }
    check!(support::ssg_latent_gnn_3(), PointNet2SsgConfig);
    check!(support::ssg_non_local(), PointNet2SsgConfig);
    check!(support::ssg_group_all(), PointNet2SsgConfig);
    check!(support::msg(), PointNet2MsgConfig);
    check!(support::pointnet(true), PointNetConfig);
}
