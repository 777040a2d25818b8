//! The accuracies with their intervals, and the differences between runs.

use super::group::Group;
use super::{RunReport, page};
use segeval::bootstrap::Estimate;
use segeval::{Align, Score, Table, html, percent};

pub(super) fn section(runs: &[RunReport], groups: &[Group]) -> String {
    let mut text = String::new();
    for run in runs.iter().filter(|run| run.evaluations.is_empty()) {
        text += &format!(
            "<p>{} has no evaluation in its folder. This command makes one:</p>\n{}",
            html(&run.name),
            page::code(&run.evaluate)
        );
    }
    groups.iter().fold(text, |text, group| text + &one(runs, group))
}

fn one(runs: &[RunReport], group: &Group) -> String {
    let numbers = group.numbers();
    let name = |place: usize| runs[group.members[place].0].name.as_str();
    let mut table = Table::new("").column("metric", Align::Left);
    for place in 0..group.members.len() {
        table = table.column(if runs.len() == 1 { "%" } else { name(place) }, Align::Right);
    }
    let compared: Vec<usize> = (0..numbers.gains.len()).filter(|place| numbers.gains[*place].is_ok()).collect();
    for place in &compared {
        table = table.column(format!("{} − {}", name(place + 1), name(0)), Align::Right);
    }
    table = table.column("id", Align::Left);
    for (at, metric) in numbers.metrics.iter().enumerate() {
        let mut row = vec![metric.title().to_owned()];
        for ((_, evaluation), estimates) in group.members.iter().zip(&numbers.estimates) {
            let interval = estimates.as_ref().and_then(|estimates| estimates[at].as_ref()).map(interval);
            row.push(format!("{}{}", percent(evaluation.scores.get(*metric), 2), interval.unwrap_or_default()));
        }
        for place in &compared {
            let gain = numbers.gains[*place].as_ref().ok().and_then(|gains| gains[at].as_ref());
            row.push(gain.map_or("-".to_owned(), |gain| {
                let [value, low, high] = [gain.value, gain.low, gain.high].map(|part| 100.0 * part);
                format!("{value:+.2} [{low:+.2}, {high:+.2}]")
            }));
        }
        row.push(Score { protocol: group.protocol, metric: *metric, value: None }.id());
        table.push(row);
    }
    table.note(format!("{}: {}.", group.protocol, group.protocol.summary()));
    let scored = |place: usize| {
        let evaluation = group.members[place].1;
        let (epoch, scored) = (evaluation.epoch, &evaluation.scored);
        format!("Checkpoint of epoch {epoch}; {scored}. {}", evaluation.scores.scored())
    };
    if (0..group.members.len()).all(|place| scored(place) == scored(0)) {
        table.note(scored(0));
    } else {
        (0..group.members.len()).for_each(|place| table.note(format!("{}: {}", name(place), scored(place))));
    }
    if numbers.estimates.iter().any(Option::is_some) {
        table.note(
            "In percent, with 95 % intervals of a bootstrap over the scenes. They tell how much depends on the scenes, not \
             on the seed of the training.",
        );
    } else {
        table.note("In percent. There are no counts by scene, so there are no intervals.");
    }
    if !compared.is_empty() {
        table.note("Differences in percentage points: both runs are scored on the same draws of scenes.");
    }
    let mut text = format!("<h3>{}</h3>\n{}", html(&group.title), table.to_html(&group.title));
    for (place, gain) in numbers.gains.iter().enumerate() {
        if let Err(reason) = gain {
            let (one, other) = (name(place + 1), name(0));
            text += &page::warning(&format!("{one} and {other} cannot be compared: {reason}."));
        }
    }
    text
}

fn interval(estimate: &Estimate) -> String {
    format!(" [{:.2}, {:.2}]", 100.0 * estimate.low, 100.0 * estimate.high)
}
