//! Configurations: files, and what no block can be built from.

use crate::support::AFFINITIES;
use burn::tensor::{Device, Tensor};
use latentgnn::{Activation, BlockConfig, ConfigError, LatentGnnConfig, NonLocalConfig};

const LATENT_GNN: &str = "kind = \"latent-gnn\"
latent_dims = [100]
symmetric = false
channel_stride = 4
graph_conv = false
activation = \"graph-conv\"
residual = true
";

const NON_LOCAL: &str = "kind = \"non-local\"
affinity = \"embedded-gaussian\"
sub_sample = 1
";

#[test]
fn defaults_survive_a_round_trip_through_toml() {
    for (file, config) in [
        (LATENT_GNN, BlockConfig::LatentGnn(LatentGnnConfig::default())),
        (NON_LOCAL, BlockConfig::NonLocal(NonLocalConfig::default())),
    ] {
        assert_eq!(toml::to_string(&config).unwrap(), file);
        assert_eq!(toml::from_str::<BlockConfig>(file).unwrap(), config);
        let kind = file.lines().next().unwrap();
        assert_eq!(toml::from_str::<BlockConfig>(kind).unwrap(), config);
    }
}

#[test]
fn all_keys_can_be_set() {
    let file = "kind = 'latent-gnn'\nlatent_dims = [8, 9]\nsymmetric = true\nchannel_stride = 2\ngraph_conv = true
        activation = 'sum'\nresidual = false";
    let config = LatentGnnConfig::default().with_latent_dims(vec![8, 9]).with_symmetric(true);
    let config = config.with_channel_stride(2).with_graph_conv(true);
    let config = BlockConfig::LatentGnn(config.with_activation(Activation::Sum).with_residual(false));
    assert_eq!(toml::from_str::<BlockConfig>(file).unwrap(), config);

    let names = ["embedded-gaussian", "gaussian", "dot-product", "concatenation"];
    for (name, affinity) in names.into_iter().zip(AFFINITIES) {
        let file = format!("kind = \"non-local\"\naffinity = \"{name}\"\ninner = 3\nsub_sample = 2\n");
        let config = NonLocalConfig::default().with_affinity(affinity).with_inner(Some(3)).with_sub_sample(2);
        let config = BlockConfig::NonLocal(config);
        assert_eq!(toml::from_str::<BlockConfig>(&file).unwrap(), config);
        assert_eq!(toml::to_string(&config).unwrap(), file);
    }
}

#[test]
fn errors_name_the_keys_that_exist() {
    for (file, message) in [
        (
            "kind = 'latent-gnn'\nlatent_dim = [8]",
            "unknown field `latent_dim`, expected one of `latent_dims`, `symmetric`, `channel_stride`, `graph_conv`",
        ),
        ("kind = 'latent-gnn'\nepsilon = 1", "unknown field `epsilon`, expected one of `latent_dims`"),
        ("kind = 'latent-gnn'\nactivation = 'none'", "unknown variant `none`, expected `graph-conv` or `sum`"),
        ("kind = 'non-local'\nsymmetric = true", "unknown field `symmetric`, expected one of `affinity`, `inner`"),
        ("kind = 'non-local'\naffinity = 'cosine'", "unknown variant `cosine`, expected one of `embedded-gaussian`"),
        ("kind = 'attention'", "unknown variant `attention`, expected `latent-gnn` or `non-local`"),
        ("latent_dims = [8]", "missing field `kind`"),
    ] {
        let error = toml::from_str::<BlockConfig>(file).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn latent_gnn_rejects_bad_values() {
    let config = LatentGnnConfig::default;
    let stride = |channels, stride| Err(ConfigError::ChannelStride { channels, stride });
    assert_eq!(config().validate(64), Ok(()));
    assert_eq!(config().validate(0), Err(ConfigError::NoChannels));
    assert_eq!(config().with_channel_stride(3).validate(64), stride(64, 3));
    assert_eq!(config().with_channel_stride(0).validate(64), stride(64, 0));
    assert_eq!(config().with_latent_dims(vec![]).validate(64), Err(ConfigError::NoKernels));
    assert_eq!(config().with_latent_dims(vec![4, 0]).validate(64), Err(ConfigError::NoLatentNodes { kernel: 1 }));
    for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = config().with_epsilon(epsilon).validate(64).unwrap_err();
        assert!(matches!(error, ConfigError::Epsilon { .. }), "{error}");
    }
}

#[test]
fn non_local_rejects_bad_values() {
    let config = NonLocalConfig::default;
    assert_eq!(config().validate(1), Ok(()));
    assert_eq!(config().validate(0), Err(ConfigError::NoChannels));
    assert_eq!(config().with_inner(Some(0)).validate(8), Err(ConfigError::NoInnerChannels));
    assert_eq!(config().with_sub_sample(0).validate(8), Err(ConfigError::NoKeys));
    assert_eq!(config().with_epsilon(0.0).validate(8), Err(ConfigError::Epsilon { epsilon: 0.0 }));
    assert_eq!(config().init(1, &Device::flex()).learned_params(), 3 * 2 + 2 + 2);
}

#[test]
#[should_panic(expected = "64 channels cannot be reduced by a factor of 3")]
fn init_panics_with_the_reason() {
    LatentGnnConfig::default().with_channel_stride(3).init(64, &Device::flex());
}

#[test]
fn initial_weights_depend_on_the_seed_of_the_device() {
    let device = Device::flex();
    let weights = |seed| {
        device.seed(seed);
        crate::support::vec(LatentGnnConfig::default().init(16, &device).reduce_to_latent.weight.val())
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}

/// Standard deviations by parameter, of a block with 400 → 100 channels and 50 nodes.
#[test]
fn initial_weights_have_the_documented_deviations() {
    let config = LatentGnnConfig::default().with_latent_dims(vec![50]).with_graph_conv(true);
    let deviations = |config: LatentGnnConfig| {
        let block = config.init(400, &Device::flex());
        let kernel = &block.kernels[0];
        let graph_conv = kernel.graph_conv.as_ref().unwrap();
        [&block.reduce_to_latent, &kernel.to_latent, graph_conv, &block.restore].map(|projection| {
            let weights = crate::support::vec(projection.weight.val());
            (weights.iter().map(|w| w * w).sum::<f32>() / weights.len() as f32).sqrt()
        })
    };
    let near = |found: [f32; 4], expected: [f32; 4]| {
        assert!(found.iter().zip(&expected).all(|(a, b)| (a / b - 1.0).abs() < 0.05), "{found:?}, not {expected:?}");
    };
    near(deviations(config.clone()), [1200f32, 300.0, 10_000.0, 300.0].map(|n| n.sqrt().recip()));
    let initializer = burn::module::Initializer::Normal { mean: 0.0, std: 0.5 };
    near(deviations(config.with_initializer(initializer)), [0.5; 4]);
}

#[test]
fn block_configs_build_blocks_of_their_kind() {
    let device = Device::flex();
    let latent_gnn = LatentGnnConfig::default().with_latent_dims(vec![6]);
    let non_local = NonLocalConfig::default();
    for (config, learned_params, macs) in [
        (
            BlockConfig::LatentGnn(latent_gnn.clone()),
            latent_gnn.init(16, &device).learned_params(),
            latent_gnn.init(16, &device).macs(50),
        ),
        (
            BlockConfig::NonLocal(non_local.clone()),
            non_local.init(16, &device).learned_params(),
            non_local.init(16, &device).macs(50),
        ),
    ] {
        assert_eq!((config.validate(16), config.validate(0)), (Ok(()), Err(ConfigError::NoChannels)));
        let block = config.init(16, &device);
        assert_eq!((block.channels(), block.learned_params(), block.macs(50)), (16, learned_params, macs));
        assert_eq!(block.forward(Tensor::ones([2, 50, 16], &device)).dims(), [2, 50, 16]);
    }
}
