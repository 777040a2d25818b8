//! Parameters by name, the values of the reference, and its network.

#[path = "../../../pointtensor/tests/modules/mod.rs"]
mod modules;

use burn::module::Module;
use burn::tensor::Gradients;
pub use modules::{assign, difference, fixed_statistics, statistics, tensor, vec};
use pointmodel::NetworkShape;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use voxelcnn::{VoxelCnn, VoxelCnnConfig};

/// The network of `tests/reference/voxelcnn.py`.
pub fn small() -> VoxelCnnConfig {
    VoxelCnnConfig {
        cell: 0.1,
        grid: [11, 13, 16],
        cells_below_floor: 2,
        channels: vec![3, 4],
        hidden: 6,
        channel_dropout: 0.0,
        dropout: 0.0,
    }
}

/// Four classes.
pub fn shape(points: usize) -> NetworkShape {
    NetworkShape { points, in_channels: 0, outputs: 4 }
}

/// Numbers in 0..1 that look random.
pub fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919 + seed * 104_729 + (i * i) % 4099 * 31) % 65_521) as f32 / 65_521.0).collect()
}

/// The network with weights and statistics of [`values`].
pub fn with_values(network: VoxelCnn) -> VoxelCnn {
    assign(network, |name, shape| {
        let positive = name.ends_with("gamma") || name.ends_with("running_var");
        let len = shape.iter().product();
        values(len, name.len()).into_iter().map(|v| if positive { v + 0.5 } else { v - 0.5 }).collect()
    })
}

/// Gradients of all parameters by name.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
    modules::gradients(module, gradients).into_iter().map(|(name, value)| (name, value.expect("a gradient"))).collect()
}

/// Values that `tests/reference/voxelcnn.py` wrote.
pub struct Reference(Vec<u8>);

impl Reference {
    pub fn load() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/voxelcnn/small.safetensors");
        Reference(std::fs::read(path).unwrap_or_else(|error| panic!("{error}: {path}")))
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

    /// Coordinates of a batch.
    pub fn coord(&self, name: &str) -> Vec<[f32; 3]> {
        self.get(name).0.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect()
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
