//! The values of the reference, and its small network.

#[path = "../../../pointtensor/tests/modules/mod.rs"]
mod modules;

use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor};
pub use modules::{assign, fixed_statistics, statistics, tensor, vec};
use pointcnn::{DecoderLayer, EncoderLayer, PointCnnConfig};
use pointmodel::NetworkShape;
use safetensors::SafeTensors;
use std::collections::BTreeMap;

/// Values that `tests/reference/pointcnn_layers.py` wrote for one case.
pub struct Reference(Vec<u8>);

impl Reference {
    pub fn load(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/pointcnn");
        let path = format!("{folder}/{name}.safetensors");
        Reference(std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {path}")))
    }

    pub fn get(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let values = view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        (values.collect(), view.shape().to_vec())
    }

    /// Features `[batch, points, channels]` as rows.
    pub fn rows(&self, name: &str, device: &Device) -> Tensor<2> {
        let (values, shape) = self.get(name);
        tensor(values, [shape[0] * shape[1], shape[2]], device)
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

/// Largest difference relative to the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    modules::difference(a, b, 1e-3)
}

/// Gradients of all parameters by name.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
    modules::gradients(module, gradients).into_iter().map(|(name, value)| (name, value.expect("a gradient"))).collect()
}

pub fn shape(points: usize, in_channels: usize) -> NetworkShape {
    NetworkShape { points, in_channels, outputs: 4 }
}

/// The small network of the reference.
pub fn small() -> PointCnnConfig {
    let encoder = |neighbors, dilation, points, channels| EncoderLayer {
        neighbors,
        dilation,
        points,
        channels,
        lift: None,
        multiplier: None,
    };
    let decoder = |neighbors| DecoderLayer { neighbors, dilation: 2, lift: Some(3), multiplier: 1 };
    PointCnnConfig {
        encoder: vec![encoder(5, 1, None, 8), encoder(4, 3, Some(14), 12)],
        decoder: vec![decoder(6), decoder(3)],
        head: vec![6, 5],
        dropout: 0.0,
        ..PointCnnConfig::default()
    }
}
