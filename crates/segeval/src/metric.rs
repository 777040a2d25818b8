//! The numbers of an evaluation, each with its protocol.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{EvalError, Protocol};

/// What a number measures. What exactly it means depends on the [protocol](crate::protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MetricKind {
    /// Correct / scored points: "pixel accuracy" in papers, allAcc in Pointcept.
    PointAccuracy,
    /// Correct / scored voxels.
    VoxelAccuracy,
    /// Mean over classes of point accuracy: mAcc in Pointcept.
    ClassPointAccuracy,
    /// Mean over classes of voxel accuracy.
    ClassVoxelAccuracy,
    /// Mean over classes of voxel accuracy, with the weights of the label set.
    CalibratedVoxelAccuracy,
    /// Mean over classes of the intersection over union of points.
    PointMiou,
    /// Mean over classes of the intersection over union of voxels.
    VoxelMiou,
    /// Mean over classes of the precision of points, 0 for a class that is never predicted.
    MacroPrecision,
    /// Mean over classes of the recall of points.
    MacroRecall,
    /// Mean over classes of the F1 of points.
    MacroF1,
    /// Point accuracy of always predicting the most frequent class in the truth of the points.
    MajorityPointAccuracy,
    /// Voxel accuracy of always predicting the most frequent class in the truth of the voxels.
    MajorityVoxelAccuracy,
}

impl MetricKind {
    /// Every metric, in the order of the summary table.
    pub const ALL: [Self; 12] = [
        Self::PointAccuracy,
        Self::VoxelAccuracy,
        Self::ClassPointAccuracy,
        Self::ClassVoxelAccuracy,
        Self::CalibratedVoxelAccuracy,
        Self::PointMiou,
        Self::VoxelMiou,
        Self::MacroPrecision,
        Self::MacroRecall,
        Self::MacroF1,
        Self::MajorityPointAccuracy,
        Self::MajorityVoxelAccuracy,
    ];

    /// The part of a metric's id after its protocol; it never changes.
    pub fn id(self) -> &'static str {
        match self {
            Self::PointAccuracy => "point-accuracy",
            Self::VoxelAccuracy => "voxel-accuracy",
            Self::ClassPointAccuracy => "class-point-accuracy",
            Self::ClassVoxelAccuracy => "class-voxel-accuracy",
            Self::CalibratedVoxelAccuracy => "calibrated-voxel-accuracy",
            Self::PointMiou => "point-miou",
            Self::VoxelMiou => "voxel-miou",
            Self::MacroPrecision => "macro-precision",
            Self::MacroRecall => "macro-recall",
            Self::MacroF1 => "macro-f1",
            Self::MajorityPointAccuracy => "majority-point-accuracy",
            Self::MajorityVoxelAccuracy => "majority-voxel-accuracy",
        }
    }

    /// Name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::PointAccuracy => "point accuracy (overall)",
            Self::VoxelAccuracy => "voxel accuracy",
            Self::ClassPointAccuracy => "class point accuracy (mean)",
            Self::ClassVoxelAccuracy => "class voxel accuracy (mean)",
            Self::CalibratedVoxelAccuracy => "calibrated voxel accuracy",
            Self::PointMiou => "mIoU, points",
            Self::VoxelMiou => "mIoU, voxels",
            Self::MacroPrecision => "macro precision",
            Self::MacroRecall => "macro recall",
            Self::MacroF1 => "macro F1",
            Self::MajorityPointAccuracy => "majority-class baseline, points",
            Self::MajorityVoxelAccuracy => "majority-class baseline, voxels",
        }
    }

    /// Whether it is a ratio of voxels rather than points.
    pub fn is_of_voxels(self) -> bool {
        use MetricKind::*;
        matches!(self, VoxelAccuracy | ClassVoxelAccuracy | CalibratedVoxelAccuracy | VoxelMiou | MajorityVoxelAccuracy)
    }

    /// Percentage published for single-scale PointNet++ on ScanNet v1, as quoted by the LatentGNN paper, if there is
    /// one. It can only be compared with the `pointnet2-v1` protocols on v1 annotations: v2 annotates more of the
    /// surface.
    pub fn published_pointnet2_ssg(self) -> Option<f64> {
        match self {
            Self::PointAccuracy => Some(81.5),
            Self::VoxelAccuracy => Some(83.2),
            Self::ClassPointAccuracy => Some(51.7),
            Self::ClassVoxelAccuracy => Some(53.1),
            _ => None,
        }
    }
}

/// A number with the protocol that produced it. In JSON: `{"id": "pointnet2-v1/voxel-accuracy", "value": 0.832}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "ScoreRecord", try_from = "ScoreRecord")]
pub struct Score {
    /// How it was scored.
    pub protocol: Protocol,
    /// What it measures.
    pub metric: MetricKind,
    /// A fraction in 0..=1; `None` if it is undefined because nothing was scored or the label set has no weights.
    pub value: Option<f64>,
}

impl Score {
    /// Its id, such as `pointnet2-v1/voxel-accuracy`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.protocol.id(), self.metric.id())
    }
}

impl fmt::Display for Score {
    /// As in `pointnet2-v1/voxel-accuracy 83.20 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(value) => write!(f, "{} {:.2} %", self.id(), 100.0 * value),
            None => write!(f, "{} undefined", self.id()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct ScoreRecord {
    id: String,
    value: Option<f64>,
}

impl From<Score> for ScoreRecord {
    fn from(score: Score) -> Self {
        Self { id: score.id(), value: score.value }
    }
}

impl TryFrom<ScoreRecord> for Score {
    type Error = EvalError;

    fn try_from(record: ScoreRecord) -> Result<Self, EvalError> {
        let unknown = || EvalError::UnknownMetric(record.id.clone());
        let (protocol, metric) = record.id.split_once('/').ok_or_else(unknown)?;
        let metric = MetricKind::ALL.into_iter().find(|kind| kind.id() == metric).ok_or_else(unknown)?;
        Ok(Self { protocol: protocol.parse()?, metric, value: record.value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_carries_its_protocol_through_json() {
        let score =
            Score { protocol: Protocol::PointNet2V1, metric: MetricKind::VoxelAccuracy, value: Some(0.8320001) };
        let json = serde_json::to_string(&score).unwrap();
        assert_eq!(json, r#"{"id":"pointnet2-v1/voxel-accuracy","value":0.8320001}"#);
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
        assert_eq!(score.to_string(), "pointnet2-v1/voxel-accuracy 83.20 %");
        assert!(serde_json::from_str::<Score>(r#"{"id":"pointnet2-v1/best","value":1.0}"#).is_err());
        assert!(serde_json::from_str::<Score>(r#"{"id":"voxel-accuracy","value":1.0}"#).is_err());
    }
}
