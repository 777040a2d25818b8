//! Augmentation of training crops: point dropout and rotation about the vertical axis.

use super::Crop;
use crate::config::AugmentConfig;
use rand::{Rng, RngExt};

/// Changes a crop in place.
///
/// Point dropout (as in the authors' code): a share of points, drawn from U(0, `point_dropout`), is replaced by the
/// crop's first point with zero weight, so that the network sees crops of all densities.
pub(crate) fn augment(crop: &mut Crop, config: &AugmentConfig, rng: &mut impl Rng) {
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
        let (sin, cos) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
        let rotate = |v: &mut [f32]| (v[0], v[1]) = (cos * v[0] - sin * v[1], sin * v[0] + cos * v[1]);
        let input = &mut crop.input;
        input.coord.iter_mut().for_each(|p| rotate(p));
        if let Some(at) = input.normal_at {
            input.features.chunks_exact_mut(input.channels).for_each(|f| rotate(&mut f[at..at + 2]));
        }
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
        };
        Crop { input, targets: (0..1000).map(|i| i % 21).collect(), weights: vec![1.0; 1000] }
    }

    #[test]
    fn dropped_points_repeat_the_first_without_weight() {
        let config = AugmentConfig { rotate: false, point_dropout: 0.875 };
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
        let config = AugmentConfig { rotate: true, point_dropout: 0.0 };
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
}
