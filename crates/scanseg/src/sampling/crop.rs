//! Random training crops: as the PointNet++ authors cut them, or pieces of blocks.

use super::blocks::random_piece;
use super::draw::{draw, thin};
use super::occupancy::occupied_share;
use super::{Column, InputPoints};
use crate::config::CropConfig;
use crate::scene::ScenePoints;
use labelset::LabelSet;
use rand::{Rng, RngExt};

/// Points up to this far outside the column, in metres, count as inside it, as in the authors' code.
const CORE_SLACK: f32 = 0.01;
/// The same as a share of the column's side, for columns so narrow that it would widen them: those of single voxels.
const SLACK_SHARE: f32 = 0.01;

fn slack(config: &CropConfig) -> f32 {
    CORE_SLACK.min(config.size * SLACK_SHARE)
}

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

/// `config.points` points of a random column of a scene, or of a random piece of a block where the configuration has
/// blocks.
pub(crate) fn random_crop(scene: &ScenePoints, config: &CropConfig, weights: &LossWeights, rng: &mut impl Rng) -> Crop {
    let classes = scene.classes.as_ref().expect("training scenes are annotated");
    let (points, column) = match &config.blocks {
        Some(blocks) => random_piece(scene, config, blocks, rng),
        None => {
            let (points, column) = random_column(scene, config, rng);
            (thin(scene, points, config.voxel, rng), column)
        }
    };
    let drawn = draw(&points, config, rng);
    let all_count = config.margin_counts || config.blocks.is_some();
    let target = |&p: &usize| {
        let (output, weight) = weights.of(classes[p]);
        let counts = all_count || column.contains(&scene.coord[p], slack(config));
        (output, if counts { weight } else { 0.0 })
    };
    let (targets, weights) = drawn.iter().map(target).unzip();
    Crop { input: InputPoints::gather(scene, &drawn, column.origin(scene)), targets, weights }
}

/// A random column of a scene with the points in it and in its margin: up to `tries` random points are tried as its
/// center, until enough of it is annotated and occupied; the last one is used in any case.
fn random_column(scene: &ScenePoints, config: &CropConfig, rng: &mut impl Rng) -> (Vec<usize>, Column) {
    let mut tries = 0;
    loop {
        tries += 1;
        let center = scene.coord[rng.random_range(0..scene.coord.len())];
        let half = config.size / 2.0;
        let column = Column { low: [center[0] - half, center[1] - half], high: [center[0] + half, center[1] + half] };
        let points = column.points(scene, config.margin);
        let annotated = points.iter().filter(|&&p| scene.annotated(p)).count() as f64 / points.len() as f64;
        let occupied = || {
            let core = points.iter().map(|&p| scene.coord[p]).filter(|p| column.contains(p, slack(config)));
            occupied_share(&column, scene.vertical, core)
        };
        let enough =
            annotated >= config.min_annotated && (config.min_occupied == 0.0 || occupied() >= config.min_occupied);
        if enough || tries == config.tries {
            return (points, column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::scene::tests::scene;

    /// A floor of 4 × 4 m, annotated in its left half only.
    fn floor() -> ScenePoints {
        let coord: Vec<[f32; 3]> =
            (0..160_000).map(|i| [(i % 400) as f32 * 0.01, (i / 400) as f32 * 0.01, 0.0]).collect();
        let classes = coord.iter().map(|p| if p[0] < 2.0 { 1 } else { labelset::NO_CLASS }).collect();
        ScenePoints { classes: Some(classes), ..scene(coord) }
    }

    fn crop(config: &CropConfig, number: u64) -> Crop {
        let labels = LabelSet::pointnet_v1();
        let weights = LossWeights { labels: &labels, outputs: &[1.0; 21] };
        random_crop(&floor(), config, &weights, &mut generator(1, Purpose::Crop, &[number]))
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
        let config = CropConfig { points: 100, ..CropConfig::default() };
        assert_eq!(crop(&config, 3), crop(&config, 3));
        assert_ne!(crop(&config, 3), crop(&config, 4));
    }

    #[test]
    fn the_margin_counts_where_asked() {
        let config = CropConfig { points: 500, tries: 100, margin: 0.5, margin_counts: true, ..CropConfig::default() };
        assert!(crop(&config, 0).weights.iter().all(|weight| *weight == 1.0));
        let without = CropConfig { margin_counts: false, ..config };
        assert!(crop(&without, 0).weights.contains(&0.0));
        assert_eq!(crop(&without, 0).input, crop(&CropConfig { margin_counts: true, ..without.clone() }, 0).input);
    }

    #[test]
    fn crops_are_thinned_and_drawn_without_replacement() {
        let config = CropConfig { points: 300, voxel: 0.1, replacement: false, ..CropConfig::default() };
        let mut coord = crop(&config, 1).input.coord;
        coord.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let closest = coord.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(closest == 0, "300 of about 350 cells are drawn once each: {closest} repeats");
    }

    #[test]
    fn crops_of_blocks_count_everywhere_and_are_centred() {
        let blocks = Some(crate::config::BlocksConfig::default());
        let config = CropConfig { points: 2048, voxel: 0.03, replacement: false, blocks, ..CropConfig::default() };
        for number in 0..5 {
            let crop = crop(&config, number);
            assert!(crop.weights.iter().all(|weight| *weight == 1.0) && crop.weights.len() == 2048);
            // a small block may be added beside it
            assert!(crop.input.coord.iter().all(|p| p[0].abs() <= 2.26 && p[1].abs() <= 2.26));
        }
    }
}
