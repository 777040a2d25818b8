//! Weights of the outputs in the loss.

use crate::config::{Config, TrainConfig};
use crate::error::{Error, Result};
use crate::sampling::columns;
use crate::scene::{ScenePoints, Vertices};
use labelset::{LabelSet, NO_CLASS};
use rayon::prelude::*;
use scannet::{PreparedStore, Split};

/// `1 / ln(1.2 + share)` for every output of the network, where `share` is that of its class among the training scenes'
/// points, as the PointNet++ authors weigh them, after ENet (Paszke et al. 2016, <https://arxiv.org/abs/1606.02147>).
/// Points without a class count if the label set has an output for them. All 1 without `train.class_weights`. The
/// output for points without a class gets 0 with `train.ignore_unannotated`.
///
/// # Errors
/// If any of the scenes cannot be used for training, or no point has a class, whatever the weights.
pub(super) fn class_weights(store: &PreparedStore, scenes: &[String], config: &Config) -> Result<Vec<f32>> {
    let (labels, data) = (&config.data.labels, config.data.quick());
    // in the order of the scenes, so that the same one of several unusable scenes is always named
    let counts: Vec<Result<Vec<u64>>> = scenes
        .par_iter()
        .map(|id| {
            let scene = ScenePoints::load(store, Split::Train, id, &data, Vertices::Annotated)?;
            columns(&scene, config.crop.size)?;
            Ok(count(labels, scene.classes.as_deref().unwrap_or_default()))
        })
        .collect();
    let mut total = vec![0; labels.outputs()];
    for counts in counts {
        total.iter_mut().zip(counts?).for_each(|(total, count)| *total += count);
    }
    if total.iter().skip(usize::from(labels.unannotated_output())).all(|count| *count == 0) {
        return Err(Error::nothing_annotated(Split::Train, config, store));
    }
    Ok(from_counts(&total, &config.train, labels))
}

/// Number of points of every output.
fn count(labels: &LabelSet, classes: &[i32]) -> Vec<u64> {
    let mut counts = vec![0; labels.outputs()];
    let counted = classes.iter().filter(|class| **class != NO_CLASS || labels.unannotated_output());
    counted.for_each(|&class| counts[labels.output_of(class)] += 1);
    counts
}

fn from_counts(counts: &[u64], config: &TrainConfig, labels: &LabelSet) -> Vec<f32> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    let weight = |&count: &u64| match config.class_weights {
        true => (1.0 / (1.2 + count as f64 / all).ln()) as f32,
        false => 1.0,
    };
    let mut weights: Vec<f32> = counts.iter().map(weight).collect();
    if config.ignore_unannotated && labels.unannotated_output() {
        weights[0] = 0.0;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_classes_weigh_more() {
        let weights = from_counts(&[0, 900, 100], &TrainConfig::default(), &LabelSet::pointnet_v1());
        assert!((weights[0] - 5.484_815).abs() < 1e-5); // 1 / ln 1.2
        assert!((weights[1] - 1.0 / 2.1f32.ln()).abs() < 1e-5);
        assert!((weights[2] - 1.0 / 1.3f32.ln()).abs() < 1e-5);
    }

    #[test]
    fn unannotated_points_weigh_nothing_if_they_are_ignored() {
        let config = TrainConfig { class_weights: false, ignore_unannotated: true, ..TrainConfig::default() };
        assert_eq!(from_counts(&[5, 1, 1], &config, &LabelSet::pointnet_v1()), [0.0, 1.0, 1.0]);
        // the first output is a class
        assert_eq!(from_counts(&[5, 1, 1], &config, &LabelSet::scannet20()), [1.0; 3]);
    }

    #[test]
    fn points_without_a_class_count_if_there_is_an_output_for_them() {
        let classes = [NO_CLASS, 0, 0, 1];
        assert_eq!(count(&LabelSet::pointnet_v1(), &classes)[..3], [1, 2, 1]);
        assert_eq!(count(&LabelSet::scannet20(), &classes)[..3], [2, 1, 0]);
    }
}
