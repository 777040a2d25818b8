//! A small network of every kind memorizes four crops.

use crate::support::{Config, non_local};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use latentgnn::{BlockConfig, LatentGnnConfig};
use pointmodel::{Network, NetworkShape, Prepared, SearchOn};
use pointnet2::{LevelConfig, Place, PlacedBlock, PointNet2Config, PointNetConfig, PointNextConfig, ScaleConfig};
use pointtensor::functional::cross_entropy;

const CROPS: usize = 4;
const POINTS: usize = 256;
const CLASSES: usize = 4;

/// Corners of rooms: floor, wall, and a table top and a box at another place in each crop. Points in metres and their
/// classes.
fn crops() -> (Vec<[f32; 3]>, Vec<i32>) {
    let mut state = 1u64;
    // the splitmix64 generator, in 0..1
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

/// Trains until 95 % of the labels are right with running statistics, and prints how long it took.
fn overfit(name: &str, config: impl Config) {
    let start = std::time::Instant::now();
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let (coord, labels) = crops();
    let batch = config.prepare(&coord, CROPS, SearchOn::Host).unwrap();
    let [on_device, on_plain] = [&device, &plain].map(|device| batch.clone().into_device(device));
    let targets = Tensor::<1, Int>::from_data(TensorData::new(labels.clone(), [labels.len()]), &device);
    let weights = Tensor::<1>::ones([labels.len()], &device);
    device.seed(3);
    let shape = NetworkShape { points: POINTS, in_channels: 0, outputs: CLASSES };
    let mut network = config.init(&shape, &device).materialize();
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let mut accuracy = 0.0;
    for step in 1..=300 {
        let loss = cross_entropy(network.forward(&on_device, None), targets.clone(), weights.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-2, network, gradients);
        if step % 20 == 0 {
            let best = network.valid().forward(&on_plain, None).argmax(1).into_data();
            let right = best.iter::<i32>().zip(&labels).filter(|(best, label)| best == *label).count();
            accuracy = right as f64 / labels.len() as f64;
            if accuracy >= 0.95 {
                println!("{name}: {accuracy:.3} after {step} steps, {:.1} s", start.elapsed().as_secs_f64());
                return;
            }
        }
    }
    panic!("{name} labels only {accuracy} of the points correctly");
}

fn network(levels: Vec<LevelConfig>) -> PointNet2Config {
    PointNet2Config { levels, propagation: vec![vec![32, 32]; 2], head: 32, ..PointNet2Config::default() }
}

fn ssg() -> PointNet2Config {
    network(vec![LevelConfig::ball(64, 0.2, 16, [16, 16, 32]), LevelConfig::ball(16, 0.4, 16, [32, 32, 64])])
}

#[test]
fn single_scale() {
    overfit("pointnet2-ssg", ssg());
}

#[test]
fn single_scale_with_blocks() {
    let places = [Place::Abstraction(1), Place::Abstraction(2)];
    let latent_gnn = |latent_dims| {
        let config = LatentGnnConfig::default().with_latent_dims(latent_dims);
        PlacedBlock::each(BlockConfig::LatentGnn(config), places)
    };
    overfit("pointnet2-ssg+nl", ssg().with_blocks(non_local(places)));
    overfit("pointnet2-ssg+latentgnn1", ssg().with_blocks(latent_gnn(vec![20])));
    overfit("pointnet2-ssg+latentgnn3", ssg().with_blocks(latent_gnn(vec![16; 3])));
}

#[test]
fn multi_scale() {
    let level = |points, radius: f32, narrow: &[usize], wide: &[usize]| {
        let scales = vec![ScaleConfig::ball(radius, 8, narrow), ScaleConfig::ball(2.0 * radius, 16, wide)];
        LevelConfig::new(points, scales)
    };
    let levels = vec![level(64, 0.1, &[8, 16], &[16, 16, 32]), level(16, 0.2, &[32, 32], &[32, 32, 64])];
    overfit("pointnet2-msg", network(levels));
}

#[test]
fn pointnet() {
    for (name, transforms) in [("pointnet", false), ("pointnet with transforms", true)] {
        let config = PointNetConfig {
            input_transform: transforms,
            feature_transform: transforms,
            local: vec![16, 16],
            global: vec![32, 64],
            head: vec![64, 32],
            transform_points: vec![16, 64],
            transform_clouds: vec![32],
            ..PointNetConfig::default()
        };
        overfit(name, config);
    }
}

#[test]
fn pointnext() {
    for (name, inverted_residuals, config) in
        [("pointnext-s", vec![0, 0], PointNextConfig::s()), ("pointnext-b", vec![1, 1], PointNextConfig::b())]
    {
        let config = PointNextConfig { width: 16, points: vec![64, 16], radius: 0.2, neighbors: 16, ..config };
        overfit(name, PointNextConfig { inverted_residuals, ..config });
    }
}
