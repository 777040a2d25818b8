//! Counts of truth against prediction, and the ratios computed from them.

use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

use crate::{ClassCounts, EvalError};

/// Counts of scored units (points, vertices or voxels), `[classes, classes + 1]`.
///
/// Rows are the classes of the truth. Columns are the classes of the prediction, and a last one for predictions of no
/// class: such a unit is a false negative of its class and a false positive of none. Units without a true class are
/// never recorded.
///
/// Ratios are `None` where their denominator is zero. A matrix of `n` classes takes `8·n·(n+1)` bytes; a ratio takes
/// O(n²), and O(n) from its [`ConfusionMatrix::class_counts`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<u64>>", into = "Vec<Vec<u64>>")]
pub struct ConfusionMatrix {
    counts: Array2<u64>,
}

/// A ratio of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassMetric {
    /// Recall, which papers on segmentation call class accuracy: tp / (tp + fn).
    Accuracy,
    /// tp / (tp + fp).
    Precision,
    /// 2·tp / (2·tp + fp + fn).
    F1,
    /// Intersection over union: tp / (tp + fp + fn).
    Iou,
}

/// Which classes a mean over classes includes, and what an absent class counts as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ClassMean {
    /// Classes with at least one unit of truth. An undefined ratio (precision of a class that is never predicted) is 0.
    PresentInTruth,
    /// Classes with at least one unit of truth or prediction. An undefined ratio is 0, so a class that is predicted but
    /// absent from the truth lowers the mean.
    PresentInUnion,
    /// Every class, as numerator / (denominator + epsilon): an absent class is 0.
    All {
        /// Added to every denominator.
        epsilon: f64,
    },
}

impl ConfusionMatrix {
    /// An empty matrix for `classes` classes.
    pub fn new(classes: usize) -> Self {
        Self { counts: Array2::zeros((classes, classes + 1)) }
    }

    /// A matrix from its rows, each with one count per class and a last one for predictions of no class.
    ///
    /// # Errors
    /// [`EvalError::BadMatrix`] if a row has another length.
    pub fn from_rows(rows: &[Vec<u64>]) -> Result<Self, EvalError> {
        let classes = rows.len();
        if let Some((index, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != classes + 1) {
            return Err(EvalError::BadMatrix(format!(
                "row {index} has {} counts; with {classes} rows each needs {}, one per class and one for no class",
                row.len(),
                classes + 1
            )));
        }
        let counts = Array2::from_shape_vec((classes, classes + 1), rows.concat());
        Ok(Self { counts: counts.expect("all rows have this length") })
    }

    /// Number of classes, which is the number of rows.
    pub fn classes(&self) -> usize {
        self.counts.nrows()
    }

    /// Counts of one class of the truth: one per predicted class, and last those predicted as no class. Empty if there
    /// is no such class.
    pub fn row(&self, truth: usize) -> &[u64] {
        if truth >= self.classes() {
            return &[];
        }
        self.counts.slice(s![truth, ..]).to_slice().expect("rows are contiguous")
    }

    /// Counts one unit. `prediction` is `None`, or any index past the last class, for a prediction of no class.
    ///
    /// # Errors
    /// [`EvalError::ClassOutOfRange`] if `truth` is not a class: units without a true class are not recorded.
    pub fn record(&mut self, truth: usize, prediction: Option<usize>) -> Result<(), EvalError> {
        let classes = self.classes();
        if truth >= classes {
            return Err(EvalError::ClassOutOfRange { class: truth, classes });
        }
        self.add([truth, prediction.map_or(classes, |p| p.min(classes))], 1);
        Ok(())
    }

    /// Adds the counts of another matrix.
    ///
    /// # Errors
    /// [`EvalError::MergeMismatch`] if the numbers of classes differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), EvalError> {
        if self.classes() != other.classes() {
            return Err(EvalError::MergeMismatch { what: "number of classes" });
        }
        self.counts.zip_mut_with(&other.counts, |a, b| *a = a.saturating_add(*b));
        Ok(())
    }

    /// Adds to a cell, `[truth, prediction]`.
    pub(crate) fn add(&mut self, cell: [usize; 2], count: u64) {
        self.counts[cell] = self.counts[cell].saturating_add(count);
    }

    /// The cells that are not zero, `([truth, prediction], count)`, in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = ([usize; 2], u64)> + '_ {
        self.counts.indexed_iter().filter(|(_, count)| **count > 0).map(|((t, p), count)| ([t, p], *count))
    }

    /// Number of units of this class in the truth (tp + fn).
    pub fn seen(&self, class: usize) -> u64 {
        sum(self.row(class).iter().copied())
    }

    /// Number of units of this class that were predicted as such (tp).
    pub fn correct(&self, class: usize) -> u64 {
        self.row(class).get(class).copied().unwrap_or(0)
    }

    /// Number of units predicted as this class (tp + fp).
    pub fn predicted(&self, class: usize) -> u64 {
        if class >= self.classes() {
            return 0;
        }
        sum(self.counts.column(class).iter().copied())
    }

    /// Number of units of this class that were predicted as no class.
    pub fn outside(&self, class: usize) -> u64 {
        self.row(class).last().copied().unwrap_or(0)
    }

    /// Number of units.
    pub fn total(&self) -> u64 {
        sum(self.counts.iter().copied())
    }

    /// Number of units predicted correctly.
    pub fn total_correct(&self) -> u64 {
        sum((0..self.classes()).map(|class| self.correct(class)))
    }

    /// Units predicted correctly / all units.
    pub fn overall_accuracy(&self) -> Option<f64> {
        self.class_counts().overall_accuracy()
    }

    /// Recall of a class, which papers call its accuracy.
    pub fn accuracy(&self, class: usize) -> Option<f64> {
        self.metric(class, ClassMetric::Accuracy)
    }

    /// Precision of a class.
    pub fn precision(&self, class: usize) -> Option<f64> {
        self.metric(class, ClassMetric::Precision)
    }

    /// F1 of a class.
    pub fn f1(&self, class: usize) -> Option<f64> {
        self.metric(class, ClassMetric::F1)
    }

    /// Intersection over union of a class.
    pub fn iou(&self, class: usize) -> Option<f64> {
        self.metric(class, ClassMetric::Iou)
    }

    /// A ratio of a class.
    pub fn metric(&self, class: usize, metric: ClassMetric) -> Option<f64> {
        self.class_counts().metric(class, metric)
    }

    /// Mean of a ratio over the classes that the convention includes; `None` if it includes none.
    pub fn mean(&self, metric: ClassMetric, convention: ClassMean) -> Option<f64> {
        self.class_counts().mean(metric, convention)
    }

    /// Weighted mean of a ratio over the classes that the convention includes, with the weights renormalised over
    /// these; `None` if the weights sum to zero. Classes past the last weight have weight 0.
    pub fn weighted_mean(&self, metric: ClassMetric, convention: ClassMean, weights: &[f64]) -> Option<f64> {
        self.class_counts().weighted_mean(metric, convention, weights)
    }

    /// The class with the most units of truth, the first one of equals; `None` if there are no units.
    pub fn majority_class(&self) -> Option<usize> {
        self.class_counts().majority_class()
    }

    /// The counts of each class, from which all ratios are computed. O(n²).
    pub fn class_counts(&self) -> ClassCounts {
        let of_each = |count: &dyn Fn(usize) -> u64| (0..self.classes()).map(count).collect();
        ClassCounts::new(of_each(&|c| self.seen(c)), of_each(&|c| self.correct(c)), of_each(&|c| self.predicted(c)))
    }
}

/// A sum that stops at the largest number, so that counts read from a file cannot overflow.
fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

impl TryFrom<Vec<Vec<u64>>> for ConfusionMatrix {
    type Error = EvalError;

    fn try_from(rows: Vec<Vec<u64>>) -> Result<Self, EvalError> {
        Self::from_rows(&rows)
    }
}

impl From<ConfusionMatrix> for Vec<Vec<u64>> {
    fn from(matrix: ConfusionMatrix) -> Self {
        (0..matrix.classes()).map(|truth| matrix.row(truth).to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes and one that never occurs: rows 3 1 0 | 1 of no class, 2 4 0 | 0, 0 0 0 | 0.
    fn matrix() -> ConfusionMatrix {
        ConfusionMatrix::from_rows(&[vec![3, 1, 0, 1], vec![2, 4, 0, 0], vec![0, 0, 0, 0]]).unwrap()
    }

    #[test]
    fn ratios_by_hand() {
        let m = matrix();
        assert_eq!((m.seen(0), m.correct(0), m.predicted(0), m.outside(0)), (5, 3, 5, 1));
        assert_eq!(m.overall_accuracy(), Some(7.0 / 11.0));
        assert_eq!(m.accuracy(1), Some(4.0 / 6.0));
        assert_eq!(m.precision(1), Some(4.0 / 5.0));
        assert_eq!(m.f1(1), Some(8.0 / 11.0));
        assert_eq!(m.iou(1), Some(4.0 / 7.0));
        assert_eq!((m.accuracy(2), m.precision(2), m.f1(2), m.iou(2)), (None, None, None, None));
        assert_eq!(m.majority_class(), Some(1));
    }

    #[test]
    fn conventions_differ_only_in_absent_classes() {
        let mut m = matrix();
        let present = (3.0 / 5.0 + 4.0 / 6.0) / 2.0;
        assert_eq!(m.mean(ClassMetric::Accuracy, ClassMean::PresentInTruth), Some(present));
        assert_eq!(m.mean(ClassMetric::Accuracy, ClassMean::PresentInUnion), Some(present));
        let all = m.mean(ClassMetric::Accuracy, ClassMean::All { epsilon: 1e-6 }).unwrap();
        assert!((all - present * 2.0 / 3.0).abs() < 1e-6);
        m.record(0, Some(2)).unwrap(); // the third class is now predicted, though never true
        let union = m.mean(ClassMetric::Iou, ClassMean::PresentInUnion).unwrap();
        assert!((union - (3.0 / 8.0 + 4.0 / 7.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn out_of_range_is_an_error_or_the_last_column() {
        let mut m = ConfusionMatrix::new(2);
        assert!(matches!(m.record(2, Some(0)), Err(EvalError::ClassOutOfRange { class: 2, classes: 2 })));
        m.record(1, Some(9)).unwrap();
        m.record(1, None).unwrap();
        assert_eq!(m.outside(1), 2);
        assert_eq!((m.seen(7), m.predicted(7), m.accuracy(7)), (0, 0, None));
        assert!(m.merge(&ConfusionMatrix::new(3)).is_err());
    }

    #[test]
    fn huge_counts_do_not_overflow() {
        let m = ConfusionMatrix::from_rows(&[vec![u64::MAX, 7, 1], vec![u64::MAX, 3, 2]]).unwrap();
        assert!(m.iou(0).unwrap().is_finite() && m.f1(0).unwrap().is_finite());
        assert!(m.overall_accuracy().unwrap() <= 1.0);
        assert!(ConfusionMatrix::from_rows(&[vec![1], vec![2]]).is_err());
    }
}
