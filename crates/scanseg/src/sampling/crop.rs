//! Random training crops, as the PointNet++ authors cut them.

use super::{Column, InputPoints};
use crate::config::CropConfig;
use crate::scene::ScenePoints;
use labelset::LabelSet;
use pointops::VerticalExtent;
use rand::{Rng, RngExt};

/// Points up to this far outside the column, in metres, count as inside it, as in the authors' code.
const CORE_SLACK: f32 = 0.01;

/// Cells of a column along x, y and z, to measure how much of it is occupied.
const CELLS: [f32; 3] = [31.0, 31.0, 62.0];

/// More than [`CELLS`] along any axis, including the cells that the slack adds.
const SIDE: usize = 64;

/// Points drawn from one column of a scene, to train on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Crop {
    /// What the network sees.
    pub input: InputPoints,
    /// Output index of every point's class, `[points]`.
    pub targets: Vec<i32>,
    /// Weight of every point in the loss, 0 in the margin, `[points]`.
    pub weights: Vec<f32>,
}

impl Crop {
    /// Puts one point in the place of another.
    pub fn repeat(&mut self, from: usize, to: usize) {
        let channels = self.input.layout.channels;
        self.input.coord[to] = self.input.coord[from];
        self.input.features.copy_within(from * channels..(from + 1) * channels, to * channels);
        self.targets[to] = self.targets[from];
        self.weights[to] = self.weights[from];
    }

    /// Replaces every second point by that of another crop of the same size.
    pub fn take_every_second(&mut self, other: &Crop) {
        let channels = self.input.layout.channels;
        for point in (1..self.weights.len()).step_by(2) {
            self.input.coord[point] = other.input.coord[point];
            let features = point * channels..(point + 1) * channels;
            self.input.features[features.clone()].copy_from_slice(&other.input.features[features]);
            self.targets[point] = other.targets[point];
            self.weights[point] = other.weights[point];
        }
    }
}

/// Weights of the outputs in the loss, and which output each class has.
#[derive(Debug, Clone)]
pub(crate) struct LossWeights<'a> {
    pub labels: &'a LabelSet,
    /// `[outputs]`.
    pub outputs: &'a [f32],
}

impl LossWeights<'_> {
    /// Output index and weight of a class; points without a class weigh nothing if there is no output for them.
    fn of(&self, class: i32) -> (i32, f32) {
        let output = self.labels.output_of(class);
        let counts = class != labelset::NO_CLASS || self.labels.unannotated_output();
        (output as i32, if counts { self.outputs[output] } else { 0.0 })
    }
}

/// A random column of a scene: up to `tries` random points are tried as its center, until enough of it is annotated and
/// occupied; the last one is used in any case. `config.points` points are drawn from it with replacement.
pub(crate) fn random_crop(scene: &ScenePoints, config: &CropConfig, weights: &LossWeights, rng: &mut impl Rng) -> Crop {
    let classes = scene.classes.as_ref().expect("training scenes are annotated");
    let mut tries = 0;
    let (points, column) = loop {
        tries += 1;
        let center = scene.coord[rng.random_range(0..scene.coord.len())];
        let half = config.size / 2.0;
        let column = Column { low: [center[0] - half, center[1] - half], high: [center[0] + half, center[1] + half] };
        let points = column.points(scene, config.margin);
        let annotated = points.iter().filter(|&&p| scene.annotated(p)).count() as f64 / points.len() as f64;
        let enough = annotated >= config.min_annotated && {
            let core = points.iter().map(|&p| scene.coord[p]).filter(|p| column.contains(p, CORE_SLACK));
            let occupied = occupied_cells(&column, scene.vertical, core);
            occupied as f64 >= config.min_occupied * CELLS.iter().map(|&c| c as f64).product::<f64>()
        };
        if enough || tries == config.tries {
            break (points, column);
        }
    };
    let drawn: Vec<usize> = (0..config.points).map(|_| points[rng.random_range(0..points.len())]).collect();
    let target = |&p: &usize| {
        let (output, weight) = weights.of(classes[p]);
        (output, if column.contains(&scene.coord[p], CORE_SLACK) { weight } else { 0.0 })
    };
    let (targets, weights) = drawn.iter().map(target).unzip();
    Crop { input: InputPoints::gather(scene, &drawn, column.origin(scene)), targets, weights }
}

/// How many cells of a column hold a point. Its cells reach from the floor to the top of the scene.
fn occupied_cells(column: &Column, vertical: VerticalExtent, points: impl Iterator<Item = [f32; 3]>) -> usize {
    let low = [column.low[0], column.low[1], vertical.floor];
    let high = [column.high[0], column.high[1], vertical.top];
    let side = |axis: usize| (high[axis] - low[axis]).max(f32::MIN_POSITIVE);
    let cell =
        |p: [f32; 3]| -> [i32; 3] { std::array::from_fn(|a| ((p[a] - low[a]) / side(a) * CELLS[a]).ceil() as i32) };
    let (mut near, mut far) = (vec![0u64; SIDE * SIDE * SIDE / 64], Vec::new());
    for cell in points.map(cell) {
        match cell.map(usize::try_from) {
            [Ok(x), Ok(y), Ok(z)] if x.max(y).max(z) < SIDE => {
                let place = (x * SIDE + y) * SIDE + z;
                near[place / 64] |= 1 << (place % 64);
            }
            // in the slack around a column that is much smaller than the slack
            _ => far.push(cell),
        }
    }
    far.sort_unstable();
    far.dedup();
    near.iter().map(|bits| bits.count_ones() as usize).sum::<usize>() + far.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::scene::FeatureLayout;

    /// A floor of 4 × 4 m, annotated in its left half only.
    fn floor() -> ScenePoints {
        let coord: Vec<[f32; 3]> =
            (0..160_000).map(|i| [(i % 400) as f32 * 0.01, (i / 400) as f32 * 0.01, 0.0]).collect();
        let classes = coord.iter().map(|p| if p[0] < 2.0 { 1 } else { labelset::NO_CLASS }).collect();
        ScenePoints {
            id: "floor".into(),
            vertical: pointops::vertical_extent(&coord).unwrap(),
            coord,
            features: Vec::new(),
            layout: FeatureLayout::default(),
            classes: Some(classes),
        }
    }

    #[test]
    fn crops_are_annotated_and_weigh_only_their_core() {
        let scene = floor();
        let config = CropConfig { points: 2000, tries: 100, min_occupied: 0.01, ..CropConfig::default() };
        let (labels, outputs) = (LabelSet::pointnet_v1(), (0..21).map(|c| 1.0 + c as f32).collect::<Vec<_>>());
        let weights = LossWeights { labels: &labels, outputs: &outputs };
        for number in 0..10 {
            let crop = random_crop(&scene, &config, &weights, &mut generator(1, Purpose::Crop, &[number]));
            assert_eq!(crop.input.coord.len(), 2000);
            let annotated = crop.targets.iter().filter(|l| **l > 0).count();
            assert!(annotated > 1300, "{annotated} of 2000 drawn points are annotated");
            for ((p, label), weight) in crop.input.coord.iter().zip(&crop.targets).zip(&crop.weights) {
                assert!(p[0].abs() <= 0.9501 && p[1].abs() <= 0.9501);
                let core = p[0].abs() <= 0.76 - 1e-4 && p[1].abs() <= 0.76 - 1e-4;
                let margin = p[0].abs() > 0.76 + 1e-4 || p[1].abs() > 0.76 + 1e-4;
                assert!(!core || *weight == 1.0 + *label as f32);
                assert!(!margin || *weight == 0.0);
            }
        }
    }

    #[test]
    fn cells_are_counted_once_wherever_they_are() {
        let vertical = VerticalExtent { floor: 0.0, top: 2.4 };
        for size in [1.5, 0.01] {
            let column = Column { low: [-0.3, 2.0], high: [-0.3 + size, 2.0 + size] };
            let points = (0..5000).map(|i: i32| {
                let at = |axis: usize, i: i32| column.low[axis] - 0.02 + (i % 97) as f32 * (size + 0.04) / 96.0;
                [at(0, i), at(1, i / 7), (i % 53) as f32 * 0.05 - 0.01]
            });
            let low = [column.low[0], column.low[1], vertical.floor];
            let side = [column.high[0] - low[0], column.high[1] - low[1], vertical.top - low[2]];
            let cell = |p: [f32; 3]| [0, 1, 2].map(|a| ((p[a] - low[a]) / side[a] * CELLS[a]).ceil() as i32);
            let cells: std::collections::BTreeSet<_> = points.clone().map(cell).collect();
            assert_eq!(occupied_cells(&column, vertical, points), cells.len());
        }
    }

    #[test]
    fn the_last_try_is_used_in_any_case() {
        let mut scene = floor();
        scene.classes = Some(vec![labelset::NO_CLASS; scene.coord.len()]);
        let config = CropConfig { points: 10, ..CropConfig::default() };
        // points without a class have a weight only if there is an output for them
        for (labels, weighs) in [(LabelSet::pointnet_v1(), true), (LabelSet::scannet20(), false)] {
            let weights = LossWeights { labels: &labels, outputs: &[1.0; 21] };
            let crop = random_crop(&scene, &config, &weights, &mut generator(1, Purpose::Crop, &[0]));
            assert_eq!(crop.targets, vec![0; 10]);
            assert_eq!(crop.weights.iter().any(|weight| *weight > 0.0), weighs);
        }
    }

    #[test]
    fn the_same_number_gives_the_same_crop() {
        let scene = floor();
        let config = CropConfig { points: 100, ..CropConfig::default() };
        let labels = LabelSet::pointnet_v1();
        let weights = LossWeights { labels: &labels, outputs: &[1.0; 21] };
        let crop = |number| random_crop(&scene, &config, &weights, &mut generator(1, Purpose::Crop, &[number]));
        assert_eq!(crop(3), crop(3));
        assert_ne!(crop(3), crop(4));
    }
}
