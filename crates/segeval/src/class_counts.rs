//! Counts by class, and the ratios computed from them.

use crate::{ClassMean, ClassMetric, EvalError};
use serde::{Deserialize, Serialize};

/// What the numbers of a protocol need of a [`ConfusionMatrix`](crate::ConfusionMatrix): three counts for each class.
/// They add up over scenes as the matrix does, and take `24·n` bytes for `n` classes.
///
/// Ratios are `None` where their denominator is zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Columns", into = "Columns")]
pub struct ClassCounts {
    seen: Vec<u64>,
    correct: Vec<u64>,
    predicted: Vec<u64>,
}

impl ClassCounts {
    /// Counts from their columns, each with one entry per class.
    pub(crate) fn new(seen: Vec<u64>, correct: Vec<u64>, predicted: Vec<u64>) -> Self {
        ClassCounts { seen, correct, predicted }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.seen.len()
    }

    /// Number of units of this class in the truth (tp + fn), 0 if there is no such class.
    pub fn seen(&self, class: usize) -> u64 {
        self.seen.get(class).copied().unwrap_or(0)
    }

    /// Number of units of this class that were predicted as such (tp).
    pub fn correct(&self, class: usize) -> u64 {
        self.correct.get(class).copied().unwrap_or(0)
    }

    /// Number of units predicted as this class (tp + fp).
    pub fn predicted(&self, class: usize) -> u64 {
        self.predicted.get(class).copied().unwrap_or(0)
    }

    /// Number of units.
    pub fn total(&self) -> u64 {
        sum(&self.seen)
    }

    /// Units predicted correctly / all units.
    pub fn overall_accuracy(&self) -> Option<f64> {
        defined(sum(&self.correct) as f64, self.total() as f64)
    }

    /// A ratio of a class.
    pub fn metric(&self, class: usize, metric: ClassMetric) -> Option<f64> {
        let (numerator, denominator) = self.ratio(class, metric);
        defined(numerator, denominator)
    }

    /// Mean of a ratio over the classes that the convention includes; `None` if it includes none.
    pub fn mean(&self, metric: ClassMetric, convention: ClassMean) -> Option<f64> {
        self.weighted(metric, convention, (0..self.classes()).map(|class| (class, 1.0)))
    }

    /// [`Self::mean`] with weights, see [`ConfusionMatrix::weighted_mean`](crate::ConfusionMatrix::weighted_mean).
    pub fn weighted_mean(&self, metric: ClassMetric, convention: ClassMean, weights: &[f64]) -> Option<f64> {
        self.weighted(metric, convention, (0..self.classes()).zip(weights.iter().copied()))
    }

    fn weighted(
        &self,
        metric: ClassMetric,
        convention: ClassMean,
        weights: impl Iterator<Item = (usize, f64)>,
    ) -> Option<f64> {
        let mut sum = 0.0;
        let mut sum_of_weights = 0.0;
        for (class, weight) in weights {
            let (numerator, denominator) = self.ratio(class, metric);
            let value = match convention {
                ClassMean::PresentInTruth if self.seen(class) == 0 => continue,
                ClassMean::PresentInUnion if self.seen(class) == 0 && self.predicted(class) == 0 => continue,
                ClassMean::All { epsilon } => numerator / (denominator + epsilon),
                _ => defined(numerator, denominator).unwrap_or(0.0),
            };
            sum += weight * value;
            sum_of_weights += weight;
        }
        defined(sum, sum_of_weights)
    }

    /// The class with the most units of truth, the first one of equals; `None` if there are no units.
    pub fn majority_class(&self) -> Option<usize> {
        (0..self.classes()).rev().max_by_key(|class| self.seen(*class)).filter(|class| self.seen(*class) > 0)
    }

    /// Adds `times` the counts of others, which have as many classes.
    pub(crate) fn add(&mut self, other: &Self, times: u64) {
        for (sum, other) in self.columns_mut().into_iter().zip([&other.seen, &other.correct, &other.predicted]) {
            for (sum, count) in sum.iter_mut().zip(other) {
                *sum = sum.saturating_add(times.saturating_mul(*count));
            }
        }
    }

    /// Sets all counts to 0.
    pub(crate) fn clear(&mut self) {
        self.columns_mut().into_iter().for_each(|column| column.fill(0));
    }

    fn columns_mut(&mut self) -> [&mut Vec<u64>; 3] {
        [&mut self.seen, &mut self.correct, &mut self.predicted]
    }

    fn ratio(&self, class: usize, metric: ClassMetric) -> (f64, f64) {
        let (tp, seen, predicted) = (self.correct(class), self.seen(class), self.predicted(class));
        match metric {
            ClassMetric::Accuracy => (tp as f64, seen as f64),
            ClassMetric::Precision => (tp as f64, predicted as f64),
            ClassMetric::F1 => (2.0 * tp as f64, seen as f64 + predicted as f64),
            ClassMetric::Iou => (tp as f64, seen.saturating_add(predicted - tp) as f64),
        }
    }
}

/// A sum that stops at the largest number, so that counts read from a file cannot overflow.
fn sum(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

fn defined(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}

/// The form in files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {
    seen: Vec<u64>,
    correct: Vec<u64>,
    predicted: Vec<u64>,
}

impl TryFrom<Columns> for ClassCounts {
    type Error = EvalError;

    fn try_from(Columns { seen, correct, predicted }: Columns) -> Result<Self, EvalError> {
        if seen.len() != correct.len() || seen.len() != predicted.len() {
            let lengths = [seen.len(), correct.len(), predicted.len()];
            return Err(EvalError::BadCounts(format!("the columns have {lengths:?} classes")));
        }
        match (0..seen.len()).find(|&class| correct[class] > seen[class].min(predicted[class])) {
            Some(class) => Err(EvalError::BadCounts(format!(
                "of class {class}, {} units are correct, {} are in the truth and {} are predicted",
                correct[class], seen[class], predicted[class]
            ))),
            None => Ok(ClassCounts { seen, correct, predicted }),
        }
    }
}

impl From<ClassCounts> for Columns {
    fn from(ClassCounts { seen, correct, predicted }: ClassCounts) -> Self {
        Columns { seen, correct, predicted }
    }
}
