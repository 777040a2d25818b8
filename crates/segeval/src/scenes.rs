//! The counts of an evaluation scene by scene.

use crate::scoring::Units;
use crate::{ClassCounts, EvalError, MetricKind, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Counts of one scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneCounts {
    /// Name of the scene.
    pub scene: String,
    /// Counts of its points (or vertices).
    pub points: ClassCounts,
    /// Counts of its voxels; `None` if vertices were scored.
    pub voxels: Option<ClassCounts>,
}

/// The counts of an evaluation scene by scene, for [`bootstrap`](crate::bootstrap) over scenes. Returned by
/// [`Evaluator::finish_by_scene`](crate::Evaluator::finish_by_scene).
///
/// Only protocols that pool the counts of all scenes have it: `pointnet2-v1`, `scannet-benchmark` and `pointcept`. All
/// scenes have as many classes, all or none have voxels, and no two have one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct SceneScores {
    protocol: Protocol,
    labels: String,
    calibration: Option<Vec<f64>>,
    scenes: Vec<SceneCounts>,
}

impl SceneScores {
    /// Checks the counts of the scenes. `labels` names the label set as [`Scores::labels`](crate::Scores::labels) does;
    /// `calibration` has the weights of
    /// [`MetricKind::CalibratedVoxelAccuracy`], in class order.
    ///
    /// # Errors
    /// [`EvalError::NotPooled`]; [`EvalError::BadCounts`] if the scenes differ in what they count, or two have one name.
    pub fn new(
        protocol: Protocol,
        labels: String,
        calibration: Option<Vec<f64>>,
        scenes: Vec<SceneCounts>,
    ) -> Result<Self, EvalError> {
        if !protocol.pools_scenes() {
            return Err(EvalError::NotPooled { protocol });
        }
        let mut names = BTreeSet::new();
        for scene in &scenes {
            let name = &scene.scene;
            let bad = |what: &str| Err(EvalError::BadCounts(format!("scene {name:?} {what}")));
            if !names.insert(name) {
                return bad("is there twice");
            }
            let (classes, first) = (scene.points.classes(), &scenes[0]);
            let counted = |of: &SceneCounts| of.voxels.as_ref().map(ClassCounts::classes);
            if classes != first.points.classes() || counted(scene).is_some_and(|voxels| voxels != classes) {
                return bad("has another number of classes than the first scene");
            }
            if counted(scene) != counted(first) {
                return bad("and the first scene differ in whether they have voxels");
            }
        }
        let classes = scenes.first().map(|scene| scene.points.classes());
        if let (Some(weights), Some(classes)) = (&calibration, classes)
            && weights.len() != classes
        {
            return Err(EvalError::BadCounts(format!("there are {} weights for {classes} classes", weights.len())));
        }
        Ok(SceneScores { protocol, labels, calibration, scenes })
    }

    /// How it was scored.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Name of the label set; empty for `pointnet-v1` and `scannet20`.
    pub fn labels(&self) -> &str {
        &self.labels
    }

    /// The scenes, in the order of the evaluation.
    pub fn scenes(&self) -> &[SceneCounts] {
        &self.scenes
    }

    /// A number of the protocol over all scenes, the same as [`Scores::get`](crate::Scores::get) returns; `None` if it is
    /// undefined or the protocol does not have it.
    pub fn get(&self, metric: MetricKind) -> Option<f64> {
        let mut counts: Vec<&ClassCounts> = self.counts(metric)?;
        let mut pooled = counts.pop()?.clone();
        counts.into_iter().for_each(|other| pooled.add(other, 1));
        self.value(metric, &pooled)
    }

    /// The counts of each scene that a metric is computed from; `None` if the protocol or the scenes do not have it.
    pub(crate) fn counts(&self, metric: MetricKind) -> Option<Vec<&ClassCounts>> {
        if !self.protocol.metrics().contains(&metric) {
            return None;
        }
        let of_voxels = metric.is_of_voxels();
        self.scenes.iter().map(|scene| if of_voxels { scene.voxels.as_ref() } else { Some(&scene.points) }).collect()
    }

    /// A metric of pooled counts.
    pub(crate) fn value(&self, metric: MetricKind, pooled: &ClassCounts) -> Option<f64> {
        Units { protocol: self.protocol, pooled, scenes: None }.value(metric, self.calibration.as_deref())
    }

    /// Returns JSON, the same bytes for the same counts: about 400 bytes for each scene of 20 classes.
    ///
    /// # Errors
    /// [`EvalError::Json`], but never for counts that an evaluator returned.
    pub fn to_json(&self) -> Result<String, EvalError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads counts from their JSON.
    ///
    /// # Errors
    /// [`EvalError::Json`] if it is not the JSON of such counts, see [`SceneScores::new`].
    pub fn from_json(json: &str) -> Result<Self, EvalError> {
        Ok(serde_json::from_str(json)?)
    }
}

/// The form in files.
#[derive(Serialize, Deserialize)]
struct Record {
    protocol: Protocol,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    labels: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibration: Option<Vec<f64>>,
    scenes: Vec<SceneCounts>,
}

impl TryFrom<Record> for SceneScores {
    type Error = EvalError;

    fn try_from(record: Record) -> Result<Self, EvalError> {
        SceneScores::new(record.protocol, record.labels, record.calibration, record.scenes)
    }
}

impl From<SceneScores> for Record {
    fn from(SceneScores { protocol, labels, calibration, scenes }: SceneScores) -> Self {
        Record { protocol, labels, calibration, scenes }
    }
}
