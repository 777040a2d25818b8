//! The configuration of PointCNN.

use crate::error::{PointCnnError, check};
use crate::geometry::Geometry;
use crate::network::PointCnn;
use crate::plan::{self, Layer};
use burn::module::Initializer;
use burn::tensor::Device;
use pointmodel::{BoxError, NetworkConfig, NetworkShape, SearchOn};
use serde::{Deserialize, Serialize};

/// One X-convolution of the encoder.
///
/// In TOML: `{ neighbors = 12, dilation = 2, points = 768, channels = 512 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderLayer {
    /// Neighbours K of a center, at most 256; the transformation is a K×K matrix.
    pub neighbors: usize,
    /// Of the K · D nearest distinct points every D-th is a neighbour.
    #[serde(default = "one")]
    pub dilation: usize,
    /// Points kept, by farthest point sampling; all if missing. The first layer must keep all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<usize>,
    /// Channels C of the result.
    pub channels: usize,
    /// Channels C_δ of the features made of the neighbours' positions. If missing, a quarter of the channels of the
    /// layer before; for the first layer half of its own channels, or a quarter if points have features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<usize>,
    /// Depth multiplier of the separable convolution. If missing, the channels divided by those of the layer before,
    /// rounded up; 4 for the first layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<usize>,
}

/// One X-convolution of the decoder.
///
/// In TOML: `{ neighbors = 16, dilation = 4 }`. Its points and channels are those of the encoder's layer that it goes
/// back to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoderLayer {
    /// Neighbours K of a center, at most 256.
    pub neighbors: usize,
    /// Of the K · D nearest distinct points every D-th is a neighbour.
    #[serde(default = "one")]
    pub dilation: usize,
    /// Channels C_δ of the features made of the neighbours' positions. If missing, a quarter of the channels of the
    /// level that the features come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<usize>,
    /// Depth multiplier of the separable convolution.
    #[serde(default = "one")]
    pub multiplier: usize,
}

fn one() -> usize {
    1
}

/// Configuration of [`PointCnn`]. The defaults are the sizes of the authors' network for ScanNet
/// (`scannet_x8_2048_fps`), for 2048 points without features; the [crate's documentation](crate) says what differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointCnnConfig {
    /// The encoder's layers. Layer 1 sees the input and makes level 1 of it, and so on.
    pub encoder: Vec<EncoderLayer>,
    /// The decoder's layers, as many: onto the last level (from which the features come, too), then onto the level
    /// before, and at last onto level 1.
    pub decoder: Vec<DecoderLayer>,
    /// Channels of the head's hidden layers.
    pub head: Vec<usize>,
    /// Probability that a value of the head's last hidden layer is dropped in training.
    pub dropout: f64,
    /// Distribution of the initial weights; the authors use Glorot's.
    #[serde(skip, default = "glorot")]
    pub initializer: Initializer,
}

fn glorot() -> Initializer {
    Initializer::XavierNormal { gain: 1.0 }
}

impl Default for PointCnnConfig {
    fn default() -> Self {
        let encoder = |(neighbors, dilation, points, channels)| EncoderLayer {
            neighbors,
            dilation,
            points,
            channels,
            lift: None,
            multiplier: None,
        };
        let decoder = |(neighbors, dilation)| DecoderLayer { neighbors, dilation, lift: None, multiplier: 1 };
        let layers = [(8, 1, None, 256), (12, 2, Some(768), 512), (16, 2, Some(384), 768), (16, 4, Some(128), 1024)];
        PointCnnConfig {
            encoder: layers.map(encoder).into(),
            decoder: [(16, 4), (16, 2), (12, 2), (8, 2)].map(decoder).into(),
            head: vec![256, 256],
            dropout: 0.5,
            initializer: glorot(),
        }
    }
}

impl PointCnnConfig {
    /// Checks that a network can be built and run.
    ///
    /// # Errors
    /// See [`PointCnnError`].
    pub fn check(&self, shape: &NetworkShape) -> Result<(), PointCnnError> {
        let (encoder, decoder) = (self.encoder.len(), self.decoder.len());
        if encoder == 0 {
            return Err(PointCnnError::NoLayers);
        }
        if encoder != decoder {
            return Err(PointCnnError::Decoder { encoder, decoder });
        }
        let positive = |name: String, value| check(value > 0, name, value, "a positive integer");
        for (layer, number) in self.encoder.iter().zip(1..) {
            positive(format!("channels of encoder layer {number}"), layer.channels)?;
        }
        for layer in self.layers(shape.in_channels) {
            let name = |key| format!("{key} of {}", layer.name());
            check(
                (1..=256).contains(&layer.neighbors),
                name("neighbors"),
                layer.neighbors,
                "at least 1 and at most 256",
            )?;
            positive(name("dilation"), layer.dilation)?;
            positive(name("lift"), layer.lift)?;
            positive(name("multiplier"), layer.multiplier)?;
        }
        let name = |number: usize| format!("layer {number} of `head`");
        check(!self.head.is_empty(), "the number of layers of `head`", 0, "at least 1")?;
        self.head.iter().enumerate().try_for_each(|(index, &channels)| positive(name(index + 1), channels))?;
        positive("the number of outputs".into(), shape.outputs)?;
        check((0.0..1.0).contains(&self.dropout), "dropout", self.dropout, "at least 0 and below 1")?;
        plan::check_points(self, shape.points)
    }

    /// The X-convolutions in the order in which they are applied.
    pub(crate) fn layers(&self, in_channels: usize) -> Vec<Layer> {
        plan::layers(self, in_channels)
    }
}

impl NetworkConfig for PointCnnConfig {
    type Network = PointCnn;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        Ok(self.check(shape)?)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> PointCnn {
        self.check(shape).unwrap_or_else(|error| panic!("{error}"));
        PointCnn::init(self, shape, device)
    }

    /// Neighbours are always searched for on the host, in the thread that prepares batches.
    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, _: SearchOn) -> Result<Geometry, BoxError> {
        Ok(Geometry::prepare(self, coord, clouds)?)
    }
}
