//! Which labels are classes, in which order, and which are ignored.

use crate::EvalError;

/// The classes of an evaluation: their names, the label values that stand for them, and what to do with other labels.
///
/// Predictions with any other label count as wrong and as no class's false positive. Truth with any other label is
/// ignored when it is listed as such, and refused otherwise: labels of another label space give an error instead of
/// wrong numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassSet {
    names: Vec<String>,
    /// (label, class index), ascending by label.
    by_label: Vec<(i32, usize)>,
    ignored: Ignored,
    calibration: Option<Vec<f64>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Ignored {
    Listed(Vec<i32>),
    EveryOther,
}

/// The 20 classes in the order of PointNet++'s ScanNet code (labels 1..=20) with the weight of each in the calibrated
/// voxel accuracy. The weights are constants of that code; they do not sum to 1.
const POINTNET2_V1: [(&str, f64); 20] = [
    ("wall", 0.388),
    ("floor", 0.357),
    ("chair", 0.038),
    ("table", 0.033),
    ("desk", 0.017),
    ("bed", 0.02),
    ("bookshelf", 0.016),
    ("sofa", 0.025),
    ("sink", 0.002),
    ("bathtub", 0.002),
    ("toilet", 0.002),
    ("curtain", 0.007),
    ("counter", 0.006),
    ("door", 0.022),
    ("window", 0.004),
    ("shower curtain", 0.0004),
    ("refrigerator", 0.003),
    ("picture", 0.002),
    ("cabinet", 0.024),
    ("otherfurniture", 0.029),
];

/// The 20 classes of the ScanNet benchmark, in its order, with their NYU40 ids.
const SCANNET20: [(&str, i32); 20] = [
    ("wall", 1),
    ("floor", 2),
    ("cabinet", 3),
    ("bed", 4),
    ("chair", 5),
    ("sofa", 6),
    ("table", 7),
    ("door", 8),
    ("window", 9),
    ("bookshelf", 10),
    ("picture", 11),
    ("counter", 12),
    ("desk", 14),
    ("curtain", 16),
    ("refrigerator", 24),
    ("shower curtain", 28),
    ("toilet", 33),
    ("sink", 34),
    ("bathtub", 36),
    ("otherfurniture", 39),
];

impl ClassSet {
    /// Largest number of classes: a confusion matrix of so many takes 128 MiB.
    pub const MAX_CLASSES: usize = 4096;

    /// Classes with the given names and label values; no label is ignored until [`ClassSet::ignoring`] says so.
    ///
    /// # Errors
    /// [`EvalError::BadClassSet`] when there are no classes, more than [`ClassSet::MAX_CLASSES`], or a label twice.
    pub fn new<N: Into<String>>(classes: impl IntoIterator<Item = (N, i32)>) -> Result<Self, EvalError> {
        let (names, labels): (Vec<String>, Vec<i32>) =
            classes.into_iter().map(|(name, label)| (name.into(), label)).unzip();
        if names.is_empty() || names.len() > Self::MAX_CLASSES {
            let count = names.len();
            return Err(EvalError::BadClassSet(format!("{count} classes; give 1 to {}", Self::MAX_CLASSES)));
        }
        let mut by_label: Vec<(i32, usize)> = labels.iter().copied().zip(0..).collect();
        by_label.sort_unstable();
        if let Some(pair) = by_label.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(EvalError::BadClassSet(format!("label {} stands for two classes", pair[0].0)));
        }
        Ok(Self { names, by_label, ignored: Ignored::Listed(Vec::new()), calibration: None })
    }

    /// The 20 classes of PointNet++'s ScanNet code, labels 1..=20 in its order (wall, floor, chair, table, desk, …),
    /// with its calibration weights; 0 (unannotated) is ignored.
    pub fn pointnet2_v1() -> Self {
        let set = Self::built_in(POINTNET2_V1.iter().zip(1..).map(|((name, _), label)| (*name, label)));
        Self { calibration: Some(POINTNET2_V1.iter().map(|(_, weight)| *weight).collect()), ..set }.ignoring([0])
    }

    /// The 20 classes of the ScanNet benchmark as NYU40 ids (1, 2, …, 36, 39); every other id is ignored, the stray
    /// ids 50 and 149 of some scans among them.
    pub fn scannet20_nyu40() -> Self {
        Self::built_in(SCANNET20).ignoring_every_other()
    }

    /// The 20 classes of the ScanNet benchmark as train ids 0..=19 (Pointcept's `segment20`); -1 is ignored.
    pub fn scannet20_segment() -> Self {
        Self::built_in(SCANNET20.iter().zip(0..).map(|((name, _), label)| (*name, label))).ignoring([-1])
    }

    fn built_in(classes: impl IntoIterator<Item = (&'static str, i32)>) -> Self {
        Self::new(classes).expect("the built-in class sets have distinct labels")
    }

    /// The same classes, with these truth labels ignored besides those already ignored.
    pub fn ignoring(mut self, labels: impl IntoIterator<Item = i32>) -> Self {
        if let Ignored::Listed(listed) = &mut self.ignored {
            listed.extend(labels);
            listed.sort_unstable();
            listed.dedup();
        }
        self
    }

    /// The same classes, with every truth label that is no class ignored.
    pub fn ignoring_every_other(mut self) -> Self {
        self.ignored = Ignored::EveryOther;
        self
    }

    /// The same classes with weights, one a class, for the calibrated voxel accuracy.
    ///
    /// # Errors
    /// [`EvalError::BadClassSet`] when their number is not that of the classes, or one is negative or not finite.
    pub fn with_calibration(mut self, weights: &[f64]) -> Result<Self, EvalError> {
        if weights.len() != self.len() {
            let (given, classes) = (weights.len(), self.len());
            return Err(EvalError::BadClassSet(format!("{given} calibration weights for {classes} classes")));
        }
        if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            return Err(EvalError::BadClassSet(format!("calibration weight {weight}; weights are finite and >= 0")));
        }
        self.calibration = Some(weights.to_vec());
        Ok(self)
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never true: a class set has at least one class.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Names, in class order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Weights of the calibrated voxel accuracy, in class order, where the set has them.
    pub fn calibration(&self) -> Option<&[f64]> {
        self.calibration.as_deref()
    }

    /// Class index of a label; `None` for a label that is no class. O(log n).
    pub fn index_of(&self, label: i32) -> Option<usize> {
        self.by_label.binary_search_by_key(&label, |(l, _)| *l).ok().map(|at| self.by_label[at].1)
    }

    /// Whether truth of this label is left out of the evaluation.
    pub fn ignores(&self, label: i32) -> bool {
        match &self.ignored {
            Ignored::Listed(listed) => listed.binary_search(&label).is_ok() && self.index_of(label).is_none(),
            Ignored::EveryOther => self.index_of(label).is_none(),
        }
    }

    /// Class index of each truth label, `None` where it is ignored.
    pub(crate) fn truth_indices(&self, truth: &[i32]) -> Result<Vec<Option<usize>>, EvalError> {
        let index = |(index, &label): (usize, &i32)| match self.index_of(label) {
            None if !self.ignores(label) => Err(EvalError::UnknownTruthLabel { label, index }),
            class => Ok(class),
        };
        truth.iter().enumerate().map(index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_sets() {
        let v1 = ClassSet::pointnet2_v1();
        assert_eq!((v1.len(), v1.index_of(1), v1.index_of(20), v1.index_of(0)), (20, Some(0), Some(19), None));
        assert!(v1.ignores(0) && !v1.ignores(-1) && !v1.ignores(5));
        // The sum that reference implementations divide by: 0.9974, not 1.
        assert!((v1.calibration().unwrap().iter().sum::<f64>() - 0.9974).abs() < 1e-12);
        let nyu = ClassSet::scannet20_nyu40();
        assert_eq!((nyu.index_of(39), nyu.index_of(13)), (Some(19), None));
        assert!(nyu.ignores(13) && nyu.ignores(149) && !nyu.ignores(1));
        let segment = ClassSet::scannet20_segment();
        assert_eq!(segment.names(), nyu.names());
        assert!(segment.ignores(-1) && !segment.ignores(255));
        assert!(segment.ignoring([255]).ignores(255));
    }

    #[test]
    fn bad_sets_are_refused() {
        assert!(ClassSet::new::<&str>([]).is_err());
        assert!(ClassSet::new([("a", 1), ("b", 1)]).is_err());
        let set = ClassSet::new([("a", 7), ("b", -3)]).unwrap();
        assert!(set.clone().with_calibration(&[1.0]).is_err());
        assert!(set.clone().with_calibration(&[1.0, f64::NAN]).is_err());
        let error = set.truth_indices(&[7, -3, 4]).unwrap_err();
        assert!(matches!(error, EvalError::UnknownTruthLabel { label: 4, index: 2 }));
    }
}
