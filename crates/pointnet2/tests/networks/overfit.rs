//! Every kind of network, reduced, learns four crops by heart.

use crate::support::Network;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointnet2::{
    BlockConfig, LevelConfig, MultiScaleConfig, Place, PlacedBlock, PointNet2MsgConfig, PointNet2SsgConfig,
    PointNetConfig, Pyramid, PyramidSpec, ScaleConfig,
};
use pointtensor::functional::cross_entropy;

const CROPS: usize = 4;
const POINTS: usize = 256;
const CLASSES: usize = 4;

/// Corners of rooms: floor, wall, a table top and a box that stand elsewhere in each crop. Points in metres and their classes.
fn crops() -> (Vec<[f32; 3]>, Vec<i32>) {
    let mut state = 1u64;
    // the splitmix64 generator, 0..1
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    };
    let (mut coord, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..CROPS {
        let [table, stand] = [random() * 0.6, 0.2 + random() * 0.6];
        for i in 0..POINTS {
            let (u, v, noise) = (random(), random(), 0.01 * random());
            let label = i % CLASSES;
            coord.push(match label {
                0 => [1.5 * u, 1.5 * v, noise],
                1 => [1.5 * u, 1.5 + noise, 1.2 * v],
                2 => [table + 0.6 * u, 0.3 + 0.4 * v, 0.7 + noise],
                _ => [stand + noise, 0.8 + 0.3 * u, 0.05 + 0.4 * v],
            });
            labels.push(label as i32);
        }
    }
    (coord, labels)
}

/// Trains until all but 5 % of the points are right with the running statistics, and says how long it took.
fn overfit<N: Network>(name: &str, spec: PyramidSpec, init: impl FnOnce(&Device) -> N) {
    let start = std::time::Instant::now();
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let (coord, labels) = crops();
    let pyramid = Pyramid::build(&coord, CROPS, &spec).unwrap();
    let (on_device, on_plain) = (pyramid.to_device(&device), pyramid.to_device(&plain));
    let targets = Tensor::<1, Int>::from_data(TensorData::new(labels.clone(), [labels.len()]), &device);
    let weights = Tensor::<1>::ones([labels.len()], &device);
    device.seed(3);
    let mut network = init(&device).materialize();
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let mut accuracy = 0.0;
    for step in 1..=300 {
        let loss = cross_entropy(network.scores(&on_device, None), targets.clone(), weights.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-2, network, gradients);
        if step % 20 == 0 {
            let best = network.valid().scores(&on_plain, None).argmax(1).into_data();
            let right = best.iter::<i32>().zip(&labels).filter(|(best, label)| best == *label).count();
            accuracy = right as f64 / labels.len() as f64;
            if accuracy >= 0.95 {
                println!("{name}: {accuracy:.3} after {step} steps, {:.1} s", start.elapsed().as_secs_f64());
                return;
            }
        }
    }
    panic!("{name} gets only {accuracy} of the points right");
}

fn ssg() -> PointNet2SsgConfig {
    let levels = vec![LevelConfig::new(64, 0.2, 16, vec![16, 16, 32]), LevelConfig::new(16, 0.4, 16, vec![32, 32, 64])];
    PointNet2SsgConfig::new(0, CLASSES, levels, vec![vec![32, 32], vec![32, 32]]).with_head(32)
}

fn with_blocks(block: BlockConfig) -> Vec<PlacedBlock> {
    block.after([Place::Abstraction(1), Place::Abstraction(2)])
}

#[test]
fn single_scale() {
    overfit("pointnet2-ssg", ssg().pyramid(), |device| ssg().init(device));
}

#[test]
fn single_scale_with_blocks() {
    for (name, block) in [
        ("pointnet2-ssg+nl", BlockConfig::non_local()),
        ("pointnet2-ssg+latentgnn1", BlockConfig::latent_gnn([20])),
        ("pointnet2-ssg+latentgnn3", BlockConfig::latent_gnn([16, 16, 16])),
    ] {
        overfit(name, ssg().pyramid(), |device| ssg().with_blocks(with_blocks(block)).init(device));
    }
}

#[test]
fn multi_scale() {
    let level = |points, radius: f32, narrow: &[usize], wide: &[usize]| {
        let scales =
            vec![ScaleConfig::new(radius, 8, narrow.to_vec()), ScaleConfig::new(2.0 * radius, 16, wide.to_vec())];
        MultiScaleConfig::new(points, scales)
    };
    let levels = vec![level(64, 0.1, &[8, 16], &[16, 16, 32]), level(16, 0.2, &[32, 32], &[32, 32, 64])];
    let config = PointNet2MsgConfig::new(0, CLASSES, levels, vec![vec![32, 32], vec![32, 32]]).with_head(32);
    overfit("pointnet2-msg", config.pyramid(), |device| config.init(device));
}

#[test]
fn pointnet() {
    for (name, transforms) in [("pointnet", false), ("pointnet with transforms", true)] {
        let config = PointNetConfig::new(0, CLASSES)
            .with_transforms(transforms)
            .with_local(vec![16, 16])
            .with_global(vec![32, 64])
            .with_head(vec![64, 32])
            .with_transform_points(vec![16, 64])
            .with_transform_clouds(vec![32]);
        overfit(name, config.pyramid(), |device| config.init(device));
    }
}
