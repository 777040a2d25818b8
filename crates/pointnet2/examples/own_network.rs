//! A network of your own from the layers of this crate: `cargo run --example own_point_network`.
//!
//! Two set abstractions gather the features of ever larger neighborhoods, two feature propagations bring them back to
//! the input points, and a linear layer scores the classes. The traits of `pointmodel` are all that training and
//! inference need; `KINDS` in `crates/scanseg/src/architecture.rs` is where a network gets its name in experiment files.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use pointmodel::{BoxError, Counts, Network, NetworkConfig, NetworkShape, Prepared, SearchOn, Summary, SummaryRow};
use pointnet2::{
    FeaturePropagation, FeaturePropagationConfig, LevelSpec, PointPyramid, Pyramid, PyramidSpec, SetAbstraction,
    SetAbstractionConfig,
};
use pointtensor::layer::SharedMlp;
use serde::{Deserialize, Serialize};

/// The keys that an experiment file may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TwoLevelsConfig {
    /// Channels of the finer level; the coarser one has twice as many.
    width: usize,
}

impl Default for TwoLevelsConfig {
    fn default() -> Self {
        TwoLevelsConfig { width: 32 }
    }
}

impl TwoLevelsConfig {
    /// 128 points with 16 neighbors within 0.2 m, and 32 of them with 16 neighbors within 0.4 m.
    fn pyramid(&self) -> PyramidSpec {
        let levels = vec![LevelSpec::ball(128, 0.2, 16), LevelSpec::ball(32, 0.4, 16)];
        PyramidSpec { levels, ..PyramidSpec::default() }
    }
}

#[derive(Module, Debug)]
struct TwoLevels {
    fine: SetAbstraction,
    coarse: SetAbstraction,
    to_fine: FeaturePropagation,
    to_input: FeaturePropagation,
    classifier: Linear,
}

impl NetworkConfig for TwoLevelsConfig {
    type Network = TwoLevels;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        if self.width == 0 {
            return Err("`width` is 0; it must be at least 1".into());
        }
        Ok(self.pyramid().check(shape.points)?)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> TwoLevels {
        let w = self.width;
        TwoLevels {
            fine: SetAbstractionConfig::single(shape.in_channels, [w, w]).init(device),
            coarse: SetAbstractionConfig::single(w, [2 * w, 2 * w]).init(device),
            to_fine: FeaturePropagationConfig::new(w, 2 * w, vec![w]).init(device),
            to_input: FeaturePropagationConfig::new(0, w, vec![w]).init(device),
            classifier: LinearConfig::new(w, shape.outputs).init(device),
        }
    }

    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Pyramid, BoxError> {
        Ok(Pyramid::prepare(coord, clouds, self.pyramid(), search)?)
    }
}

impl Network for TwoLevels {
    type Prepared = Pyramid;

    fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        let fine = self.fine.forward(pyramid, 1, features);
        let coarse = self.coarse.forward(pyramid, 2, Some(fine.clone()));
        let fine = self.to_fine.forward(pyramid, 2, Some(fine), coarse);
        self.classifier.forward(self.to_input.forward(pyramid, 1, None, fine))
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.fine.set_momentum(momentum);
        self.coarse.set_momentum(momentum);
        self.to_fine.mlp.set_momentum(momentum);
        self.to_input.mlp.set_momentum(momentum);
    }

    fn summary(&self, points: usize) -> Summary {
        let layer = |name: &str, mlp: &SharedMlp, points: usize, neighbors: usize| {
            SummaryRow::new(name, [points, mlp.out_channels()], Counts::of_mlp(mlp, points * neighbors))
        };
        let classes = self.classifier.weight.dims()[1];
        Summary::new(vec![
            layer("fine", &self.fine.scales[0].mlp, 128, 16),
            layer("coarse", &self.coarse.scales[0].mlp, 32, 16),
            layer("to_fine", &self.to_fine.mlp, 128, 1),
            layer("to_input", &self.to_input.mlp, points, 1),
            SummaryRow::new("classifier", [points, classes], Counts::of_linear(&self.classifier, points)),
        ])
    }
}

fn main() -> Result<(), BoxError> {
    let device = Device::flex();
    let config: TwoLevelsConfig = toml::from_str("width = 16")?;
    let shape = NetworkShape { points: 1024, in_channels: 0, outputs: 20 };
    config.validate(&shape)?;
    let network = config.init(&shape, &device);

    // two wavy floors of 1.6 m by 1.6 m
    let point = |i: usize| {
        let [x, y] = [i % 32, i / 32 % 32].map(|step| 0.05 * step as f32);
        [x, y, 0.1 * (3.0 * x + (i / 1024) as f32).sin()]
    };
    let coord: Vec<[f32; 3]> = (0..2048).map(point).collect();
    let batch = config.prepare(&coord, 2, SearchOn::Host)?.into_device(&device);
    let logits = network.forward(&batch, None);

    for row in network.summary(shape.points).rows {
        println!("{:10} {:?}: {} parameters", row.name, row.output, row.counts.params);
    }
    println!("logits of 2 clouds: {:?}", logits.dims());
    Ok(())
}
