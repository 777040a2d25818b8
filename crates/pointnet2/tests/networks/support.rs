//! Parameters by name, values of the reference, and the reduced networks that they belong to.

#[path = "../../../pointtensor/tests/modules/mod.rs"]
mod modules;

use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor};
pub use modules::{assign, fixed_statistics, statistics, tensor, vec};
use pointnet2::{
    Abstraction, BlockConfig, LevelConfig, MultiScaleConfig, Neighborhood, Place, PlacedBlock, PointNet, PointNet2,
    PointNet2MsgConfig, PointNet2SsgConfig, PointNetConfig, PointPyramid, Pooling, ScaleConfig,
};
use safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Values that `tests/reference/pointnet2_layers.py` wrote for one case.
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

    /// Coordinates of a batch, and how many clouds it has.
    pub fn coord(&self, name: &str) -> (Vec<[f32; 3]>, usize) {
        let (values, shape) = self.get(name);
        (values.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect(), shape[0])
    }

    /// A module with the weights that the reference starts from, and nothing else in the reference.
    pub fn start<M: Module>(&self, module: M) -> M {
        let mut used = 0;
        let module = assign(module, |param, shape| {
            let (values, its_shape) = self.get(&format!("start.{param}"));
            assert_eq!(shape, its_shape, "shape of {param}");
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

/// A network of any kind.
pub trait Network: Module {
    fn scores(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2>;
}

impl<A: Abstraction> Network for PointNet2<A> {
    fn scores(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward(pyramid, features)
    }
}

impl Network for PointNet {
    fn scores(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward(pyramid, features)
    }
}

pub const FEATURES: usize = 2;
pub const CLASSES: usize = 4;

/// The reduced networks of the reference.
pub fn ssg() -> PointNet2SsgConfig {
    let levels = vec![LevelConfig::new(12, 0.45, 6, vec![6, 8]), LevelConfig::new(5, 0.9, 4, vec![8, 12])];
    PointNet2SsgConfig::new(FEATURES, CLASSES, levels, vec![vec![10], vec![8, 8]]).with_head(8).with_dropout(0.0)
}

pub fn ssg_group_all() -> PointNet2SsgConfig {
    let mut config = ssg();
    config.levels[0] = LevelConfig::new(12, 0.5, 6, vec![6, 8])
        .with_neighborhood(Neighborhood::Nearest)
        .with_pooling(Pooling::Average)
        .with_normalize(true);
    config.levels[1] = LevelConfig::all(vec![8, 12]);
    config
}

fn latent_gnn(latent_dims: &[usize], places: [Place; 2]) -> Vec<PlacedBlock> {
    let BlockConfig::LatentGnn(block) = BlockConfig::latent_gnn(latent_dims.to_vec()) else { unreachable!() };
    BlockConfig::LatentGnn(block.with_channel_stride(2)).after(places)
}

pub fn ssg_latent_gnn_1() -> PointNet2SsgConfig {
    ssg().with_blocks(latent_gnn(&[5], [Place::Abstraction(1), Place::Abstraction(2)]))
}

pub fn ssg_latent_gnn_3() -> PointNet2SsgConfig {
    ssg().with_blocks(latent_gnn(&[12, 10, 14], [Place::Abstraction(1), Place::Propagation(0)]))
}

pub fn ssg_non_local() -> PointNet2SsgConfig {
    ssg().with_blocks(BlockConfig::non_local().after([Place::Abstraction(1), Place::Propagation(0)]))
}

pub fn msg() -> PointNet2MsgConfig {
    let level = |points, scales: [(f32, usize, &[usize]); 2]| {
        let scale = |(radius, neighbors, channels): (f32, usize, &[usize])| {
            ScaleConfig::new(radius, neighbors, channels.to_vec())
        };
        MultiScaleConfig::new(points, scales.map(scale).to_vec())
    };
    let levels =
        vec![level(12, [(0.3, 4, &[4, 6]), (0.6, 8, &[6, 8])]), level(5, [(0.6, 3, &[8]), (1.2, 5, &[6, 10])])];
    PointNet2MsgConfig::new(FEATURES, CLASSES, levels, vec![vec![10], vec![8, 8]]).with_head(8).with_dropout(0.0)
}

pub fn pointnet(transforms: bool) -> PointNetConfig {
    PointNetConfig::new(FEATURES, CLASSES)
        .with_transforms(transforms)
        .with_local(vec![6, 8])
        .with_global(vec![8, 16])
        .with_head(vec![12, 8])
        .with_transform_points(vec![6, 16])
        .with_transform_clouds(vec![10, 8])
        .with_dropout(0.0)
}
