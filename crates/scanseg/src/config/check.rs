//! Values that parse but make no sense.

use super::Config;
use segeval::MetricKind;
use std::borrow::Cow;

/// A value that makes no sense.
pub(crate) struct Wrong {
    pub key: &'static str,
    pub value: String,
    pub remedy: Cow<'static, str>,
}

pub(crate) type Checked = std::result::Result<(), Wrong>;

pub(crate) fn require(holds: bool, key: &'static str, value: impl ToString, remedy: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(Wrong { key, value: value.to_string(), remedy: remedy.into() }) }
}

pub(crate) fn share(value: f64, key: &'static str) -> Checked {
    require((0.0..=1.0).contains(&value), key, value, "must be between 0 and 1")
}

/// Larger counts are typing mistakes; no memory is ever requested for them.
pub(super) const MOST_POINTS: usize = 1 << 24;
pub(super) const MOST_CROPS: usize = 1 << 20;
const MOST_SIZE: i64 = 1 << 16;
pub(super) const MOST_EPOCHS: u64 = 1 << 32;
pub(super) const MOST_METRES: f32 = 10_000.0;
/// Values of a network: 1 GiB of weights, four times that in training with gradients and Adam's two means. The largest
/// network of the papers that this program reads has 5 million.
const MOST_VALUES: usize = 1 << 28;

pub(super) fn metres(value: f32) -> bool {
    (0.0..=MOST_METRES).contains(&value)
}

impl Config {
    pub(super) fn check(&self) -> Checked {
        let train = &self.train;
        require(self.seed <= i64::MAX as u64, "seed", self.seed, "must fit into 63 bits")?;
        self.data.check()?;
        self.crop.check()?;
        self.augment.check(&self.data)?;
        self.check_model()?;
        train.check()?;
        self.evaluate.check()?;
        let protocol = self.evaluate.protocol;
        if !protocol.metrics().contains(&train.select_by.0) {
            let known: Vec<&str> = protocol.metrics().iter().map(|metric| metric.id()).collect();
            let remedy = format!("is not a metric of {protocol}; choose one of {}", known.join(", "));
            return Err(Wrong { key: "train.select_by", value: train.select_by.0.id().into(), remedy: remedy.into() });
        }
        let labels = &self.data.labels;
        require(
            train.select_by.0 != MetricKind::CalibratedVoxelAccuracy || labels.calibration().is_some(),
            "train.select_by",
            train.select_by.0.id(),
            "needs calibration weights, which the label set does not have; choose class-voxel-accuracy",
        )
    }

    /// Rejects sizes that are typing mistakes, then runs the network's own checks.
    fn check_model(&self) -> Checked {
        let wrong = |remedy: String| Wrong { key: "model", value: String::new(), remedy: remedy.into() };
        let sizes = numbers(&toml::Value::try_from(&self.model).map_err(|e| wrong(e.to_string()))?);
        require(
            sizes.iter().all(|n| (0..=MOST_SIZE).contains(n)),
            "model",
            format!("…{}…", sizes.iter().max().unwrap_or(&0)),
            "numbers in the model must be between 0 and 65536",
        )?;
        self.model.architecture().validate(&self.shape()).map_err(|e| wrong(e.to_string()))?;
        self.check_crop()?;
        let values = self.model.architecture().values(&self.shape());
        require(
            values <= MOST_VALUES,
            "model",
            format!("{values} weights"),
            "more than 268435456 weights, for which training needs 4 GiB; use fewer channels",
        )
    }
}

/// Metres by which a crop may differ from that of its network.
const CROP_TOLERANCE: f32 = 1e-3;

impl Config {
    /// Checks crops and tiles of a network that takes only one kind of them.
    fn check_crop(&self) -> Checked {
        let Some([size, margin]) = self.model.architecture().crop() else { return Ok(()) };
        let evaluated = self.evaluate.margin.unwrap_or(self.crop.margin);
        let wrong = [
            ("crop.size", self.crop.size, size),
            ("crop.margin", self.crop.margin, margin),
            ("evaluate.margin", evaluated, margin),
        ];
        for (key, value, right) in wrong {
            if (value - right).abs() > CROP_TOLERANCE {
                let remedy = format!("this network needs {right} m; its size and its margin follow from its cells");
                return Err(Wrong { key, value: value.to_string(), remedy: remedy.into() });
            }
        }
        require(self.crop.blocks.is_none(), "crop.blocks", "…", "this network needs columns; leave crop.blocks out")
    }
}

/// All integers in a value.
fn numbers(value: &toml::Value) -> Vec<i64> {
    match value {
        toml::Value::Integer(n) => vec![*n],
        toml::Value::Array(values) => values.iter().flat_map(numbers).collect(),
        toml::Value::Table(table) => table.iter().flat_map(|(_, v)| numbers(v)).collect(),
        _ => Vec::new(),
    }
}
