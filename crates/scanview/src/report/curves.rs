//! Learning curves, and the numbers that they show.

use super::{RunReport, page};
use crate::chart::{COLORS, Curve, Series, accuracy_chart, line_chart, loss_chart};
use segeval::{Align, MetricKind, Table, percent};
use std::collections::{BTreeMap, BTreeSet};

/// The metrics of validations that are shown.
const SHOWN: [MetricKind; 4] = [
    MetricKind::PointAccuracy,
    MetricKind::ClassPointAccuracy,
    MetricKind::CalibratedVoxelAccuracy,
    MetricKind::PointMiou,
];

pub(super) fn section(runs: &[RunReport]) -> String {
    let charts = charts(runs);
    if charts.is_empty() {
        return "<p>No epoch has been trained.</p>\n".to_owned();
    }
    let mut text: String = charts.iter().map(|(name, svg)| page::chart(name, svg)).collect();
    text += &page::details("The numbers of the curves", &numbers(runs).to_html("The numbers of the curves"));
    text
}

/// The curves by file name.
pub(super) fn charts(runs: &[RunReport]) -> Vec<(String, String)> {
    let curves: Vec<Curve> = runs.iter().map(|run| Curve::new(&run.name, [&run.metrics])).collect();
    let mut charts = vec![("loss".to_owned(), loss_chart(&curves)), ("accuracy".to_owned(), accuracy_chart(&curves))];
    let validated = validated(runs);
    if let [run] = runs {
        // all metrics in one chart
        let color = |place: usize| COLORS[place % COLORS.len()];
        let names: Vec<&str> = validated.iter().map(String::as_str).collect();
        let series: Vec<Series> = names
            .iter()
            .enumerate()
            .map(|(place, id)| Series { name: id, points: points(run, id), color: color(place) })
            .collect();
        charts.push(("validation".to_owned(), line_chart("Validation scores", "epoch", "%", &series)));
    } else {
        for id in &validated {
            let of = |(run, color)| -> Series { series(run, id, color) };
            let series: Vec<Series> = runs.iter().zip(COLORS.into_iter().cycle()).map(of).collect();
            let name = format!("validation-{}", super::file_name(id));
            charts.push((name, line_chart(&format!("Validation: {id}"), "epoch", "%", &series)));
        }
    }
    charts.into_iter().filter_map(|(name, svg)| Some((name, svg.ok()?))).collect()
}

fn series<'a>(run: &'a RunReport, id: &str, color: [u8; 3]) -> Series<'a> {
    Series { name: &run.name, points: points(run, id), color }
}

fn points(run: &RunReport, id: &str) -> Vec<(f64, f64)> {
    let validations = run.metrics.validations.iter();
    validations.filter_map(|v| Some((v.epoch as f64, 100.0 * (*v.scores.get(id)?)?))).collect()
}

/// Ids of the shown metrics that any run has.
fn validated(runs: &[RunReport]) -> Vec<String> {
    let validations = runs.iter().flat_map(|run| &run.metrics.validations);
    let ids: BTreeSet<&String> = validations.flat_map(|validation| validation.scores.keys()).collect();
    let place = |id: &str| SHOWN.iter().position(|metric| id.split_once('/').is_some_and(|(_, m)| m == metric.id()));
    let mut shown: Vec<(usize, String)> = ids.into_iter().filter_map(|id| Some((place(id)?, id.clone()))).collect();
    shown.sort();
    shown.into_iter().map(|(_, id)| id).collect()
}

fn numbers(runs: &[RunReport]) -> Table {
    let validated = validated(runs);
    let mut table = Table::new("").column("epoch", Align::Right);
    let mut rows: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for run in runs {
        let of = |what: &str| if runs.len() == 1 { what.to_owned() } else { format!("{}: {what}", run.name) };
        table = table.column(of("loss"), Align::Right).column(of("training accuracy, %"), Align::Right);
        for id in &validated {
            table = table.column(of(id), Align::Right);
        }
    }
    let width = 2 + validated.len();
    for (place, run) in runs.iter().enumerate() {
        let mut cell = |epoch: u64, at: usize, text: String| {
            rows.entry(epoch).or_insert_with(|| vec!["-".to_owned(); width * runs.len()])[place * width + at] = text;
        };
        for epoch in Curve::new("", [&run.metrics]).epochs {
            cell(epoch.epoch, 0, epoch.loss.map_or("-".to_owned(), |loss| format!("{loss:.4}")));
            cell(epoch.epoch, 1, percent(epoch.accuracy, 2));
        }
        for validation in &run.metrics.validations {
            for (at, id) in validated.iter().enumerate() {
                cell(validation.epoch, 2 + at, percent(validation.scores.get(id).copied().flatten(), 2));
            }
        }
    }
    for (epoch, cells) in rows {
        table.push(std::iter::once(epoch.to_string()).chain(cells));
    }
    table.note("Loss and training accuracy are means over the steps of an epoch.");
    table
}
