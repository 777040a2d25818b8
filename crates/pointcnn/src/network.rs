//! PointCNN for semantic segmentation.

use crate::config::PointCnnConfig;
use crate::dense::Dense;
use crate::geometry::{Geometry, Neighborhoods};
use crate::plan::{self, Layer};
use crate::x_conv::{XConv, XConvConfig};
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use pointmodel::{Counts, Network, NetworkShape, Summary, SummaryRow};
use pointtensor::functional;
use pointtensor::layer::PointDropout;

/// PointCNN for semantic segmentation (Li, Bu, Sun, Wu, Di and Chen 2018, <https://arxiv.org/abs/1801.07791>):
/// X-convolutions to fewer and fewer points, others back to all of them, and a head. Built by
/// [`PointCnnConfig`].
#[derive(Module, Debug)]
pub struct PointCnn {
    /// The layer that the input features go through first, if there are any.
    pub input: Option<Dense>,
    /// X-convolutions, from the finest level.
    pub encoder: Vec<XConv>,
    /// X-convolutions back, from the coarsest level.
    pub decoder: Vec<DecoderConv>,
    /// Hidden layers of the head.
    pub head: Vec<Dense>,
    /// Dropout after them.
    pub dropout: PointDropout,
    /// Scores of the classes.
    pub classifier: Linear,
    /// The configuration.
    #[module(skip)]
    pub config: PointCnnConfig,
}

/// An X-convolution of the decoder.
#[derive(Module, Debug)]
pub struct DecoderConv {
    /// The X-convolution from the level below.
    pub conv: XConv,
    /// The layer that fuses its result with the encoder's features of the same points.
    pub fuse: Dense,
}

impl PointCnn {
    pub(crate) fn init(config: &PointCnnConfig, shape: &NetworkShape, device: &Device) -> Self {
        let initializer = &config.initializer;
        let dense = |inputs, outputs| Dense::init(inputs, outputs, initializer, device);
        let layers = config.layers(shape.in_channels);
        let (encoder, decoder): (Vec<&Layer>, Vec<&Layer>) = layers.iter().partition(|layer| layer.in_encoder);
        let conv = |layer: &Layer| {
            XConvConfig::new(layer.neighbors, layer.features, layer.lift, layer.multiplier, layer.channels)
                .with_global(layer.global)
                .with_initializer(initializer.clone())
                .init(device)
        };
        let first = config.encoder[0].channels;
        let inputs = std::iter::once(&first).chain(&config.head);
        PointCnn {
            input: (shape.in_channels > 0).then(|| dense(shape.in_channels, plan::input_channels(config))),
            encoder: encoder.into_iter().map(conv).collect(),
            decoder: decoder
                .into_iter()
                .map(|layer| DecoderConv {
                    conv: conv(layer),
                    fuse: dense(layer.channels + layer.skip, layer.channels),
                })
                .collect(),
            head: inputs.zip(&config.head).map(|(&inputs, &outputs)| dense(inputs, outputs)).collect(),
            dropout: PointDropout::new(config.dropout),
            classifier: classifier(config.head[config.head.len() - 1], shape.outputs, initializer, device),
            config: config.clone(),
        }
    }
}

/// The layer that scores the classes; its bias starts at 0.
fn classifier(channels: usize, outputs: usize, initializer: &Initializer, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(channels, outputs).with_initializer(initializer.clone()).init(device);
    linear.bias = Some(Initializer::Zeros.init([outputs], device));
    linear
}

impl Network for PointCnn {
    type Prepared = Geometry;

    fn forward(&self, batch: &Neighborhoods, features: Option<Tensor<2>>) -> Tensor<2> {
        assert_eq!(batch.layers.len(), self.encoder.len() + self.decoder.len(), "layers of the batch and the network");
        assert_eq!(features.is_some(), self.input.is_some(), "PointCNN: input features and their layer");
        let (down, up) = batch.layers.split_at(self.encoder.len());
        let input = features.zip(self.input.as_ref()).map(|(features, layer)| layer.forward(features));
        let mut levels = Vec::new();
        for (conv, neighbors) in self.encoder.iter().zip(down) {
            let below = levels.last().cloned().or(input.clone());
            let centers = (levels.len() + 1 == self.encoder.len()).then(|| batch.last.clone());
            levels.push(conv.forward(neighbors, below, centers, batch.clouds));
        }
        let mut features = levels.last().cloned().expect("a network has layers");
        for (layer, neighbors) in self.decoder.iter().zip(up) {
            let made = layer.conv.forward(neighbors, Some(features), None, batch.clouds);
            let skip = levels.pop().expect("the decoder has as many layers as the encoder");
            features = layer.fuse.forward_pair([made, skip]);
        }
        let hidden = self.head.iter().fold(features, |x, layer| layer.forward(x));
        let logits = functional::linear(self.dropout.forward(hidden), self.classifier.weight.val());
        match &self.classifier.bias {
            Some(bias) => functional::add_bias(logits, bias.val()),
            None => logits,
        }
    }

    fn set_momentum(&mut self, momentum: f64) {
        let of_decoder = |layer: &mut DecoderConv| {
            layer.conv.norms_mut().for_each(|norm| norm.momentum = momentum);
            layer.fuse.norm.momentum = momentum;
        };
        self.decoder.iter_mut().for_each(of_decoder);
        self.encoder.iter_mut().flat_map(XConv::norms_mut).for_each(|norm| norm.momentum = momentum);
        self.input.iter_mut().chain(&mut self.head).for_each(|layer| layer.norm.momentum = momentum);
    }

    fn summary(&self, points: usize) -> Summary {
        let levels = plan::level_points(&self.config, points);
        let dense = |name: String, layer: &Dense, points| {
            SummaryRow::new(name, [points, layer.out_channels()], layer.counts(points))
        };
        let conv = |name: String, conv: &XConv, points| {
            SummaryRow::new(name, [points, conv.out_channels()], conv.counts(points))
        };
        let mut rows: Vec<SummaryRow> = self.input.iter().map(|layer| dense("input".into(), layer, points)).collect();
        for (index, (layer, &points)) in self.encoder.iter().zip(&levels[1..]).enumerate() {
            rows.push(conv(format!("encoder.{index}"), layer, points));
        }
        for (index, (layer, &points)) in self.decoder.iter().zip(levels[1..].iter().rev()).enumerate() {
            rows.push(conv(format!("decoder.{index}.conv"), &layer.conv, points));
            rows.push(dense(format!("decoder.{index}.fuse"), &layer.fuse, points));
        }
        rows.extend(self.head.iter().enumerate().map(|(index, layer)| dense(format!("head.{index}"), layer, points)));
        let outputs = self.classifier.weight.lazy_shape().dims::<2>()[1];
        rows.push(SummaryRow::new("classifier", [points, outputs], Counts::of_linear(&self.classifier, points)));
        Summary::new(rows)
    }
}
