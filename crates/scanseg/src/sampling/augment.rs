//! Changes of training crops: point dropout and rotation about the vertical.

use super::Crop;
use crate::config::AugmentConfig;
use rand::{Rng, RngExt};

/// Changes a crop in place.
///
/// Point dropout (as in the authors' code): of a share drawn from U(0, `point_dropout`), points are replaced by the crop's first one
/// and weigh nothing, so that the network meets crops of all densities.
pub(crate) fn augment(crop: &mut Crop, config: &AugmentConfig, rng: &mut impl Rng) {
    if config.point_dropout > 0.0 {
        let share = rng.random::<f64>() * config.point_dropout;
        let channels = crop.channels;
        for point in 0..crop.coord.len() {
            if rng.random::<f64>() <= share {
                crop.coord[point] = crop.coord[0];
                crop.labels[point] = crop.labels[0];
                crop.weights[point] = 0.0;
                crop.features.copy_within(0..channels, point * channels);
            }
        }
    }
    if config.rotate {
        let (sin, cos) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
        let turn = |v: &mut [f32]| (v[0], v[1]) = (cos * v[0] - sin * v[1], sin * v[0] + cos * v[1]);
        crop.coord.iter_mut().for_each(|p| turn(p));
        if let Some(at) = crop.normal_at {
            crop.features.chunks_exact_mut(crop.channels).for_each(|f| turn(&mut f[at..at + 2]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};

    fn crop() -> Crop {
        Crop {
            coord: (0..1000).map(|i| [i as f32 * 0.01, 1.0, 0.5]).collect(),
            features: (0..1000).flat_map(|i| [i as f32, 1.0, 0.0, 0.0]).collect(),
            channels: 4,
            normal_at: Some(1),
            labels: (0..1000).map(|i| i % 21).collect(),
            weights: vec![1.0; 1000],
        }
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
            assert_eq!((after.coord[i], after.labels[i]), (before.coord[from], before.labels[from]));
            assert_eq!(after.features[i * 4..][..4], before.features[from * 4..][..4]);
        }
    }

    #[test]
    fn rotation_keeps_heights_and_turns_normals_along() {
        let config = AugmentConfig { rotate: true, point_dropout: 0.0 };
        let (before, mut after) = (crop(), crop());
        augment(&mut after, &config, &mut generator(1, Purpose::Crop, &[7]));
        // the normal was along x: it is the direction that x was turned to
        let normal = [after.features[1], after.features[2]];
        for i in 0..1000 {
            assert_eq!(after.coord[i][2], before.coord[i][2]);
            let x = after.coord[i][0] * normal[0] + after.coord[i][1] * normal[1];
            assert!((x - before.coord[i][0]).abs() < 1e-4);
            assert_eq!(after.features[i * 4], before.features[i * 4]);
        }
    }
}
