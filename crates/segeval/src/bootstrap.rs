//! How sure a number is: bootstrap over scenes, for one system and for the difference of two.
//!
//! The scenes of a split are a sample of all rooms that there are. The bootstrap (Efron 1979,
//! <https://doi.org/10.1214/aos/1176344552>) draws as many scenes from them with replacement, again and again, and
//! computes the metric from the pooled counts of each draw: how much these values vary is about how much the metric would
//! vary on other rooms. The interval is between their percentiles.
//!
//! Two systems are compared on the same draws. A scene that is hard for one is mostly hard for the other as well, so
//! their difference varies less than either.
//!
//! A system is a list of runs with different seeds. Its value is the mean of theirs, in each draw as well, so an interval
//! tells of the choice of scenes. [`Estimate::spread`] tells of the seeds.
//!
//! ```
//! use labelset::LabelSet;
//! use segeval::bootstrap::{Resamples, difference, estimate};
//! use segeval::{Evaluator, MetricKind, Protocol};
//!
//! let evaluate = |predictions: [&[i32]; 3]| {
//!     let mut evaluator = Evaluator::new(Protocol::Pointcept, &LabelSet::scannet20());
//!     for prediction in predictions {
//!         evaluator.add_scene(&[0, 0, 1, 1], prediction)?;
//!     }
//!     evaluator.finish_by_scene(["kitchen", "bedroom", "office"])
//! };
//! let ours = [evaluate([&[0, 0, 1, 1], &[0, 0, 1, 0], &[0, 1, 1, 1]])?];
//! let theirs = [evaluate([&[0, 0, 1, 0], &[0, 1, 1, 0], &[0, 1, 0, 1]])?];
//!
//! let resamples = Resamples::new(3, 10_000, 1);
//! let accuracy = estimate(&ours, MetricKind::PointAccuracy, &resamples, 0.95)?.expect("vertices were scored");
//! assert!((accuracy.value - 10.0 / 12.0).abs() < 1e-12 && accuracy.low == 0.75 && accuracy.high == 1.0);
//! let gain = difference(&ours, &theirs, MetricKind::PointAccuracy, &resamples, 0.95)?.expect("vertices were scored");
//! assert!([gain.value, gain.low, gain.high].iter().all(|gain| (gain - 0.25).abs() < 1e-12)); // in every scene
//! # Ok::<(), segeval::EvalError>(())
//! ```

use crate::{ClassCounts, EvalError, MetricKind, SceneScores};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A number with its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// Its value over all scenes: the mean over runs.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Standard deviation over runs (of a sample: divided by the number of runs less one); `None` for a single run. Of a
    /// difference: over the differences of the first runs, the second runs and so on; `None` if one system has more runs.
    pub spread: Option<f64>,
    /// Draws of scenes in which the metric is undefined because nothing was scored; they are left out.
    pub undefined: usize,
}

/// Draws of scenes with replacement, which any number of estimates share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resamples {
    scenes: usize,
    /// How often each scene was drawn, `[draws, scenes]`.
    times: Vec<u32>,
}

impl Resamples {
    /// `draws` draws, each of `scenes` among as many scenes. The same numbers and seed give the same draws on every
    /// machine.
    pub fn new(scenes: usize, draws: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut times = vec![0; scenes * draws];
        for times in times.chunks_exact_mut(scenes.max(1)) {
            (0..scenes).for_each(|_| times[rng.random_range(0..scenes as u64) as usize] += 1);
        }
        Resamples { scenes, times }
    }

    /// Draws made elsewhere: the scenes of each, by their places in the evaluation.
    ///
    /// # Errors
    /// [`EvalError::BadResamples`] if there is no such scene.
    pub fn from_indices(scenes: usize, draws: &[Vec<usize>]) -> Result<Self, EvalError> {
        let mut times = vec![0; scenes * draws.len()];
        for (draw, indices) in draws.iter().enumerate() {
            for &index in indices {
                if index >= scenes {
                    return Err(EvalError::BadResamples(format!("draw {draw} has scene {index} of {scenes}")));
                }
                times[draw * scenes + index] += 1;
            }
        }
        Ok(Resamples { scenes, times })
    }
}

/// A metric of a system, with an interval that holds the share `confidence` of the draws' values.
///
/// Returns `None` if the metric is undefined over all scenes. O(draws · scenes · classes) for each run.
///
/// # Errors
/// [`EvalError::BadResamples`] if there are no draws, they are of another number of scenes, or `confidence` is not in
/// 0..1; [`EvalError::NotComparable`] if there are no runs, they are of different scenes, protocols or label sets, or do
/// not have the metric.
pub fn estimate(
    runs: &[SceneScores],
    metric: MetricKind,
    resamples: &Resamples,
    confidence: f64,
) -> Result<Option<Estimate>, EvalError> {
    Ok(estimates(runs, &[metric], resamples, confidence)?[0])
}

/// [`estimate`] for several metrics, in about the time of one: each draw is pooled once.
///
/// # Errors
/// See [`estimate`].
pub fn estimates(
    runs: &[SceneScores],
    metrics: &[MetricKind],
    resamples: &Resamples,
    confidence: f64,
) -> Result<Vec<Option<Estimate>>, EvalError> {
    let values = values(runs, runs.first(), metrics, resamples, confidence)?;
    let of = |(metric, values): (&MetricKind, Draws)| {
        let of_runs: Vec<f64> = runs.iter().map(|run| run.get(*metric)).collect::<Option<_>>()?;
        summarise(mean(&of_runs), spread(&of_runs), values, confidence)
    };
    Ok(metrics.iter().zip(values).map(of).collect())
}

/// A metric of system `a` less that of system `b`, on the same draws of scenes. See [`estimate`]; the scenes of the runs
/// may be in any order.
///
/// Returns `None` if the metric is undefined over all scenes for one of the systems.
///
/// # Errors
/// See [`estimate`]; the two systems also have to be scored by one protocol on the same scenes.
pub fn difference(
    a: &[SceneScores],
    b: &[SceneScores],
    metric: MetricKind,
    resamples: &Resamples,
    confidence: f64,
) -> Result<Option<Estimate>, EvalError> {
    Ok(differences(a, b, &[metric], resamples, confidence)?[0])
}

/// [`difference`] for several metrics, in about the time of one.
///
/// # Errors
/// See [`difference`].
pub fn differences(
    a: &[SceneScores],
    b: &[SceneScores],
    metrics: &[MetricKind],
    resamples: &Resamples,
    confidence: f64,
) -> Result<Vec<Option<Estimate>>, EvalError> {
    let first = a.first();
    let of_a = values(a, first, metrics, resamples, confidence)?;
    let of_b = values(b, first, metrics, resamples, confidence)?;
    let of = |((metric, of_a), of_b): ((&MetricKind, Draws), Draws)| {
        let runs = |runs: &[SceneScores]| runs.iter().map(|run| run.get(*metric)).collect::<Option<Vec<f64>>>();
        let (a, b) = (runs(a)?, runs(b)?);
        let pairs: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let spread = if a.len() == b.len() { spread(&pairs) } else { None };
        let values = of_a.into_iter().zip(of_b).map(|(a, b)| Some(a? - b?)).collect();
        summarise(mean(&a) - mean(&b), spread, values, confidence)
    };
    Ok(metrics.iter().zip(of_a).zip(of_b).map(of).collect())
}

/// A value for each draw of scenes; `None` where it is undefined.
type Draws = Vec<Option<f64>>;

/// The mean over runs of each metric, for every draw of the scenes of `first`, `[metrics][draws]`; `None` where it is
/// undefined for a run.
fn values(
    runs: &[SceneScores],
    first: Option<&SceneScores>,
    metrics: &[MetricKind],
    resamples: &Resamples,
    confidence: f64,
) -> Result<Vec<Draws>, EvalError> {
    let bad = |what: String| Err(EvalError::BadResamples(what));
    if !(0.0..1.0).contains(&confidence) {
        return bad(format!("the confidence is {confidence}; it must be at least 0 and below 1"));
    }
    let (Some(first), false) = (first, runs.is_empty()) else {
        return Err(EvalError::NotComparable("a system has no runs".into()));
    };
    let scenes = first.scenes().len();
    if resamples.scenes != scenes || resamples.times.is_empty() {
        let draws = resamples.times.len() / resamples.scenes.max(1);
        return bad(format!("there are {draws} draws of {} scenes for runs of {scenes}", resamples.scenes));
    }
    let mut sums = vec![vec![Some(0.0); resamples.times.len() / scenes]; metrics.len()];
    // metrics of points are computed from other counts than those of voxels
    for of_voxels in [false, true] {
        let own: Vec<usize> = (0..metrics.len()).filter(|at| metrics[*at].is_of_voxels() == of_voxels).collect();
        for run in runs {
            let ordered = own.iter().map(|at| in_order_of(run, first, metrics[*at])).collect::<Result<Vec<_>, _>>()?;
            let Some(counts) = ordered.first() else { continue };
            let mut pooled = counts[0].clone();
            for (draw, times) in resamples.times.chunks_exact(scenes).enumerate() {
                pooled.clear();
                for (counts, &times) in counts.iter().zip(times).filter(|(_, times)| **times > 0) {
                    pooled.add(counts, times as u64);
                }
                for &at in &own {
                    let sum = &mut sums[at][draw];
                    *sum = sum.and_then(|sum| Some(sum + run.value(metrics[at], &pooled)?));
                }
            }
        }
    }
    let mean = |sum: Option<f64>| Some(sum? / runs.len() as f64);
    Ok(sums.into_iter().map(|sums| sums.into_iter().map(mean).collect()).collect())
}

/// The counts of a run, its scenes in the order of another's.
fn in_order_of<'a>(
    run: &'a SceneScores,
    first: &SceneScores,
    metric: MetricKind,
) -> Result<Vec<&'a ClassCounts>, EvalError> {
    let not = |what: String| Err(EvalError::NotComparable(what));
    if run.protocol() != first.protocol() {
        return not(format!("one is scored by {}, another by {}", first.protocol(), run.protocol()));
    }
    if run.labels() != first.labels() {
        return not(format!("one has the label set {:?}, another {:?}", first.labels(), run.labels()));
    }
    let Some(counts) = run.counts(metric) else {
        return not(format!("the scores by {} do not have {}", run.protocol(), metric.id()));
    };
    let by_name: std::collections::BTreeMap<&str, &ClassCounts> =
        run.scenes().iter().map(|scene| scene.scene.as_str()).zip(counts).collect();
    if by_name.len() != first.scenes().len() {
        return not(format!("one has {} scenes, another {}", first.scenes().len(), by_name.len()));
    }
    let mut ordered = Vec::with_capacity(by_name.len());
    for scene in first.scenes() {
        match by_name.get(scene.scene.as_str()) {
            Some(counts) if counts.classes() == scene.points.classes() => ordered.push(*counts),
            Some(_) => return not("they have different numbers of classes".into()),
            None => return not(format!("one has no scene {:?}", scene.scene)),
        }
    }
    Ok(ordered)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> Option<f64> {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// `None` if no draw has a value.
fn summarise(value: f64, spread: Option<f64>, values: Draws, confidence: f64) -> Option<Estimate> {
    let draws = values.len();
    let mut values: Vec<f64> = values.into_iter().flatten().collect();
    values.sort_unstable_by(f64::total_cmp);
    let (tail, undefined) = ((1.0 - confidence) / 2.0, draws - values.len());
    let [low, high] = [tail, 1.0 - tail].map(|share| percentile(&values, share));
    Some(Estimate { value, low: low?, high: high?, spread, undefined })
}

/// A percentile of sorted values, linear between neighbours, as `numpy.percentile` computes it.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let (below, part) = (place as usize, place.fract());
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    Some(low + (high - low) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_linear_between_values() {
        let values = [1.0, 2.0, 4.0, 8.0];
        let of = |share| percentile(&values, share).unwrap();
        assert_eq!([of(0.0), of(0.5), of(0.75), of(1.0)], [1.0, 3.0, 5.0, 8.0]);
        assert_eq!((percentile(&[7.0], 0.3), percentile(&[], 0.5)), (Some(7.0), None));
    }

    #[test]
    fn draws_are_of_as_many_scenes_and_never_change() {
        let resamples = Resamples::new(40, 1000, 7);
        assert!(resamples.times.chunks_exact(40).all(|times| times.iter().sum::<u32>() == 40));
        assert_eq!(resamples, Resamples::new(40, 1000, 7));
        assert_ne!(resamples, Resamples::new(40, 1000, 8));
        // every scene is drawn 1000 times on average, with a standard deviation of 31
        assert!((0..40).all(|scene| {
            let times: u32 = resamples.times.iter().skip(scene).step_by(40).sum();
            (850..1150).contains(&times)
        }));
        // written down once: results must not change with the generator's crate
        assert_eq!(Resamples::new(5, 2, 1).times, [1, 2, 2, 0, 0, 1, 0, 1, 2, 1]);
    }
}
