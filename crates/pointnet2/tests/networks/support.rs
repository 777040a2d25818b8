//! Parameters by name, the values of the reference, and its small networks.

#[path = "../../../pointtensor/tests/modules/mod.rs"]
mod modules;

use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor};
use latentgnn::{BlockConfig, LatentGnnConfig, NonLocalConfig};
pub use modules::{assign, fixed_statistics, statistics, tensor, vec};
use pointmodel::{Network, NetworkConfig, NetworkShape};
use pointnet2::{
    LevelConfig, Neighborhood, Place, PlacedBlock, PointNet2Config, PointNetConfig, PointNextConfig, Pooling, Pyramid,
    ScaleConfig,
};
use safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Values that `tests/reference/pointnet2_layers.py` or `pointnext_layers.py` wrote for one case.
pub struct Reference(Vec<u8>);

impl Reference {
    pub fn load(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/pointnet2");
        let path = format!("{folder}/{name}.safetensors");
        Reference(std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {path}")))
    }

    fn words(&self, name: &str) -> (Vec<[u8; 4]>, Vec<usize>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        (view.data().chunks_exact(4).map(|bytes| bytes.try_into().unwrap()).collect(), view.shape().to_vec())
    }

    pub fn get(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let (words, shape) = self.words(name);
        (words.into_iter().map(f32::from_le_bytes).collect(), shape)
    }

    pub fn integers(&self, name: &str) -> Vec<i32> {
        self.words(name).0.into_iter().map(i32::from_le_bytes).collect()
    }

    /// Features `[batch, points, channels]` as rows.
    pub fn rows(&self, name: &str, device: &Device) -> Tensor<2> {
        let (values, shape) = self.get(name);
        tensor(values, [shape[0] * shape[1], shape[2]], device)
    }

    /// Coordinates of a batch, and its number of clouds.
    pub fn coord(&self, name: &str) -> (Vec<[f32; 3]>, usize) {
        let (values, shape) = self.get(name);
        (values.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect(), shape[0])
    }

    /// The module with the weights that the reference starts from. The reference must have no others.
    pub fn start<M: Module>(&self, module: M) -> M {
        let mut used = 0;
        let module = assign(module, |param, shape| {
            let (values, expected) = self.get(&format!("start.{param}"));
            assert_eq!(shape, expected, "shape of {param}");
            used += 1;
            values
        });
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        assert_eq!(used, tensors.names().into_iter().filter(|name| name.starts_with("start.")).count());
        module
    }
}

/// Largest difference relative to the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    modules::difference(a, b, 1e-3)
}

/// Gradients of all parameters by name.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
    modules::gradients(module, gradients).into_iter().map(|(name, value)| (name, value.expect("a gradient"))).collect()
}

/// Configurations of the networks over a [`Pyramid`].
pub trait Config: NetworkConfig<Network: Network<Prepared = Pyramid>> {}

impl<C: NetworkConfig<Network: Network<Prepared = Pyramid>>> Config for C {}

/// Shape of the networks of the reference, for clouds of `points` points.
pub fn shape(points: usize) -> NetworkShape {
    NetworkShape { points, in_channels: 2, outputs: 4 }
}

fn small(levels: Vec<LevelConfig>) -> PointNet2Config {
    let propagation = vec![vec![10], vec![8, 8]];
    PointNet2Config { levels, propagation, head: 8, dropout: 0.0, ..PointNet2Config::default() }
}

/// The small networks of the reference.
pub fn ssg() -> PointNet2Config {
    small(vec![LevelConfig::ball(12, 0.45, 6, [6, 8]), LevelConfig::ball(5, 0.9, 4, [8, 12])])
}

pub fn ssg_group_all() -> PointNet2Config {
    let scale = ScaleConfig { grouping: Neighborhood::Nearest, ..ScaleConfig::ball(0.5, 6, [6, 8]) };
    let nearest = LevelConfig { points: 12, scales: vec![scale], pooling: Pooling::Average, normalize: true };
    small(vec![nearest, LevelConfig::all([8, 12])])
}

fn latent_gnn(latent_dims: Vec<usize>, places: [Place; 2]) -> Vec<PlacedBlock> {
    let config = LatentGnnConfig::default().with_latent_dims(latent_dims).with_channel_stride(2);
    PlacedBlock::each(BlockConfig::LatentGnn(config), places)
}

pub fn ssg_latent_gnn_1() -> PointNet2Config {
    ssg().with_blocks(latent_gnn(vec![5], [Place::Abstraction(1), Place::Abstraction(2)]))
}

pub fn ssg_latent_gnn_3() -> PointNet2Config {
    ssg().with_blocks(latent_gnn(vec![12, 10, 14], [Place::Abstraction(1), Place::Propagation(0)]))
}

pub fn ssg_non_local() -> PointNet2Config {
    ssg().with_blocks(non_local([Place::Abstraction(1), Place::Propagation(0)]))
}

pub fn non_local(places: impl IntoIterator<Item = Place>) -> Vec<PlacedBlock> {
    PlacedBlock::each(BlockConfig::NonLocal(NonLocalConfig::default()), places)
}

pub fn msg() -> PointNet2Config {
    let level = |points, scales: [(f32, usize, &[usize]); 2]| {
        let scale = |(radius, neighbors, channels)| ScaleConfig::ball(radius, neighbors, channels);
        LevelConfig::new(points, scales.map(scale).to_vec())
    };
    small(vec![level(12, [(0.3, 4, &[4, 6]), (0.6, 8, &[6, 8])]), level(5, [(0.6, 3, &[8]), (1.2, 5, &[6, 10])])])
}

pub fn pointnet(transforms: bool) -> PointNetConfig {
    PointNetConfig {
        input_transform: transforms,
        feature_transform: transforms,
        local: vec![6, 8],
        global: vec![8, 16],
        head: vec![12, 8],
        transform_points: vec![6, 16],
        transform_clouds: vec![10, 8],
        dropout: 0.0,
        ..PointNetConfig::default()
    }
}

fn small_next(config: PointNextConfig) -> PointNextConfig {
    PointNextConfig { width: 4, points: vec![20, 10], radius: 0.45, neighbors: 6, dropout: 0.0, ..config }
}

pub fn pointnext_s() -> PointNextConfig {
    small_next(PointNextConfig { inverted_residuals: vec![0, 0], ..PointNextConfig::s() })
}

pub fn pointnext_b() -> PointNextConfig {
    small_next(PointNextConfig { inverted_residuals: vec![1, 2], expansion: 2, ..PointNextConfig::b() })
}
