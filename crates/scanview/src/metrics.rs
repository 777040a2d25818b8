//! The metrics of a training: what `metrics.jsonl` holds.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The lines of a run's `metrics.jsonl`, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Training steps.
    pub steps: Vec<Step>,
    /// Evaluations of the validation split.
    pub validations: Vec<Validation>,
    /// Lines that are no such line. A last line that was being written when the program was killed is none of them.
    pub damaged: usize,
}

/// A training step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Step {
    /// Its epoch, from 1.
    pub epoch: u64,
    /// Its number, from 1.
    pub step: u64,
    /// The loss.
    pub loss: f64,
    /// Share of the crops' points that were classified right; `None` if none is annotated.
    pub accuracy: Option<f64>,
    /// The learning rate.
    pub learning_rate: f64,
}

/// An evaluation of the validation split.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Validation {
    /// The epoch after which it was made.
    pub epoch: u64,
    /// The step after which it was made.
    pub step: u64,
    /// Metrics by their ids, such as `pointnet2-v1/point-accuracy`; `None` where undefined.
    pub scores: BTreeMap<String, Option<f64>>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line {
    Step(Step),
    Evaluation(Validation),
}

/// The means over the steps of an epoch; `None` where no step has a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Mean loss.
    pub loss: Option<f64>,
    /// Mean training accuracy.
    pub accuracy: Option<f64>,
}

impl Metrics {
    /// Reads the text of `metrics.jsonl`. Nothing fails: what cannot be read is counted.
    pub fn parse(text: &str) -> Self {
        let mut metrics = Metrics::default();
        for line in text.split_inclusive('\n') {
            match serde_json::from_str(line) {
                Ok(Line::Step(step)) => metrics.steps.push(step),
                Ok(Line::Evaluation(validation)) => metrics.validations.push(validation),
                Err(_) => metrics.damaged += usize::from(line.ends_with('\n') && !line.trim().is_empty()),
            }
        }
        metrics
    }
}

/// The means of every epoch over the steps of all these runs, by epoch.
pub fn epochs<'a>(runs: impl IntoIterator<Item = &'a Metrics>) -> Vec<Epoch> {
    let mut sums: BTreeMap<u64, [(f64, usize); 2]> = BTreeMap::new();
    for step in runs.into_iter().flat_map(|run| &run.steps) {
        let sums = sums.entry(step.epoch).or_default();
        for ((sum, count), value) in sums.iter_mut().zip([Some(step.loss), step.accuracy]) {
            if let Some(value) = value {
                (*sum, *count) = (*sum + value, *count + 1);
            }
        }
    }
    let mean = |(sum, count): (f64, usize)| (count > 0).then(|| sum / count as f64);
    sums.into_iter()
        .map(|(epoch, [loss, accuracy])| Epoch { epoch, loss: mean(loss), accuracy: mean(accuracy) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_the_half_one_at_the_end_is_left_out() {
        let step = |step: u64, loss: f64, accuracy: &str| {
            format!(
                "{{\"kind\":\"step\",\"epoch\":{},\"step\":{step},\"samples\":8,\"loss\":{loss},\"accuracy\":{accuracy},\
                 \"learning_rate\":0.001}}\n",
                1 + step / 3
            )
        };
        let evaluation = "{\"kind\":\"evaluation\",\"epoch\":1,\"step\":2,\"scores\":{\"a/b\":0.5,\"a/c\":null}}\n";
        let text = [&step(1, 4.0, "0.5"), &step(2, 2.0, "null"), evaluation, "junk\n", &step(3, 1.0, "1.0")].concat();
        let metrics = Metrics::parse(&(text.clone() + "{\"kind\":\"step\",\"epo"));
        assert_eq!(metrics, Metrics::parse(&text));
        assert_eq!((metrics.steps.len(), metrics.validations.len(), metrics.damaged), (3, 1, 1));
        assert_eq!(metrics.validations[0].scores["a/b"], Some(0.5));
        let means = epochs([&metrics]);
        assert_eq!(means[0], Epoch { epoch: 1, loss: Some(3.0), accuracy: Some(0.5) });
        assert_eq!(means[1], Epoch { epoch: 2, loss: Some(1.0), accuracy: Some(1.0) });
        assert_eq!(Metrics::parse(""), Metrics::default());
    }
}
