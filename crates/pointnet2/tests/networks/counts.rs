//! Parameters and multiply-accumulates of the full networks, compared with published figures and with counts by hand.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use latentgnn::{BlockConfig, LatentGnnConfig};
use pointmodel::{Counts, Network, NetworkConfig, NetworkShape, Summary};
use pointnet2::{Place, PlacedBlock, PointNet2Config, PointNetConfig, PointNextConfig, PublishedBlocks};

const POINTS: usize = 8192;
const CLASSES: usize = 21;

fn summary(config: impl NetworkConfig) -> Summary {
    let shape = NetworkShape { points: POINTS, in_channels: 0, outputs: CLASSES };
    let network = config.init(&shape, &Device::flex());
    let summary = network.summary(POINTS);
    assert_eq!(summary.total.params, learned(&network));
    summary
}

/// Number of values of all parameters but running statistics, counted independently.
fn learned<M: Module>(network: &M) -> usize {
    struct Count(Vec<String>, usize);
    impl ModuleVisitor for Count {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_string());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let running = self.0.last().is_some_and(|name| name.starts_with("running"));
            self.1 += if running { 0 } else { param.lazy_shape().num_elements() };
        }
    }
    let mut count = Count(Vec::new(), 0);
    network.visit(&mut count);
    count.1
}

/// Number of learned values of a perceptron with batch normalisation and no biases.
fn perceptron(channels: &[usize]) -> usize {
    channels.windows(2).map(|c| c[0] * c[1] + 2 * c[1]).sum()
}

/// Multiply-accumulates of a perceptron applied to `rows` rows.
fn products(rows: usize, channels: &[usize]) -> u64 {
    channels.windows(2).map(|c| (rows * c[0] * c[1]) as u64).sum()
}

#[test]
fn single_scale_network_by_hand() {
    let summary = summary(PointNet2Config::ssg());
    let abstractions: [(usize, &[usize]); 4] =
        [(1024, &[3, 32, 32, 64]), (256, &[67, 64, 64, 128]), (64, &[131, 128, 128, 256]), (16, &[259, 256, 256, 512])];
    let propagations: [(usize, &[usize]); 4] =
        [(64, &[768, 256, 256]), (256, &[384, 256, 256]), (1024, &[320, 256, 128]), (8192, &[128, 128, 128, 128])];
    let mut expected: Vec<(String, [usize; 2], Counts)> = Vec::new();
    for (i, (points, channels)) in abstractions.into_iter().enumerate() {
        let counts = Counts { params: perceptron(channels), macs: products(points * 32, channels) };
        expected.push((format!("abstractions.{i}"), [points, channels[3]], counts));
    }
    for (i, (points, channels)) in propagations.into_iter().enumerate() {
        let counts = Counts { params: perceptron(channels), macs: products(points, channels) };
        expected.push((format!("propagations.{i}"), [points, channels[channels.len() - 1]], counts));
    }
    let head = Counts { params: perceptron(&[128, 128]), macs: products(POINTS, &[128, 128]) };
    expected.push(("head".into(), [POINTS, 128], head));
    let classifier = Counts { params: 129 * CLASSES, macs: products(POINTS, &[128, CLASSES]) };
    expected.push(("classifier".into(), [POINTS, CLASSES], classifier));

    let rows: Vec<_> = summary.rows.iter().map(|row| (row.name.clone(), row.output, row.counts)).collect();
    assert_eq!(rows, expected);
    assert_eq!(summary.total, expected.iter().map(|(_, _, counts)| *counts).sum());
    assert_eq!((summary.total.params, summary.total.macs), (965_173, 1_244_266_496));
    assert_eq!(summary.blocks(), (0, vec![]));
}

#[test]
fn published_blocks_by_hand() {
    let baseline = summary(PointNet2Config::ssg()).total;
    for (blocks, params, projections, most_off) in [
        (PublishedBlocks::NonLocal, 700_640, 33_554_432, 0.001),
        (PublishedBlocks::LatentGnn1, 297_084, 17_113_088, 0.014),
        (PublishedBlocks::LatentGnn3, 537_324, 34_562_048, 0.003),
    ] {
        let summary = summary(PointNet2Config::ssg().with_blocks(blocks.config()));
        let (added, kinds) = summary.blocks();
        assert_eq!((kinds[0], added), (("projections", projections), params));
        let all = kinds.iter().map(|(_, macs)| macs).sum();
        assert_eq!(baseline + Counts { params: added, macs: all }, summary.total);

        let [published_macs, published_params] = blocks.published();
        assert!((added as f64 / 1e6 - published_params).abs() < most_off);
        assert!((projections as f64 / 1e6 / published_macs - 1.0).abs() < 0.16);
    }
}

/// The blocks follow the four set abstractions, with the authors' numbers of latent nodes.
#[test]
fn published_blocks_are_after_every_abstraction() {
    for (blocks, kernels) in [(PublishedBlocks::LatentGnn1, 1), (PublishedBlocks::LatentGnn3, 3)] {
        for ((placed, level), nodes) in blocks.config().iter().zip(1..).zip([80, 40, 20, 10]) {
            let config = LatentGnnConfig::default().with_latent_dims(vec![nodes; kernels]).with_graph_conv(true);
            assert_eq!(
                placed,
                &PlacedBlock { after: Place::Abstraction(level), block: BlockConfig::LatentGnn(config) }
            );
        }
        assert_eq!(blocks.config().len(), 4);
    }
}

#[test]
fn blocks_follow_their_layer_in_the_summary() {
    let block = BlockConfig::LatentGnn(LatentGnnConfig::default().with_latent_dims(vec![10]));
    let blocks = PlacedBlock::each(block, [Place::Abstraction(4), Place::Propagation(0)]);
    let summary = summary(PointNet2Config::ssg().with_blocks(blocks));
    let names: Vec<_> = summary.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names[3..6], ["abstractions.3", "abstraction_blocks.3", "propagations.0"]);
    assert_eq!(names[8..10], ["propagations.3", "propagation_blocks.3"]);
    assert_eq!(summary.rows[4].output, [16, 512]);
    assert_eq!(summary.rows[9].output, [8192, 128]);
}

#[test]
fn multi_scale_network_by_hand() {
    let summary = summary(PointNet2Config::msg());
    let first = Counts {
        params: perceptron(&[3, 16, 16, 32]) + perceptron(&[3, 32, 32, 64]),
        macs: products(1024 * 16, &[3, 16, 16, 32]) + products(1024 * 32, &[3, 32, 32, 64]),
    };
    assert_eq!((summary.rows[0].output, summary.rows[0].counts), ([1024, 96], first));
    let outputs: Vec<_> = summary.rows[..4].iter().map(|row| row.output).collect();
    assert_eq!(outputs, [[1024, 96], [256, 256], [64, 512], [16, 1024]]);
    // input channels of the propagations in the source: 512+512+256+256, 128+128+256, 32+64+256 and 128
    let propagations: Vec<_> = summary.rows[4..8].iter().map(|row| row.counts.params).collect();
    let expected: [&[usize]; 4] = [&[1536, 256, 256], &[512, 256, 256], &[352, 256, 128], &[128, 128, 128, 128]];
    assert_eq!(propagations, expected.map(perceptron));
}

#[test]
fn pointnet_by_hand() {
    for transforms in [false, true] {
        let config =
            PointNetConfig { input_transform: transforms, feature_transform: transforms, ..Default::default() };
        let summary = summary(config);
        let body = perceptron(&[3, 64, 64, 64, 128, 1024]) + perceptron(&[1088, 512, 256, 128, 128]) + 129 * CLASSES;
        let transform = |size: usize| perceptron(&[size, 64, 128, 1024, 512, 256]) + 257 * size * size;
        let transforms_params = if transforms { transform(3) + transform(64) } else { 0 };
        assert_eq!(summary.total.params, body + transforms_params);
        if transforms {
            let macs = products(POINTS, &[64, 64, 128, 1024]) + products(1, &[1024, 512, 256, 4096]);
            assert_eq!(summary.rows[2].name, "feature_transform");
            assert_eq!(summary.rows[2].counts.macs, macs + products(POINTS, &[64, 64]));
        }
    }
}

/// Learned values of a PointNeXt of width 32 by hand, with `inputs` input channels. `biased` counts a linear layer.
fn pointnext_params(layers: usize, skips: bool, residuals: [usize; 4], inputs: usize, outputs: usize) -> usize {
    let biased = |from: usize, to: usize| (from + 1) * to;
    let mut params = biased(inputs, 32) + perceptron(&[32, 32]) + biased(32, outputs);
    for (fine, blocks) in [32, 64, 128, 256].into_iter().zip(residuals) {
        let (coarse, hidden) = (2 * fine, vec![fine; layers - 1]);
        params += perceptron(&[&[fine + 3], &hidden[..], &[coarse]].concat());
        params += if skips { biased(fine, coarse) } else { 0 };
        params += blocks * (perceptron(&[coarse + 3, coarse]) + perceptron(&[coarse, 4 * coarse, coarse]));
        params += perceptron(&[fine + coarse, fine, fine]);
    }
    params
}

#[test]
fn pointnext_has_the_published_number_of_parameters() {
    for (config, layers, skips, residuals, exact, published) in [
        (PointNextConfig::s(), 2, true, [0; 4], 792_469, 0.8),
        (PointNextConfig::b(), 1, false, [1, 2, 1, 1], 3_828_085, 3.8),
    ] {
        let params = summary(config.clone()).total.params;
        assert_eq!(params, pointnext_params(layers, skips, residuals, 3, CLASSES));
        assert_eq!(params, exact);
        // as on S3DIS: four channels in, which ours sees beside the coordinates, and 13 classes
        let shape = NetworkShape { points: POINTS, in_channels: 1, outputs: 13 };
        let on_s3dis = config.init(&shape, &Device::flex()).summary(POINTS).total.params;
        assert_eq!(on_s3dis, pointnext_params(layers, skips, residuals, 4, 13));
        assert!((on_s3dis as f64 / 1e6 - published).abs() < 0.05, "{on_s3dis}");
    }
}

#[test]
fn rows_of_pointnext_in_the_summary() {
    let blocks = crate::support::non_local([Place::Abstraction(2)]);
    let summary = summary(PointNextConfig { blocks, ..PointNextConfig::b() });
    let names: Vec<_> = summary.rows.iter().map(|row| row.name.as_str()).collect();
    let first = ["stem", "abstractions.0", "residuals.0.0", "abstractions.1", "residuals.1.0", "residuals.1.1"];
    assert_eq!(names[..6], first);
    assert_eq!(names[6..8], ["abstraction_blocks.1", "abstractions.2"]);
    let block = Counts {
        params: perceptron(&[67, 64]) + perceptron(&[64, 256, 64]),
        macs: products(2048 * 32, &[67, 64]) + products(2048, &[64, 256, 64]),
    };
    assert_eq!((summary.rows[2].output, summary.rows[2].counts), ([2048, 64], block));
}
