//! `scanseg render`.

use super::predict::hex;
use super::scan::Source;
use super::{Kind, check_output_of};
use crate::args::{By, RenderArgs, ViewName};
use crate::terminal::say;
use labelset::NO_CLASS;
use scanview::{Camera, NO_CLASS_COLOR, Paint, Picture, Scan, still};
use std::collections::BTreeSet;

pub fn run(args: &RenderArgs) -> anyhow::Result<bool> {
    let source = Source::find(&args.scan)?;
    check_output_of(Kind::Png, &args.png, &[&args.scan.input])?;
    let scan = source.load(&args.scan)?;
    let camera = camera(args);
    let paints: Vec<Paint> = args.by.iter().flat_map(|by| paints(&scan, *by)).collect();
    let panels = paints.iter().map(|paint| still(&scan, *paint, &camera));
    let picture = Picture::beside(&panels.collect::<Result<Vec<_>, _>>()?);
    scannet::atomic::write_bytes(&args.png, &picture.to_png())?;
    if let Some(key) = key(&scan, &paints) {
        say(format_args!("colours: {key}"));
    }
    say(format_args!("{} × {} pixels: {}", picture.width, picture.height, args.png.display()));
    Ok(true)
}

fn camera(args: &RenderArgs) -> Camera {
    let (azimuth, elevation, distance, cut) = match args.view {
        ViewName::Top => (0.0, 90.0, 30.0, None),
        ViewName::Perspective => (35.0, 49.0, 3.0, None),
        ViewName::Section => (35.0, 60.0, 4.0, Some(1.3)),
    };
    Camera {
        azimuth: args.azimuth.unwrap_or(azimuth).to_radians(),
        elevation: args.elevation.unwrap_or(elevation).to_radians(),
        distance,
        cut: args.cut.or(cut),
        width: args.size.0,
        height: args.size.1,
    }
}

/// The colours of the classes in pictures of them.
fn key(scan: &Scan, paints: &[Paint]) -> Option<String> {
    let shown = paints.iter().filter_map(|paint| match paint {
        Paint::Truth => scan.truth.as_ref(),
        Paint::Prediction(index) => Some(&scan.predictions[*index].classes),
        _ => None,
    });
    let present: BTreeSet<i32> = shown.flatten().copied().collect();
    let classes = scan.labels.classes().iter().zip(0..).filter(|(_, index)| present.contains(index));
    let none = present.contains(&NO_CLASS).then_some(("no class", NO_CLASS_COLOR));
    let named = classes.map(|(class, _)| (class.name.as_str(), class.color)).chain(none);
    let named: Vec<String> = named.map(|(name, color)| format!("{name} {}", hex(color))).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// The pictures of a kind: one, or one for each prediction.
fn paints(scan: &Scan, by: By) -> Vec<Paint> {
    // without predictions, the first that is missing is named
    let each = |paint: fn(usize) -> Paint| (0..scan.predictions.len().max(1)).map(paint).collect();
    match by {
        By::Color => vec![Paint::Color],
        By::Truth => vec![Paint::Truth],
        By::Class if scan.predictions.is_empty() && scan.truth.is_some() => vec![Paint::Truth],
        By::Class => each(Paint::Prediction),
        By::Error => each(Paint::Error),
        By::Confidence => each(Paint::Confidence),
        By::Normal => vec![Paint::Normal],
        By::Height => vec![Paint::Height],
    }
}
