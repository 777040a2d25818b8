//! Scores of classes.

use super::group::Group;
use super::{EvaluationReport, RunReport, page};
use crate::chart::{Bars, COLORS, bar_chart};
use segeval::{ClassScore, html};

pub(super) fn section(runs: &[RunReport], groups: &[Group]) -> String {
    let mut text = String::new();
    for group in groups {
        text += &format!("<h3>{}</h3>\n", html(&group.title));
        for (name, svg) in charts(runs, group) {
            text += &page::chart(&name, &svg);
        }
        for (run, evaluation) in &group.members {
            let name = format!("All numbers of {}, {}", runs[*run].name, group.title);
            text += &page::details(&name, &evaluation.scores.class_table().to_html(&name));
        }
    }
    if text.is_empty() { page::nothing() } else { text }
}

/// What a bar shows.
type Share = fn(&ClassScore) -> Option<f64>;

/// The charts of a group by the names of their files. Runs with the same classes share a chart.
pub(super) fn charts(runs: &[RunReport], group: &Group) -> Vec<(String, String)> {
    let mut sets: Vec<Vec<(usize, &EvaluationReport)>> = Vec::new();
    for member in &group.members {
        let same =
            |set: &&mut Vec<(usize, &EvaluationReport)>| set[0].1.scores.class_names() == member.1.scores.class_names();
        match sets.iter_mut().find(same) {
            Some(set) => set.push(*member),
            None => sets.push(vec![*member]),
        }
    }
    let kinds: [(&str, &str, Share); 2] =
        [("iou", "IoU of points", |class| class.point_iou), ("accuracy", "Accuracy of points", |c| c.point_accuracy)];
    let mut charts = Vec::new();
    for (number, set) in sets.iter().enumerate() {
        for (kind, title, share) in kinds {
            let bars: Vec<Bars> = set
                .iter()
                .zip(COLORS.into_iter().cycle())
                .map(|((run, evaluation), color)| Bars {
                    name: &runs[*run].name,
                    shares: evaluation.scores.per_class.iter().map(share).collect(),
                    color,
                })
                .collect();
            let suffix = if number == 0 { String::new() } else { format!("-{}", number + 1) };
            let title = format!("{title}, {}", group.protocol);
            let chart = bar_chart(&title, &set[0].1.scores.class_names(), &bars);
            charts.extend(chart.ok().map(|svg| (format!("{kind}{suffix}"), svg)));
        }
    }
    charts
}
