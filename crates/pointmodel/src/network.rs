//! The traits of a network and its configuration.

use crate::summary::Summary;
use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// An error of any network.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What goes into a network and what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkShape {
    /// Points of a cloud.
    pub points: usize,
    /// Channels of a point's features besides its coordinates; 0 for coordinates alone.
    pub in_channels: usize,
    /// Scores of a point.
    pub outputs: usize,
}

/// Where the neighbours in a batch are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchOn {
    /// On the host, when the batch is prepared: in a thread alongside the training step.
    Host,
    /// On the device that the network runs on, when the batch is moved there.
    Device,
}

/// The configuration of a network: what its table in a TOML file says.
///
/// Derive serde's traits with `#[serde(deny_unknown_fields, default)]`, so that a missing key gets its default and an
/// unknown key is an error.
pub trait NetworkConfig: Debug + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The network that it describes.
    type Network: Network;

    /// Checks that a network can be built and run.
    ///
    /// # Errors
    /// An error that says what is wrong and what would be right.
    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError>;

    /// Builds the network, with initial weights from the device's random generator.
    ///
    /// # Panics
    /// May panic if [`Self::validate`] returns an error.
    fn init(&self, shape: &NetworkShape, device: &Device) -> Self::Network;

    /// Prepares the geometry of `clouds` point sets of equal size, which are stored one after another, in metres.
    ///
    /// This needs no weights: training calls it in a thread alongside the step.
    ///
    /// # Errors
    /// If the clouds do not fit the configuration.
    fn prepare(
        &self,
        coord: &[[f32; 3]],
        clouds: usize,
        search: SearchOn,
    ) -> Result<<Self::Network as Network>::Prepared, BoxError>;

    /// Side and margin in metres of the only crops that make sense for the network; `None` if it takes any.
    fn crop(&self) -> Option<[f32; 2]> {
        None
    }

    /// How the network scores a whole scene at once, if it can: one that labels narrow columns, and shares the work of
    /// neighbouring ones. `None` by default: the scene is cut into clouds.
    fn scene_scorer(&self) -> Option<SceneScorer<Self>> {
        None
    }
}

/// Returns the logits of every point of a scene, `[points · outputs]`. The network takes no features.
///
/// - coordinates: relative to a corner of the scene on the floor, where a grid of columns begins, in metres
/// - the last argument is called after each part with how many are done, and how many there are
pub type SceneScorer<C> =
    fn(&C, &<C as NetworkConfig>::Network, &[[f32; 3]], &Device, &mut dyn FnMut(usize, usize)) -> Vec<f32>;

/// A network that scores every point of every cloud for every class.
pub trait Network: Module + ModuleDisplay + 'static {
    /// What it needs from a batch besides features.
    type Prepared: Prepared;

    /// Returns the logits of every point.
    ///
    /// # Shapes
    /// - `features`: `[clouds · points, in_channels]`, `None` if that is 0
    /// - result: `[clouds · points, outputs]`
    fn forward(&self, batch: &<Self::Prepared as Prepared>::OnDevice, features: Option<Tensor<2>>) -> Tensor<2>;

    /// Returns the logits, and what the network itself adds to the training loss, `[1]`.
    fn forward_training(
        &self,
        batch: &<Self::Prepared as Prepared>::OnDevice,
        features: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<1>>) {
        (self.forward(batch, features), None)
    }

    /// Sets the momentum of all batch normalisations: the weight of the newest batch in their running statistics. With 0
    /// they use these in training as well.
    fn set_momentum(&mut self, momentum: f64);

    /// What every layer learns, computes and returns for one cloud of `points` points.
    fn summary(&self, points: usize) -> Summary;
}

/// The geometry of a batch on the host. `scanseg bench` copies it, to use a batch again.
pub trait Prepared: Clone + Send + Sync + 'static {
    /// The same on a device.
    type OnDevice: 'static;

    /// Moves it to a device. It is taken by value so that nothing has to be copied on the host.
    fn into_device(self, device: &Device) -> Self::OnDevice;

    /// Its arrays by name, for other programs that are timed on the same batch. None by default.
    fn tensors(&self) -> Vec<HostTensor> {
        Vec::new()
    }
}

/// An array on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Name.
    pub name: String,
    /// Shape.
    pub shape: Vec<usize>,
    /// Values in row-major order.
    pub values: HostValues,
}

/// The values of a [`HostTensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum HostValues {
    /// 32-bit floats.
    Floats(Vec<f32>),
    /// 32-bit integers.
    Ints(Vec<i32>),
}
