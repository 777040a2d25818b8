//! The scenes with the best and the worst scores.

use super::group::Group;
use super::{Picture, RunReport, page};
use base64::prelude::{BASE64_STANDARD, Engine};
use segeval::{ClassCounts, ClassMean, ClassMetric, SceneScores, html, percent};
use std::collections::{BTreeMap, BTreeSet};

/// Scenes of each kind that are shown.
const SHOWN: usize = 5;

pub(super) fn section(runs: &[RunReport], groups: &[Group], pictures: &[Picture]) -> String {
    let of = |group: &Group| {
        let own = pictures.iter().filter(|picture| picture.is_of(group.data()));
        one(runs, group, &own.map(|picture| (picture.scene.as_str(), picture)).collect())
    };
    let text: String = groups.iter().map(of).collect();
    match text.is_empty() {
        true => "<p>No evaluation has counts by scene.</p>\n".to_owned(),
        false => text,
    }
}

fn one(runs: &[RunReport], group: &Group, pictures: &BTreeMap<&str, &Picture>) -> String {
    let counts: Vec<(&str, BTreeMap<&str, &ClassCounts>)> = group
        .members
        .iter()
        .filter_map(|(run, evaluation)| {
            let scenes = evaluation.scenes.as_ref()?.scenes().iter();
            Some((runs[*run].name.as_str(), scenes.map(|scene| (scene.scene.as_str(), &scene.points)).collect()))
        })
        .collect();
    let Some((first, _)) = counts.first() else { return String::new() };
    let ranked = ranked(group);
    let (best, worst) = shown(&ranked);
    let worst: Vec<&str> = worst.iter().rev().copied().collect();
    let mut text = format!("<h3>{}</h3>\n<p>", html(&group.title));
    text += &format!(
        "By the mean IoU of points over the classes that are in a scene{}. {} in all.</p>\n",
        if counts.len() > 1 { format!(", of {}", html(first)) } else { String::new() },
        if ranked.len() == 1 { "1 scene".to_owned() } else { format!("{} scenes", ranked.len()) }
    );
    for (heading, scenes) in [("best", best), ("worst", &worst)].into_iter().filter(|(_, scenes)| !scenes.is_empty()) {
        let heading = if worst.is_empty() { "from best to worst" } else { heading };
        text += &format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"Scenes, {heading}, {}\" tabindex=\"0\">\n<table>\n\
             <caption>{heading}</caption>\n<thead><tr><th scope=\"col\">scene</th>",
            html(&group.title)
        );
        for (name, _) in &counts {
            let of = if counts.len() > 1 { format!("{}: ", html(name)) } else { String::new() };
            for metric in ["mIoU, %", "accuracy, %"] {
                text += &format!("<th scope=\"col\" class=\"number\">{of}{metric}</th>");
            }
        }
        text += "</tr></thead>\n<tbody>\n";
        for scene in scenes {
            let picture = pictures.get(scene).copied();
            text += &format!("<tr><th scope=\"row\">{}</th>", named(scene, picture));
            for (_, of) in &counts {
                let own = of.get(scene);
                for value in [own.and_then(|of| miou(of)), own.and_then(|of| of.overall_accuracy())] {
                    text += &format!("<td class=\"number\">{}</td>", percent(value, 2));
                }
            }
            text += "</tr>\n";
            if let Some(picture) = picture.filter(|picture| !picture.png.is_empty()) {
                let (columns, caption) = (1 + 2 * counts.len(), html(&picture.caption));
                let png = BASE64_STANDARD.encode(&picture.png);
                text += &format!(
                    "<tr><td class=\"picture\" colspan=\"{columns}\"><img alt=\"{}: {caption}\" \
                     src=\"data:image/png;base64,{png}\">{caption}</td></tr>\n",
                    html(scene)
                );
            }
        }
        text += "</tbody>\n</table>\n</div>\n";
    }
    text
}

fn miou(counts: &ClassCounts) -> Option<f64> {
    counts.mean(ClassMetric::Iou, ClassMean::PresentInTruth)
}

/// The scenes of a group, the best first, by the first of its runs that has counts by scene.
fn ranked<'a>(group: &Group<'a>) -> Vec<&'a str> {
    let counted = group.members.iter().find_map(|(_, evaluation)| evaluation.scenes.as_ref());
    let scenes = counted.into_iter().flat_map(SceneScores::scenes);
    let mut ranked: Vec<(f64, &str)> =
        scenes.filter_map(|scene| Some((miou(&scene.points)?, scene.scene.as_str()))).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    ranked.into_iter().map(|(_, scene)| scene).collect()
}

/// The best and the worst of them; all are the best if they are few.
fn shown<'a, 'b>(ranked: &'b [&'a str]) -> (&'b [&'a str], &'b [&'a str]) {
    match ranked.len() > 2 * SHOWN {
        true => (&ranked[..SHOWN], &ranked[ranked.len() - SHOWN..]),
        false => (ranked, &[]),
    }
}

/// The scenes that the section shows.
pub(super) fn all_shown<'a>(groups: &[Group<'a>]) -> BTreeSet<&'a str> {
    let of = |group: &Group<'a>| {
        let ranked = ranked(group);
        let (best, worst) = shown(&ranked);
        [best, worst].concat()
    };
    groups.iter().flat_map(of).collect()
}

/// A scene's name, with a link to its view if there is one.
fn named(scene: &str, picture: Option<&Picture>) -> String {
    match picture.and_then(|picture| picture.link.as_ref()) {
        Some(link) => format!("<a href=\"{}\">{}</a>", page::address(link), html(scene)),
        None => html(scene),
    }
}
