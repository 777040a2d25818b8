//! From counts to numbers, by protocol.

use crate::{
    ClassCounts, ClassMean, ClassMetric, ClassScore, ConfusionMatrix, Counts, GroupScore, MetricKind, Protocol, Score,
    Scores,
};
use labelset::LabelSet;

/// What PointNet++'s code adds to a class's count in denominators.
const POINTNET2_EPSILON: f64 = 1e-6;

/// Label sets whose name scores leave out: the 20 classes of published numbers.
const DEFAULT_LABELS: [&str; 2] = ["pointnet-v1", "scannet20"];

/// The name of a label set in files.
pub(crate) fn recorded_name(labels: &LabelSet) -> String {
    if DEFAULT_LABELS.contains(&labels.name()) { String::new() } else { labels.name().to_owned() }
}

/// Counts of one scene, or of all scenes.
#[derive(Clone)]
pub(crate) struct SceneMatrices {
    pub points: ConfusionMatrix,
    /// `None` if vertices are scored.
    pub voxels: Option<ConfusionMatrix>,
}

impl SceneMatrices {
    pub fn new(classes: usize, voxels: bool) -> Self {
        Self { points: ConfusionMatrix::new(classes), voxels: voxels.then(|| ConfusionMatrix::new(classes)) }
    }

    fn add(&mut self, other: &Self) {
        add(&mut self.points, &other.points);
        if let (Some(sum), Some(other)) = (&mut self.voxels, &other.voxels) {
            add(sum, other);
        }
    }
}

fn add(sum: &mut ConfusionMatrix, other: &ConfusionMatrix) {
    other.cells().for_each(|(cell, count)| sum.add(cell, count));
}

/// Scores the counts of scenes. They are kept apart only by protocols that average over scenes.
pub(crate) fn score(
    protocol: Protocol,
    labels: &LabelSet,
    counts: Counts,
    tiles: bool,
    scenes: impl Iterator<Item = SceneMatrices>,
) -> Scores {
    let mut pooled = SceneMatrices::new(labels.len(), tiles);
    let mut kept = Vec::new();
    for scene in scenes {
        pooled.add(&scene);
        if protocol == Protocol::PerSceneMean {
            kept.push(scene);
        }
    }
    let by_scene: Option<[Vec<ClassCounts>; 2]> = (protocol == Protocol::PerSceneMean).then(|| {
        let voxels = kept.iter().filter_map(|s| s.voxels.as_ref());
        [kept.iter().map(|s| s.points.class_counts()).collect(), voxels.map(|v| v.class_counts()).collect()]
    });
    let units =
        |pooled, which: usize| Units { protocol, pooled, scenes: by_scene.as_ref().map(|s| s[which].as_slice()) };
    let point_counts = pooled.points.class_counts();
    let voxel_counts = pooled.voxels.as_ref().map(ConfusionMatrix::class_counts);
    let points = units(&point_counts, 0);
    let voxels = voxel_counts.as_ref().map(|voxels| units(voxels, 1));
    let calibration = labels.calibration();
    let metrics = protocol.metrics().iter().filter(|metric| tiles || !metric.is_of_voxels());
    let name = |class: usize| labels.classes()[class].name.clone();
    let groups = labels.groups().into_iter().map(|(group, classes)| GroupScore {
        name: group.to_owned(),
        classes: classes.len(),
        class_point_accuracy: points.mean_of(&classes, ClassMetric::Accuracy),
        point_miou: points.mean_of(&classes, ClassMetric::Iou),
    });
    Scores {
        protocol,
        labels: recorded_name(labels),
        scores: metrics
            .map(|&metric| {
                let units = if metric.is_of_voxels() { voxels.as_ref() } else { Some(&points) };
                Score { protocol, metric, value: units.and_then(|units| units.value(metric, calibration.as_deref())) }
            })
            .collect(),
        per_class: (0..labels.len())
            .map(|class| ClassScore {
                name: name(class),
                points_seen: pooled.points.seen(class),
                points_correct: pooled.points.correct(class),
                point_accuracy: points.of_class(class, ClassMetric::Accuracy),
                point_iou: points.of_class(class, ClassMetric::Iou),
                point_precision: points.of_class(class, ClassMetric::Precision),
                point_f1: points.of_class(class, ClassMetric::F1),
                voxels_seen: pooled.voxels.as_ref().map(|voxels| voxels.seen(class)),
                voxels_correct: pooled.voxels.as_ref().map(|voxels| voxels.correct(class)),
                voxel_accuracy: voxels.as_ref().and_then(|voxels| voxels.of_class(class, ClassMetric::Accuracy)),
                voxel_iou: voxels.as_ref().and_then(|voxels| voxels.of_class(class, ClassMetric::Iou)),
            })
            .collect(),
        groups: groups.collect(),
        majority_class: pooled.points.majority_class().map(name),
        counts,
        point_confusion: pooled.points.clone(),
        voxel_confusion: pooled.voxels.clone(),
    }
}

/// The points or the voxels of an evaluation: pooled, and by scene if the protocol averages over scenes.
pub(crate) struct Units<'a> {
    pub protocol: Protocol,
    pub pooled: &'a ClassCounts,
    pub scenes: Option<&'a [ClassCounts]>,
}

impl Units<'_> {
    /// A number of the protocol; `calibration` has a weight for each class.
    pub fn value(&self, metric: MetricKind, calibration: Option<&[f64]>) -> Option<f64> {
        use MetricKind::*;
        match metric {
            PointAccuracy | VoxelAccuracy => self.average(ClassCounts::overall_accuracy),
            ClassPointAccuracy | ClassVoxelAccuracy => self.class_mean(ClassMetric::Accuracy),
            PointMiou | VoxelMiou => self.class_mean(ClassMetric::Iou),
            CalibratedVoxelAccuracy => {
                self.pooled.weighted_mean(ClassMetric::Accuracy, self.convention(ClassMetric::Accuracy), calibration?)
            }
            MacroPrecision => self.pooled.mean(ClassMetric::Precision, ClassMean::PresentInTruth),
            MacroRecall => self.pooled.mean(ClassMetric::Accuracy, ClassMean::PresentInTruth),
            MacroF1 => self.pooled.mean(ClassMetric::F1, ClassMean::PresentInTruth),
            MajorityPointAccuracy | MajorityVoxelAccuracy => {
                let class = self.pooled.majority_class()?;
                self.average(|m| (m.total() > 0).then(|| m.seen(class) as f64 / m.total() as f64))
            }
        }
    }

    /// A ratio of one class, if the protocol has it.
    fn of_class(&self, class: usize, metric: ClassMetric) -> Option<f64> {
        match (self.scenes, metric) {
            (None, _) => self.pooled.metric(class, metric),
            (Some(_), ClassMetric::Accuracy | ClassMetric::Iou) => {
                self.average(|m| (m.seen(class) > 0).then(|| m.metric(class, metric)).flatten())
            }
            (Some(_), ClassMetric::Precision | ClassMetric::F1) => None,
        }
    }

    fn class_mean(&self, metric: ClassMetric) -> Option<f64> {
        match self.scenes {
            None => self.pooled.mean(metric, self.convention(metric)),
            Some(_) => mean((0..self.pooled.classes()).filter_map(|class| self.of_class(class, metric))),
        }
    }

    /// [`Self::class_mean`] over some classes.
    fn mean_of(&self, classes: &[usize], metric: ClassMetric) -> Option<f64> {
        if self.scenes.is_some() {
            return mean(classes.iter().filter_map(|&class| self.of_class(class, metric)));
        }
        let mut weights = vec![0.0; self.pooled.classes()];
        classes.iter().for_each(|&class| weights[class] = 1.0);
        self.pooled.weighted_mean(metric, self.convention(metric), &weights)
    }

    /// The pooled value, or the mean over the scenes where it is defined.
    fn average(&self, value: impl Fn(&ClassCounts) -> Option<f64>) -> Option<f64> {
        match self.scenes {
            None => value(self.pooled),
            Some(scenes) => mean(scenes.iter().filter_map(value)),
        }
    }

    fn convention(&self, metric: ClassMetric) -> ClassMean {
        match self.protocol {
            Protocol::PointNet2V1Compat => ClassMean::All { epsilon: POINTNET2_EPSILON },
            Protocol::Pointcept => ClassMean::PresentInUnion,
            Protocol::ScanNetBenchmark if metric == ClassMetric::Iou => ClassMean::PresentInUnion,
            _ => ClassMean::PresentInTruth,
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}
