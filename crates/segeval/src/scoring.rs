//! From counts to numbers, by protocol.

use crate::{
    ClassMean, ClassMetric, ClassScore, ClassSet, ConfusionMatrix, Counts, MetricKind, Protocol, Score, Scores,
};

/// Added to a class's count in the denominators of PointNet++'s code.
const POINTNET2_EPSILON: f64 = 1e-6;

/// Counts of one scene, or of all.
#[derive(Clone)]
pub(crate) struct SceneMatrices {
    pub points: ConfusionMatrix,
    /// `None` when vertices are scored.
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
    other.cells().for_each(|(cell, count)| sum.bump(cell, count));
}

/// Scores the scenes' counts. Only protocols that average over scenes keep them apart.
pub(crate) fn score(
    protocol: Protocol,
    classes: &ClassSet,
    counts: Counts,
    tiles: bool,
    scenes: impl Iterator<Item = SceneMatrices>,
) -> Scores {
    let mut pooled = SceneMatrices::new(classes.len(), tiles);
    let mut kept = Vec::new();
    for scene in scenes {
        pooled.add(&scene);
        if protocol == Protocol::PerSceneMean {
            kept.push(scene);
        }
    }
    let by_scene: Option<[Vec<&ConfusionMatrix>; 2]> = (protocol == Protocol::PerSceneMean)
        .then(|| [kept.iter().map(|s| &s.points).collect(), kept.iter().filter_map(|s| s.voxels.as_ref()).collect()]);
    let units =
        |pooled, which: usize| Units { protocol, pooled, scenes: by_scene.as_ref().map(|s| s[which].as_slice()) };
    let points = units(&pooled.points, 0);
    let voxels = pooled.voxels.as_ref().map(|voxels| units(voxels, 1));
    let metrics = protocol.metrics().iter().filter(|metric| tiles || !metric.is_of_voxels());
    Scores {
        protocol,
        scores: metrics
            .map(|&metric| {
                let units = if metric.is_of_voxels() { voxels.as_ref() } else { Some(&points) };
                Score { protocol, metric, value: units.and_then(|units| units.value(metric, classes)) }
            })
            .collect(),
        per_class: (0..classes.len())
            .map(|class| ClassScore {
                name: classes.names()[class].clone(),
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
        majority_class: pooled.points.majority_class().map(|class| classes.names()[class].clone()),
        counts,
        point_confusion: pooled.points.clone(),
        voxel_confusion: pooled.voxels.clone(),
    }
}

/// The points (or the voxels) of an evaluation: pooled, and by scene where the protocol averages over scenes.
struct Units<'a> {
    protocol: Protocol,
    pooled: &'a ConfusionMatrix,
    scenes: Option<&'a [&'a ConfusionMatrix]>,
}

impl Units<'_> {
    fn value(&self, metric: MetricKind, classes: &ClassSet) -> Option<f64> {
        use MetricKind::*;
        match metric {
            PointAccuracy | VoxelAccuracy => self.average(ConfusionMatrix::overall_accuracy),
            ClassPointAccuracy | ClassVoxelAccuracy => self.class_mean(ClassMetric::Accuracy),
            PointMiou | VoxelMiou => self.class_mean(ClassMetric::Iou),
            CalibratedVoxelAccuracy => self.pooled.weighted_mean(
                ClassMetric::Accuracy,
                self.convention(ClassMetric::Accuracy),
                classes.calibration()?,
            ),
            MacroPrecision => self.pooled.mean(ClassMetric::Precision, ClassMean::PresentInTruth),
            MacroRecall => self.pooled.mean(ClassMetric::Accuracy, ClassMean::PresentInTruth),
            MacroF1 => self.pooled.mean(ClassMetric::F1, ClassMean::PresentInTruth),
            MajorityPointAccuracy | MajorityVoxelAccuracy => {
                let class = self.pooled.majority_class()?;
                self.average(|m| (m.total() > 0).then(|| m.seen(class) as f64 / m.total() as f64))
            }
        }
    }

    /// A class's own ratio, where the protocol has it.
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

    /// The pooled value, or the mean of the scenes' where it is defined.
    fn average(&self, value: impl Fn(&ConfusionMatrix) -> Option<f64>) -> Option<f64> {
        match self.scenes {
            None => value(self.pooled),
            Some(scenes) => mean(scenes.iter().filter_map(|scene| value(scene))),
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
