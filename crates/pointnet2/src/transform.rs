//! Learned transforms of point sets.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// Configuration of [`TransformNet`].
#[derive(Config, Debug)]
pub struct TransformNetConfig {
    /// Channels of every point.
    pub in_channels: usize,
    /// Rows and columns of the transform.
    pub size: usize,
    /// Channels of the perceptron on points.
    #[config(default = "vec![64, 128, 1024]")]
    pub points: Vec<usize>,
    /// Channels of the perceptron on whole clouds.
    #[config(default = "vec![512, 256]")]
    pub clouds: Vec<usize>,
    /// Distribution of the initial weights.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
}

impl TransformNetConfig {
    /// Initialises the weights from the device's random generator; the transform starts as the identity.
    pub fn init(&self, device: &Device) -> TransformNet {
        let mlp = |inputs, channels: &Vec<usize>| {
            SharedMlpConfig::new(inputs, channels.clone()).with_initializer(self.initializer.clone()).init(device)
        };
        let points = mlp(self.in_channels, &self.points);
        let clouds = mlp(points.out_channels(), &self.clouds);
        TransformNet {
            weight: Initializer::Zeros.init([clouds.out_channels(), self.size * self.size], device),
            bias: Initializer::Zeros.init([self.size * self.size], device),
            points,
            clouds,
            size: self.size,
        }
    }
}

/// T-Net (Qi, Su, Mo and Guibas 2017, <https://arxiv.org/abs/1612.00593>): a small PointNet that computes a square
/// matrix for every cloud, by which the coordinates or features of its points are multiplied.
///
/// Its second perceptron has one row per cloud, so in training it learns nothing from a batch of one: batch
/// normalisation turns a single row into its shift.
#[derive(Module, Debug)]
pub struct TransformNet {
    /// Perceptron on points, before the maximum over each cloud.
    pub points: SharedMlp,
    /// Perceptron on whole clouds, after it.
    pub clouds: SharedMlp,
    /// Weights of the last layer, `[channels, size · size]`.
    pub weight: Param<Tensor<2>>,
    /// Bias of the last layer, to which the identity is added, `[size · size]`.
    pub bias: Param<Tensor<1>>,
    /// Rows and columns of the transform.
    pub size: usize,
}

impl TransformNet {
    /// Returns the transform of each of `clouds` point sets of equal size.
    ///
    /// # Shapes
    /// - `x`: `[clouds · points, in_channels]`
    /// - result: `[clouds, size, size]`; points are rows, `x · transform`
    pub fn forward(&self, x: Tensor<2>, clouds: usize) -> Tensor<3> {
        let points = x.dims()[0] / clouds;
        let x = functional::linear(x, self.points.first_weight());
        let whole = self.clouds.forward(self.points.forward_projected_max(x, points));
        let transform = functional::add_bias(functional::linear(whole, self.weight.val()), self.bias.val());
        let transform = transform.reshape([clouds, self.size, self.size]);
        let identity = Tensor::eye(self.size, &transform.device());
        transform + identity.unsqueeze()
    }

    /// Sets the momentum of the batch normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.points.set_momentum(momentum);
        self.clouds.set_momentum(momentum);
    }

    /// What it learns and computes for one cloud of `points` points, the product with the transform included.
    pub(crate) fn counts(&self, points: usize) -> Counts {
        let [inputs, outputs]: [usize; 2] = self.weight.lazy_shape().dims();
        let last = Counts { params: (inputs + 1) * outputs, macs: (inputs * outputs) as u64 };
        let product = Counts { params: 0, macs: (points * self.size * self.size) as u64 };
        Counts::of_mlp(&self.points, points) + Counts::of_mlp(&self.clouds, 1) + last + product
    }
}

/// Every cloud's points, multiplied by its transform.
///
/// # Shapes
/// - `x` and result: `[clouds · points, size]`
/// - `transform`: `[clouds, size, size]`
pub(crate) fn transformed(x: Tensor<2>, transform: Tensor<3>) -> Tensor<2> {
    let ([rows, channels], [clouds, _, _]) = (x.dims(), transform.dims());
    functional::product(x.reshape([clouds, rows / clouds, channels]), transform).reshape([rows, channels])
}

/// How far transforms are from orthogonal, `‖I − A Aᵀ‖²_F`, mean over the clouds. The paper adds it to the loss of a
/// network with a feature transform, times 0.001.
///
/// # Shapes
/// - `transform`: `[clouds, size, size]`
/// - result: `[1]`
pub fn orthogonality_loss(transform: Tensor<3>) -> Tensor<1> {
    let [clouds, size, _] = transform.dims();
    let identity = Tensor::<2>::eye(size, &transform.device());
    let off = functional::product(transform.clone(), transform.swap_dims(1, 2)) - identity.unsqueeze();
    (off.clone() * off).sum() / clouds as f64
}
