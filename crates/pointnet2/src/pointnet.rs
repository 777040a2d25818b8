//! PointNet for segmentation.

use crate::error::{NetworkError, check, check_head, check_perceptron};
use crate::network::{classifier, linear, linear_row};
use crate::point_pyramid::PointPyramid;
use crate::pyramid::Pyramid;
use crate::spec::PyramidSpec;
use crate::transform::{TransformNet, TransformNetConfig, orthogonality_loss, transformed};
use burn::module::{Initializer, Module};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use pointmodel::{BoxError, Counts, Network, NetworkConfig, NetworkShape, SearchOn, Summary, SummaryRow};
use pointtensor::functional;
use pointtensor::layer::{PointDropout, SharedMlp, SharedMlpConfig};
use serde::{Deserialize, Serialize};

/// Configuration of [`PointNet`]. The defaults are the sizes of the authors' segmentation network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointNetConfig {
    /// Whether a [`TransformNet`] transforms the coordinates of every cloud.
    pub input_transform: bool,
    /// Whether a [`TransformNet`] transforms the features of every point.
    pub feature_transform: bool,
    /// Channels of the perceptron whose result for every point the head sees.
    pub local: Vec<usize>,
    /// Channels of the perceptron after it, whose maximum over the cloud the head sees at every point.
    pub global: Vec<usize>,
    /// Channels of the head's hidden layers.
    pub head: Vec<usize>,
    /// Probability that a value of the head's last hidden layer is dropped in training, as in the authors' network for
    /// scenes.
    pub dropout: f64,
    /// Weight of the feature transform's [`orthogonality_loss`] in the training loss.
    pub transform_loss: f64,
    /// Channels of the transforms' perceptrons on points.
    #[serde(skip, default = "transform_points")]
    pub transform_points: Vec<usize>,
    /// Channels of the transforms' perceptrons on whole clouds.
    #[serde(skip, default = "transform_clouds")]
    pub transform_clouds: Vec<usize>,
    /// Distribution of the initial weights; the authors use Xavier's.
    #[serde(skip, default = "xavier")]
    pub initializer: Initializer,
}

fn transform_points() -> Vec<usize> {
    vec![64, 128, 1024]
}

fn transform_clouds() -> Vec<usize> {
    vec![512, 256]
}

fn xavier() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

impl Default for PointNetConfig {
    fn default() -> Self {
        PointNetConfig {
            input_transform: false,
            feature_transform: false,
            local: vec![64, 64],
            global: vec![64, 128, 1024],
            head: vec![512, 256, 128, 128],
            dropout: 0.3,
            transform_loss: 1e-3,
            transform_points: transform_points(),
            transform_clouds: transform_clouds(),
            initializer: xavier(),
        }
    }
}

impl PointNetConfig {
    /// Checks that a network can be built.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn check(&self, shape: &NetworkShape) -> Result<(), NetworkError> {
        check_perceptron("`local`", &self.local)?;
        check_perceptron("`global`", &self.global)?;
        check_perceptron("`head`", &self.head)?;
        if self.input_transform || self.feature_transform {
            check_perceptron("`transform_points`", &self.transform_points)?;
            check_perceptron("`transform_clouds`", &self.transform_clouds)?;
        }
        let weight = self.transform_loss;
        check(weight.is_finite() && weight >= 0.0, "transform_loss", weight, "at least 0")?;
        check_head(shape.outputs, self.dropout)
    }
}

impl NetworkConfig for PointNetConfig {
    type Network = PointNet;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        Ok(self.check(shape)?)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> PointNet {
        self.check(shape).unwrap_or_else(|error| panic!("{error}"));
        let mlp = |inputs, channels: &Vec<usize>| {
            SharedMlpConfig::new(inputs, channels.clone()).with_initializer(self.initializer.clone()).init(device)
        };
        let transform = |size| {
            TransformNetConfig::new(size, size)
                .with_points(self.transform_points.clone())
                .with_clouds(self.transform_clouds.clone())
                .with_initializer(self.initializer.clone())
                .init(device)
        };
        let last = |channels: &[usize]| channels[channels.len() - 1];
        let local = last(&self.local);
        PointNet {
            input_transform: self.input_transform.then(|| transform(3)),
            local: mlp(3 + shape.in_channels, &self.local),
            feature_transform: self.feature_transform.then(|| transform(local)),
            global: mlp(local, &self.global),
            head: mlp(local + last(&self.global), &self.head),
            dropout: PointDropout::new(self.dropout),
            classifier: classifier(last(&self.head), shape.outputs, &self.initializer, device),
            transform_loss: self.transform_loss,
        }
    }

    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Pyramid, BoxError> {
        Ok(Pyramid::prepare(coord, clouds, PyramidSpec::default(), search)?)
    }
}

/// PointNet for segmentation (Qi, Su, Mo and Guibas 2017, <https://arxiv.org/abs/1612.00593>, figure 2): a perceptron
/// on every point, the maximum of another one over the cloud, and a perceptron on both.
///
/// Coordinates are relative to the middle of each cloud, see [`PointPyramid::coord`].
#[derive(Module, Debug)]
pub struct PointNet {
    /// Transform of the coordinates, if there is one.
    pub input_transform: Option<TransformNet>,
    /// Perceptron on (coordinate, features) of every point.
    pub local: SharedMlp,
    /// Transform of the result of `local`, if there is one.
    pub feature_transform: Option<TransformNet>,
    /// Perceptron on the result, before the maximum over the cloud.
    pub global: SharedMlp,
    /// Hidden layers of the head; its input is (what `global` sees, maximum over the cloud).
    pub head: SharedMlp,
    /// Dropout after them.
    pub dropout: PointDropout,
    /// Scores of the classes.
    pub classifier: Linear,
    /// Weight of the orthogonality loss in the training loss.
    pub transform_loss: f64,
}

impl PointNet {
    /// Returns the logits, `[clouds · points, outputs]`, and the transform of every cloud's features, if there is one,
    /// `[clouds, channels, channels]`.
    pub fn forward_with_transform(
        &self,
        pyramid: &PointPyramid,
        features: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<3>>) {
        let (clouds, points) = (pyramid.clouds(), pyramid.points(0));
        let local = self.local.forward_projected(self.project_input(pyramid, features));
        let feature_transform = self.feature_transform.as_ref().map(|net| net.forward(local.clone(), clouds));
        let local = match &feature_transform {
            Some(transform) => transformed(local, transform.clone()),
            None => local,
        };
        let global = functional::linear(local.clone(), self.global.first_weight());
        let global = self.global.forward_projected_max(global, points);

        // the first layer sees the same global features at every point of a cloud, so it is applied to them once
        let w = self.head.first_weight();
        let ([inputs, hidden], [rows, channels]) = (w.dims(), local.dims());
        let of_point = functional::linear(local, w.clone().slice([0..channels])).reshape([clouds, points, hidden]);
        let of_cloud = functional::linear(global, w.slice([channels..inputs])).reshape([clouds, 1, hidden]);
        let hidden = self.head.forward_projected((of_point + of_cloud).reshape([rows, hidden]));
        (linear(&self.classifier, self.dropout.forward(hidden)), feature_transform)
    }

    /// The first layer's product with transformed coordinates and features.
    fn project_input(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        let w = self.local.first_weight();
        let inputs = w.dims()[0];
        assert_eq!(
            features.as_ref().map_or(0, |f| f.dims()[1]),
            inputs - 3,
            "PointNet: channels of the input features"
        );
        let coord = match &self.input_transform {
            Some(net) => transformed(pyramid.coord(0), net.forward(pyramid.coord(0), pyramid.clouds())),
            None => pyramid.coord(0),
        };
        let points = functional::linear(coord, w.clone().slice([0..3]));
        match features {
            Some(features) => points + functional::linear(features, w.slice([3..inputs])),
            None => points,
        }
    }
}

impl Network for PointNet {
    type Prepared = Pyramid;

    fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward_with_transform(pyramid, features).0
    }

    fn forward_training(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> (Tensor<2>, Option<Tensor<1>>) {
        let (logits, transform) = self.forward_with_transform(pyramid, features);
        (logits, transform.map(|transform| orthogonality_loss(transform) * self.transform_loss))
    }

    fn set_momentum(&mut self, momentum: f64) {
        for net in self.input_transform.iter_mut().chain(&mut self.feature_transform) {
            net.set_momentum(momentum);
        }
        for mlp in [&mut self.local, &mut self.global, &mut self.head] {
            mlp.set_momentum(momentum);
        }
    }

    fn summary(&self, points: usize) -> Summary {
        let mlp = |name: &str, mlp: &SharedMlp, points_out| {
            SummaryRow::new(name, [points_out, mlp.out_channels()], Counts::of_mlp(mlp, points))
        };
        let mut rows = Vec::new();
        let transform = |name: &str, net: &TransformNet| SummaryRow::new(name, [points, net.size], net.counts(points));
        rows.extend(self.input_transform.iter().map(|net| transform("input_transform", net)));
        rows.push(mlp("local", &self.local, points));
        rows.extend(self.feature_transform.iter().map(|net| transform("feature_transform", net)));
        rows.push(mlp("global", &self.global, 1));
        rows.push(mlp("head", &self.head, points));
        rows.push(linear_row("classifier", &self.classifier, points));
        Summary::new(rows)
    }
}
