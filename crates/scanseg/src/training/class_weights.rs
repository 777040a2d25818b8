//! Weights of the classes in the loss.

use crate::CLASSES;
use crate::config::Config;
use crate::scene::{SceneError, ScenePoints, Use};
use rayon::prelude::*;
use scannet::{PreparedStore, Split};

/// `1 / ln(1.2 + share)` for every class, by its share of the training scenes' points, "unannotated" included: what the PointNet++
/// authors used, from ENet (Paszke et al. 2016, <https://arxiv.org/abs/1606.02147>). All 1 if the configuration says so.
///
/// # Errors
/// If any of the scenes cannot be used for training, whatever the weights.
pub(super) fn class_weights(store: &PreparedStore, scenes: &[String], config: &Config) -> Result<Vec<f32>, SceneError> {
    // in the order of the scenes, so that of several unusable ones always the same is named
    let counts: Vec<Result<[u64; CLASSES], SceneError>> = scenes
        .par_iter()
        .map(|id| {
            let scene = ScenePoints::load(store, Split::Train, id, &config.data, Use::Annotated)?;
            let mut counts = [0; CLASSES];
            scene.labels.iter().flatten().for_each(|&l| counts[l as usize] += 1);
            Ok(counts)
        })
        .collect();
    let counts = counts.into_iter().collect::<Result<Vec<_>, _>>()?;
    if !config.train.class_weights {
        return Ok(vec![1.0; CLASSES]);
    }
    let mut total = [0u64; CLASSES];
    for counts in counts {
        total.iter_mut().zip(counts).for_each(|(t, c)| *t += c);
    }
    Ok(from_counts(&total))
}

fn from_counts(counts: &[u64; CLASSES]) -> Vec<f32> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&c| (1.0 / (1.2 + c as f64 / all).ln()) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_classes_weigh_more() {
        let mut counts = [0; CLASSES];
        counts[1] = 900;
        counts[2] = 100;
        let weights = from_counts(&counts);
        assert!((weights[0] - 5.484_815).abs() < 1e-5); // 1 / ln 1.2
        assert!((weights[1] - 1.0 / 2.1f32.ln()).abs() < 1e-5);
        assert!((weights[2] - 1.0 / 1.3f32.ln()).abs() < 1e-5);
    }
}
