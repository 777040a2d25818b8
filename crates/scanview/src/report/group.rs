//! Evaluations that belong together.

use super::{EvaluationReport, RunReport};
use segeval::bootstrap::{Estimate, Resamples, differences, estimates};
use segeval::{MetricKind, Protocol};

/// Draws of scenes for an interval, their seed, and the share of them that an interval holds: those of `scanseg table`.
const DRAWS: usize = 10_000;
const SEED: u64 = 1;
const CONFIDENCE: f64 = 0.95;

/// The evaluations of the same split of the same data, by the same protocol, of the same checkpoint (best or last).
pub(super) struct Group<'a> {
    pub title: String,
    pub protocol: Protocol,
    /// Places of the runs, and their evaluations.
    pub members: Vec<(usize, &'a EvaluationReport)>,
}

/// All groups, in the order in which their first evaluations come.
pub(super) fn groups(runs: &[RunReport]) -> Vec<Group<'_>> {
    let key = |e: &EvaluationReport| (e.split.clone(), e.scores.protocol, e.checkpoint, e.data.clone());
    let evaluations = || runs.iter().flat_map(|run| &run.evaluations);
    let several_data = evaluations().any(|other| evaluations().next().is_some_and(|first| first.data != other.data));
    let mut groups: Vec<Group> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        for evaluation in &run.evaluations {
            let own = key(evaluation);
            // a run has one evaluation of a kind
            let fits = |group: &&mut Group| {
                key(group.members[0].1) == own && group.members.iter().all(|(member, _)| *member != place)
            };
            if let Some(group) = groups.iter_mut().find(fits) {
                group.members.push((place, evaluation));
                continue;
            }
            let (split, protocol, checkpoint, data) = own;
            let data: String = data.chars().take(if several_data { 8 } else { 0 }).collect();
            let data = if data.is_empty() { data } else { format!(", data {data}") };
            let title = format!("{protocol}, {split}, {checkpoint} checkpoint{data}");
            groups.push(Group { title, protocol, members: vec![(place, evaluation)] });
        }
    }
    groups
}

/// The numbers of a group.
pub(super) struct Numbers {
    pub metrics: Vec<MetricKind>,
    /// For each member, its numbers with intervals, if it has counts by scene.
    pub estimates: Vec<Option<Vec<Option<Estimate>>>>,
    /// For each member but the first, how much more it reaches than that, or why they cannot be compared.
    pub gains: Vec<Result<Vec<Option<Estimate>>, String>>,
}

impl Group<'_> {
    /// Fingerprint of the data of all members.
    pub fn data(&self) -> &str {
        &self.members[0].1.data
    }

    /// Computes intervals and differences.
    pub fn numbers(&self) -> Numbers {
        let first = self.members[0].1;
        let has = |metric: &&MetricKind| {
            self.members.iter().any(|(_, e)| e.scores.scores.iter().any(|score| score.metric == **metric))
        };
        let metrics: Vec<MetricKind> = self.protocol.metrics().iter().filter(has).copied().collect();
        let resamples = first.scenes.as_ref().map(|scenes| Resamples::new(scenes.scenes().len(), DRAWS, SEED));
        let estimate = |evaluation: &EvaluationReport| {
            let scenes = evaluation.scenes.as_ref()?;
            let own;
            let resamples = match &resamples {
                Some(drawn) if first.scenes.as_ref()?.scenes().len() == scenes.scenes().len() => drawn,
                _ => {
                    own = Resamples::new(scenes.scenes().len(), DRAWS, SEED);
                    &own
                }
            };
            estimates(std::slice::from_ref(scenes), &metrics, resamples, CONFIDENCE).ok()
        };
        let gain = |evaluation: &EvaluationReport| {
            if evaluation.scored != first.scored {
                return Err(format!("different things are scored ({}, {})", first.scored, evaluation.scored));
            }
            if evaluation.scores.class_names() != first.scores.class_names() {
                return Err("they have different classes".to_owned());
            }
            let counts = (evaluation.scenes.as_ref(), first.scenes.as_ref(), resamples.as_ref());
            let (Some(own), Some(base), Some(resamples)) = counts else {
                return Err(match self.protocol.pools_scenes() {
                    true => "there are no counts by scene; evaluate again".to_owned(),
                    false => format!("{} keeps no counts by scene; evaluate by another protocol", self.protocol),
                });
            };
            let [own, base] = [own, base].map(std::slice::from_ref);
            differences(own, base, &metrics, resamples, CONFIDENCE).map_err(|error| error.to_string())
        };
        Numbers {
            estimates: self.members.iter().map(|(_, evaluation)| estimate(evaluation)).collect(),
            gains: self.members[1..].iter().map(|(_, evaluation)| gain(evaluation)).collect(),
            metrics,
        }
    }
}
