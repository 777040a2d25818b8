//! Augmentation: scenes are tilted before a crop is cut, crops are warped, get strays, lose points and are rotated.

use super::Crop;
use crate::config::AugmentConfig;
use rand::{Rng, RngExt};
use scannet::Scene;
use std::f32::consts::TAU;

/// Sines that a warp is made of.
const WAVES: usize = 3;
/// Wavelengths of a warp, in metres.
const WAVELENGTH: std::ops::Range<f32> = 2.0..6.0;
/// How far a stray may be moved along each axis, in metres.
const STRAY: f32 = 2.0;

/// Tilts a scene about a random horizontal axis, by an angle whose slope is at most `slope`. This is done before the
/// floor is estimated, so that the network meets the heights that the estimate gives on a tilted floor.
pub(crate) fn tilt(scene: &mut Scene, slope: f32, rng: &mut impl Rng) {
    if slope == 0.0 {
        return;
    }
    let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
    let (lean, level) = rng.random_range(0.0..=slope).atan().sin_cos();
    // Along the direction (cos, sin) the floor rises; the direction at right angles to it stays.
    let rotate = |v: [f32; 3]| -> [f32; 3] {
        let along = cos * v[0] + sin * v[1];
        let turned = level * along - lean * v[2];
        [v[0] + cos * (turned - along), v[1] + sin * (turned - along), lean * along + level * v[2]]
    };
    // about one of its own points, because rotating large coordinates would round them
    let center = scene.coord[0];
    for p in &mut scene.coord {
        let rotated = rotate(std::array::from_fn(|a| p[a] - center[a]));
        *p = std::array::from_fn(|a| center[a] + rotated[a]);
    }
    scene.normal.iter_mut().flatten().for_each(|n| *n = rotate(*n));
}

/// Changes a crop in place.
///
/// - Warp: points move by up to `warp` metres, neighbours nearly alike, as where the frames of a scan disagree. Normals
///   stay, since they would turn by a few degrees.
/// - Strays: a share of the points, drawn from U(0, `strays`), moves by up to 2 m along each axis and loses its weight.
/// - Point dropout (as in the authors' code): a share of points, drawn from U(0, `point_dropout`), is replaced by the
///   crop's first point with zero weight, so that the network sees crops of all densities.
/// - Rotation about the vertical axis.
pub(crate) fn augment(crop: &mut Crop, config: &AugmentConfig, rng: &mut impl Rng) {
    if config.warp > 0.0 {
        warp(crop, config.warp, rng);
    }
    if config.strays > 0.0 {
        let share = rng.random::<f64>() * config.strays;
        for point in 0..crop.input.coord.len() {
            if rng.random::<f64>() < share {
                crop.input.shift(point, std::array::from_fn(|_| rng.random_range(-STRAY..STRAY)));
                crop.weights[point] = 0.0;
            }
        }
    }
    if config.point_dropout > 0.0 {
        let share = rng.random::<f64>() * config.point_dropout;
        let input = &mut crop.input;
        for point in 0..input.coord.len() {
            if rng.random::<f64>() <= share {
                input.coord[point] = input.coord[0];
                input.features.copy_within(0..input.channels, point * input.channels);
                crop.targets[point] = crop.targets[0];
                crop.weights[point] = 0.0;
            }
        }
    }
    if config.rotate {
        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
        let rotate = |v: &mut [f32]| (v[0], v[1]) = (cos * v[0] - sin * v[1], sin * v[0] + cos * v[1]);
        let input = &mut crop.input;
        input.coord.iter_mut().for_each(|p| rotate(p));
        if let Some(at) = input.normal_at {
            input.features.chunks_exact_mut(input.channels).for_each(|f| rotate(&mut f[at..at + 2]));
        }
    }
}

/// Moves the points of a crop by a sum of sines of x and y.
fn warp(crop: &mut Crop, most: f32, rng: &mut impl Rng) {
    // Each wave moves points by up to `most / WAVES` in a direction of its own.
    let waves: [_; WAVES] = std::array::from_fn(|_| {
        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
        let turns = TAU / rng.random_range(WAVELENGTH);
        let phase = rng.random_range(0.0..TAU);
        let (up, aside) = (rng.random_range(-1.0..=1.0f32), rng.random_range(0.0..TAU).sin_cos());
        let level = (1.0 - up * up).sqrt();
        let reach = rng.random_range(0.0..=most / WAVES as f32);
        ([cos * turns, sin * turns, phase], [aside.1 * level, aside.0 * level, up].map(|v| v * reach))
    });
    for point in 0..crop.input.coord.len() {
        let [x, y, _] = crop.input.coord[point];
        let mut by = [0.0; 3];
        for ([along_x, along_y, phase], reach) in waves {
            let wave = (along_x * x + along_y * y + phase).sin();
            (0..3).for_each(|a| by[a] += wave * reach[a]);
        }
        crop.input.shift(point, by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::sampling::InputPoints;

    fn crop() -> Crop {
        let input = InputPoints {
            coord: (0..1000).map(|i| [i as f32 * 0.01, 1.0, 0.5]).collect(),
            features: (0..1000).flat_map(|i| [i as f32, 1.0, 0.0, 0.0]).collect(),
            channels: 4,
            normal_at: Some(1),
            height_at: Some(0),
        };
        Crop { input, targets: (0..1000).map(|i| i % 21).collect(), weights: vec![1.0; 1000] }
    }

    #[test]
    fn dropped_points_repeat_the_first_without_weight() {
        let config = AugmentConfig { rotate: false, ..AugmentConfig::default() };
        let (before, mut after) = (crop(), crop());
        augment(&mut after, &config, &mut generator(1, Purpose::Crop, &[7]));
        let dropped = after.weights.iter().filter(|w| **w == 0.0).count();
        assert!(dropped > 0 && dropped < 900, "{dropped} points dropped");
        for i in 0..1000 {
            let from = if after.weights[i] == 0.0 { 0 } else { i };
            assert_eq!((after.input.coord[i], after.targets[i]), (before.input.coord[from], before.targets[from]));
            assert_eq!(after.input.features[i * 4..][..4], before.input.features[from * 4..][..4]);
        }
    }

    #[test]
    fn rotation_keeps_heights_and_rotates_normals() {
        let config = AugmentConfig { point_dropout: 0.0, ..AugmentConfig::default() };
        let (before, mut after) = (crop(), crop());
        augment(&mut after, &config, &mut generator(1, Purpose::Crop, &[7]));
        let (before, after) = (before.input, after.input);
        // the normal was along x: it is the direction that x was rotated to
        let normal = [after.features[1], after.features[2]];
        for i in 0..1000 {
            assert_eq!(after.coord[i][2], before.coord[i][2]);
            let x = after.coord[i][0] * normal[0] + after.coord[i][1] * normal[1];
            assert!((x - before.coord[i][0]).abs() < 1e-4);
            assert_eq!(after.features[i * 4], before.features[i * 4]);
        }
    }

    #[test]
    fn warped_points_move_a_little_and_neighbours_alike() {
        let config = AugmentConfig { rotate: false, point_dropout: 0.0, warp: 0.05, ..AugmentConfig::default() };
        let (before, mut after) = (crop(), crop());
        augment(&mut after, &config, &mut generator(1, Purpose::Crop, &[7]));
        let moved =
            |i: usize| -> [f32; 3] { std::array::from_fn(|a| after.input.coord[i][a] - before.input.coord[i][a]) };
        let far = |v: [f32; 3]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((0..1000).all(|i| far(moved(i)) <= 0.05) && (0..1000).any(|i| far(moved(i)) > 0.005));
        for i in 1..1000 {
            assert!((0..3).all(|a| (moved(i)[a] - moved(i - 1)[a]).abs() < 0.002));
            let raised = after.input.features[i * 4] - before.input.features[i * 4];
            assert!((raised - moved(i)[2]).abs() < 1e-4, "the height moves with the point");
        }
        assert_eq!(before.weights, after.weights);
    }

    #[test]
    fn strays_have_no_weight() {
        let config = AugmentConfig { rotate: false, point_dropout: 0.0, strays: 0.1, ..AugmentConfig::default() };
        let (before, mut after) = (crop(), crop());
        augment(&mut after, &config, &mut generator(1, Purpose::Crop, &[7]));
        let strays: Vec<usize> = (0..1000).filter(|&i| after.weights[i] == 0.0).collect();
        assert!(!strays.is_empty() && strays.len() < 150, "{}", strays.len());
        assert!((0..1000).all(|i| strays.contains(&i) == (after.input.coord[i] != before.input.coord[i])));
    }

    #[test]
    fn a_tilt_keeps_distances_and_turns_normals_along() {
        let coord: Vec<[f32; 3]> = (0..400).map(|i| [(i % 20) as f32 * 0.3, (i / 20) as f32 * 0.3, 1.0]).collect();
        let mut scene = Scene {
            id: "plane".into(),
            normal: Some(vec![[0.0, 0.0, 1.0]; 400]),
            coord: coord.clone(),
            color: None,
            segment: None,
            instance: None,
        };
        tilt(&mut scene, 0.02, &mut generator(1, Purpose::Crop, &[7]));
        let (first, last) = (scene.coord[0], scene.coord[399]);
        let across: [f32; 3] = std::array::from_fn(|a| last[a] - first[a]);
        let length = |v: [f32; 3]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((length(across) - 5.7 * 2f32.sqrt()).abs() < 1e-4 && first == coord[0]);
        let normal = scene.normal.unwrap()[0];
        assert!((0..3).map(|a| normal[a] * across[a]).sum::<f32>().abs() < 1e-4, "it stays at right angles");
        let slope = normal[0].hypot(normal[1]) / normal[2];
        assert!(slope > 0.001 && slope <= 0.02, "{slope}");
    }
}
