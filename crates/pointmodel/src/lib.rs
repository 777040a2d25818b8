//! What training and inference need of a network for point clouds.
//!
//! A network crate implements two traits: [`NetworkConfig`] for its configuration, which is read directly from TOML,
//! and [`Network`] for the module that the configuration builds. Programs that train and predict know only these, so a
//! new network touches its own crate and one line of the program's table of networks.
//!
//! | item | what it is |
//! |---|---|
//! | [`NetworkConfig`] | checks itself, builds the network, prepares batches |
//! | [`Network`] | scores points, may add to the loss, reports what it costs |
//! | [`Prepared`] | a batch's geometry on the host, on its way to a device |
//! | [`NetworkShape`] | points and channels going in, classes coming out |
//! | [`Summary`], [`Counts`] | parameters and multiply-accumulates, layer by layer |
//!
//! A complete network, which scores every point from its own coordinates alone:
//!
//! ```
//! use burn::module::Module;
//! use burn::nn::{Linear, LinearConfig};
//! use burn::tensor::{Device, Tensor};
//! use pointmodel::*;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
//! #[serde(deny_unknown_fields, default)]
//! struct ToyConfig {}
//!
//! #[derive(Module, Debug)]
//! struct Toy { classifier: Linear }
//!
//! /// The coordinates are all the geometry that this network needs.
//! #[derive(Clone)]
//! struct Coord(Vec<f32>);
//!
//! impl Prepared for Coord {
//!     type OnDevice = Tensor<2>;
//!     fn into_device(self, device: &Device) -> Tensor<2> {
//!         pointtensor::functional::matrix(self.0, 3, device)
//!     }
//! }
//!
//! impl NetworkConfig for ToyConfig {
//!     type Network = Toy;
//!     fn validate(&self, _: &NetworkShape) -> Result<(), BoxError> { Ok(()) }
//!     fn init(&self, shape: &NetworkShape, device: &Device) -> Toy {
//!         Toy { classifier: LinearConfig::new(3, shape.outputs).init(device) }
//!     }
//!     fn prepare(&self, coord: &[[f32; 3]], _clouds: usize, _: SearchOn) -> Result<Coord, BoxError> {
//!         Ok(Coord(coord.as_flattened().to_vec()))
//!     }
//! }
//!
//! impl Network for Toy {
//!     type Prepared = Coord;
//!     fn forward(&self, coord: &Tensor<2>, _features: Option<Tensor<2>>) -> Tensor<2> {
//!         self.classifier.forward(coord.clone())
//!     }
//!     fn set_momentum(&mut self, _: f64) {}
//!     fn summary(&self, points: usize) -> Summary {
//!         let classes = self.classifier.weight.dims()[1];
//!         let counts = Counts::of_linear(&self.classifier, points);
//!         Summary::new(vec![SummaryRow::new("classifier", [points, classes], counts)])
//!     }
//! }
//!
//! let (config, device) = (ToyConfig::default(), Device::flex());
//! let network = config.init(&NetworkShape { points: 4, in_channels: 0, outputs: 2 }, &device);
//! let batch = config.prepare(&[[0.0; 3]; 4], 1, SearchOn::Host).unwrap();
//! let logits = network.forward(&batch.into_device(&device), None);
//! assert_eq!(logits.dims(), [4, 2]);
//! ```

#![warn(missing_docs)]

mod network;
mod summary;

pub use network::{
    BoxError, HostTensor, HostValues, Network, NetworkConfig, NetworkShape, Prepared, SceneScorer, SearchOn,
};
pub use summary::{Counts, Summary, SummaryRow};
