//! A LatentGNN block in a network of your own: `cargo run --example own_network`.
//!
//! The task is to find the points above the mean height of their cloud. A network that sees only one point at a time
//! cannot know that mean, because each cloud is at a different height: 58 % of its labels are right. With the block,
//! about 95 % are.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor, activation::relu};
use latentgnn::{LatentGnn, LatentGnnConfig};

const CLOUDS: usize = 16;
const POINTS: usize = 128;

#[derive(Module, Debug)]
struct Network {
    embed: Linear,
    block: LatentGnn,
    hidden: Linear,
    head: Linear,
}

impl Network {
    fn new(device: &Device) -> Self {
        Network {
            embed: LinearConfig::new(3, 32).init(device),
            block: LatentGnnConfig::default().with_latent_dims(vec![8]).with_channel_stride(2).init(32, device),
            hidden: LinearConfig::new(32, 32).init(device),
            head: LinearConfig::new(32, 2).init(device),
        }
    }

    /// Scores `[clouds · points, 2]` of points `[clouds, points, 3]`.
    fn forward(&self, coord: Tensor<3>) -> Tensor<2> {
        let features = self.block.forward(relu(self.embed.forward(coord)));
        self.head.forward(relu(self.hidden.forward(features))).flatten(0, 1)
    }
}

/// Clouds at random heights, and a label for each point: 1 above the mean height of its cloud, 0 below.
fn clouds(device: &Device) -> (Tensor<3>, Tensor<1, Int>) {
    let height = Tensor::<3>::random([CLOUDS, 1, 1], Distribution::Uniform(-2.0, 2.0), device);
    let z = Tensor::random([CLOUDS, POINTS, 1], Distribution::Uniform(-1.0, 1.0), device) + height;
    let labels = z.clone().greater(z.clone().mean_dim(1).expand([CLOUDS, POINTS, 1])).int();
    let xy = Tensor::random([CLOUDS, POINTS, 2], Distribution::Uniform(-1.0, 1.0), device);
    (Tensor::cat(vec![xy, z], 2), labels.reshape([CLOUDS * POINTS]))
}

/// Fraction of points that the scores label correctly.
fn accuracy(scores: &Tensor<2>, labels: &Tensor<1, Int>) -> f32 {
    scores.clone().argmax(1).flatten(0, 1).equal(labels.clone()).float().mean().into_scalar()
}

fn main() {
    let device = Device::flex().autodiff();
    device.seed(1);
    let mut network = Network::new(&device);
    let mut optimizer = AdamConfig::new().init();
    for step in 1..=200 {
        let (coord, labels) = clouds(&device);
        let scores = network.forward(coord);
        let loss = CrossEntropyLossConfig::new().init(&device).forward(scores.clone(), labels.clone());
        if step % 20 == 0 {
            println!("step {step}: accuracy {:.1} %", 100.0 * accuracy(&scores, &labels));
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(5e-3, network, gradients);
    }
    let (coord, labels) = clouds(&Device::flex());
    let scores = network.valid().forward(coord);
    println!("evaluation, with running statistics: accuracy {:.1} %", 100.0 * accuracy(&scores, &labels));
}
