//! PointNet for segmentation.

use crate::counts::{Counts, Summary, SummaryRow};
use crate::error::{NetworkError, check_perceptron, check_training};
use crate::network::{classifier, classify};
use crate::pyramid::PointPyramid;
use crate::spec::PyramidSpec;
use crate::transform::{TransformNet, TransformNetConfig, transformed};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use pointtensor::functional;
use pointtensor::layer::{PointDropout, SharedMlp, SharedMlpConfig};

/// Configuration of [`PointNet`]. The defaults are the sizes of the authors' segmentation network.
#[derive(Config, Debug)]
pub struct PointNetConfig {
    /// Channels of the input features beside the coordinates; 0 for coordinates alone.
    pub in_channels: usize,
    /// Number of classes.
    pub classes: usize,
    /// Whether a [`TransformNet`] turns the coordinates of every cloud.
    #[config(default = false)]
    pub input_transform: bool,
    /// Whether a [`TransformNet`] turns the features of every point.
    #[config(default = false)]
    pub feature_transform: bool,
    /// Channels of the perceptron whose result the head sees of every point.
    #[config(default = "vec![64, 64]")]
    pub local: Vec<usize>,
    /// Channels of the perceptron behind it, whose maximum over the cloud the head sees of all points.
    #[config(default = "vec![64, 128, 1024]")]
    pub global: Vec<usize>,
    /// Channels of the head's hidden layers.
    #[config(default = "vec![512, 256, 128, 128]")]
    pub head: Vec<usize>,
    /// Channels of the transforms' perceptrons on points.
    #[config(default = "vec![64, 128, 1024]")]
    pub transform_points: Vec<usize>,
    /// Channels of the transforms' perceptrons on whole clouds.
    #[config(default = "vec![512, 256]")]
    pub transform_clouds: Vec<usize>,
    /// Probability that a value of the head's last hidden layer is dropped in training, as in the authors' network for scenes.
    #[config(default = 0.3)]
    pub dropout: f64,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
    /// Distribution of the initial weights; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
}

impl PointNetConfig {
    /// The same with or without both transforms.
    pub fn with_transforms(self, transforms: bool) -> Self {
        self.with_input_transform(transforms).with_feature_transform(transforms)
    }

    /// The geometry that the network wants of its input: no levels.
    pub fn pyramid(&self) -> PyramidSpec {
        PyramidSpec::default()
    }

    /// Checks that a network can be built.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn validate(&self) -> Result<(), NetworkError> {
        check_perceptron("`local`", &self.local)?;
        check_perceptron("`global`", &self.global)?;
        check_perceptron("`head`", &self.head)?;
        if self.input_transform || self.feature_transform {
            check_perceptron("`transform_points`", &self.transform_points)?;
            check_perceptron("`transform_clouds`", &self.transform_clouds)?;
        }
        check_training(self.classes, self.dropout, self.momentum)
    }

    /// Initialises the weights from the device's random generator.
    ///
    /// # Panics
    /// With the message of [`Self::validate`], if that gives an error; check first what a user wrote.
    pub fn init(&self, device: &Device) -> PointNet {
        self.validate().unwrap_or_else(|error| panic!("{error}"));
        let mlp = |inputs, channels: &Vec<usize>| {
            SharedMlpConfig::new(inputs, channels.clone())
                .with_initializer(self.initializer.clone())
                .with_momentum(self.momentum)
                .init(device)
        };
        let transform = |size| {
            TransformNetConfig::new(size, size)
                .with_points(self.transform_points.clone())
                .with_clouds(self.transform_clouds.clone())
                .with_initializer(self.initializer.clone())
                .with_momentum(self.momentum)
                .init(device)
        };
        let last = |channels: &[usize]| channels[channels.len() - 1];
        let local = last(&self.local);
        PointNet {
            input_transform: self.input_transform.then(|| transform(3)),
            local: mlp(3 + self.in_channels, &self.local),
            feature_transform: self.feature_transform.then(|| transform(local)),
            global: mlp(local, &self.global),
            head: mlp(local + last(&self.global), &self.head),
            dropout: PointDropout::new(self.dropout),
            classifier: classifier(last(&self.head), self.classes, &self.initializer, device),
        }
    }
}

/// What [`PointNet`] gives in training.
#[derive(Debug, Clone)]
pub struct PointNetOutput {
    /// Scores of every point for every class, `[clouds · points, classes]`.
    pub logits: Tensor<2>,
    /// Transform of every cloud's features, if there is one, `[clouds, channels, channels]`; see [`crate::orthogonality_loss`].
    pub feature_transform: Option<Tensor<3>>,
}

/// PointNet for segmentation (Qi, Su, Mo and Guibas 2017, <https://arxiv.org/abs/1612.00593>, figure 2): a perceptron on every point,
/// the maximum of another one over the cloud, and a perceptron on both.
///
/// Coordinates are relative to the middle of each cloud, see [`PointPyramid::coord`].
#[derive(Module, Debug)]
pub struct PointNet {
    /// Transform of the coordinates, if there is one.
    pub input_transform: Option<TransformNet>,
    /// Perceptron on (coordinate, features) of every point.
    pub local: SharedMlp,
    /// Transform of what `local` gives, if there is one.
    pub feature_transform: Option<TransformNet>,
    /// Perceptron on the result, before the maximum over the cloud.
    pub global: SharedMlp,
    /// Hidden layers of the head; its input is (what `global` sees, maximum over the cloud).
    pub head: SharedMlp,
    /// Dropout behind them.
    pub dropout: PointDropout,
    /// Scores of the classes.
    pub classifier: Linear,
}

impl PointNet {
    /// Scores of every point for every class.
    ///
    /// # Shapes
    /// - `pyramid`: any; only the points of the input matter
    /// - `features`: `[clouds · points, in_channels]`, `None` if that is 0
    /// - result: `[clouds · points, classes]`
    pub fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward_with_transform(pyramid, features).logits
    }

    /// [`Self::forward`], and the transform of the features.
    pub fn forward_with_transform(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> PointNetOutput {
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
        PointNetOutput { logits: classify(&self.classifier, self.dropout.forward(hidden)), feature_transform }
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

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        for net in self.input_transform.iter_mut().chain(&mut self.feature_transform) {
            net.set_momentum(momentum);
        }
        for mlp in [&mut self.local, &mut self.global, &mut self.head] {
            mlp.set_momentum(momentum);
        }
    }

    /// What every layer learns, computes and gives for one cloud of so many points.
    pub fn summary(&self, points: usize) -> Summary {
        let row = |name: &str, output, counts| SummaryRow { name: name.into(), output, counts, block: None };
        let mlp = |name: &str, mlp: &SharedMlp, points_out| {
            row(name, [points_out, mlp.out_channels()], Counts::of_mlp(mlp, points))
        };
        let mut rows = Vec::new();
        rows.extend(self.input_transform.iter().map(|net| row("input_transform", [points, 3], net.counts(points))));
        rows.push(mlp("local", &self.local, points));
        let transform = |net: &TransformNet| row("feature_transform", [points, net.size], net.counts(points));
        rows.extend(self.feature_transform.iter().map(transform));
        rows.push(mlp("global", &self.global, 1));
        rows.push(mlp("head", &self.head, points));
        let classes = self.classifier.weight.lazy_shape().dims::<2>()[1];
        rows.push(row("classifier", [points, classes], Counts::of_linear(&self.classifier, points)));
        Summary::new(rows)
    }
}
