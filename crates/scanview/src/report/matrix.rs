//! Confusion matrices as tables, with a switch between counts and rows in percent that needs no script.

use super::group::Group;
use super::{RunReport, page};
use segeval::{ConfusionMatrix, html, percent};
use std::fmt::Write;

pub(super) fn section(runs: &[RunReport], groups: &[Group]) -> String {
    let mut text = String::new();
    let mut number = 0;
    for group in groups {
        for (run, evaluation) in &group.members {
            let name = match runs {
                [_] => group.title.clone(),
                _ => format!("{}: {}", runs[*run].name, group.title),
            };
            let scores = &evaluation.scores;
            text += &format!("<h3>{}</h3>\n", html(&name));
            text += &matrix(number, &name, &scores.class_names(), &scores.point_confusion);
            number += 1;
        }
    }
    if text.is_empty() { page::nothing() } else { text }
}

/// The matrix of points. `number` tells it from the others of the page.
fn matrix(number: usize, name: &str, classes: &[&str], matrix: &ConfusionMatrix) -> String {
    let outside = (0..matrix.classes()).any(|class| matrix.outside(class) > 0);
    let columns = matrix.classes() + usize::from(outside);
    let class = |at: usize| html(classes.get(at).copied().unwrap_or("no class"));
    let mut text = format!(
        "<fieldset class=\"matrix\"><legend>Cells show</legend>\n\
         <input type=\"radio\" name=\"m{number}\" id=\"m{number}r\" class=\"rows\" checked>\
         <label for=\"m{number}r\">percent of the true class</label>\n\
         <input type=\"radio\" name=\"m{number}\" id=\"m{number}c\" class=\"counts\">\
         <label for=\"m{number}c\">counts of points</label>\n\
         <div class=\"scroll\" role=\"region\" aria-label=\"Confusion matrix, {}\" tabindex=\"0\">\n<table>\n\
         <thead><tr><th scope=\"col\">truth / predicted</th>",
        html(name)
    );
    for column in 0..columns {
        let heading = if column < matrix.classes() { (column + 1).to_string() } else { "none".to_owned() };
        let _ = write!(text, "<th scope=\"col\" class=\"number\" title=\"{}\">{heading}</th>", class(column));
    }
    text += "</tr></thead>\n<tbody>\n";
    for truth in 0..matrix.classes() {
        let seen = matrix.seen(truth);
        let _ = write!(text, "<tr><th scope=\"row\">{} {}</th>", truth + 1, class(truth));
        for (column, &count) in matrix.row(truth)[..columns].iter().enumerate() {
            let share = (seen > 0).then(|| count as f64 / seen as f64);
            // ten steps of one hue, as classes of the style sheet
            let step = (10.0 * share.unwrap_or(0.0)).ceil() as u32;
            let right = if column == truth { " right" } else { "" };
            let _ = write!(
                text,
                "<td class=\"number s{step}{right}\" title=\"{} as {}\"><span class=\"r\">{}</span>\
                 <span class=\"c\">{count}</span></td>",
                class(truth),
                class(column),
                percent(share, 1)
            );
        }
        text += "</tr>\n";
    }
    text + "</tbody>\n</table>\n</div></fieldset>\n"
}
