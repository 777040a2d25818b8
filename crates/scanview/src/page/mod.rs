//! One HTML file that shows a scan: a template, the program of the page, a header as JSON, and the points as bytes.
//!
//! The page asks the network for nothing, which its content security policy makes sure of. Names of users reach it in
//! the header alone (and once, escaped, in the title); its program sets them as text, never as HTML.

mod order;
mod pack;

use crate::colors;
use crate::scan::{Scan, ViewError};
use base64::prelude::{BASE64_STANDARD, Engine};
use labelset::NO_CLASS;
use serde_json::{Value, json};

/// Most points that a page shows. Of a larger scan it has a part, evenly taken from everywhere.
pub const MOST_POINTS: usize = 500_000;

/// The parts that are the same in every page. The program is one script: its files share one scope.
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const PROGRAM: [&str; 9] = [
    include_str!("data.js"),
    include_str!("camera.js"),
    include_str!("paint.js"),
    include_str!("draw.js"),
    include_str!("soft.js"),
    include_str!("view.js"),
    include_str!("side.js"),
    include_str!("input.js"),
    include_str!("main.js"),
];

/// The lowest and the highest corner of a box.
type Extent = ([f32; 3], [f32; 3]);

/// Points are strays, which a page leaves out, if they are further from the scan's main extent than its longest side, and
/// than this many metres: else they would make the room a speck, and take the digits of its coordinates.
const NEAR: f32 = 3.0;

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The whole file.
    pub html: String,
    /// Points that it shows.
    pub points: usize,
    /// Points that it leaves out because they are far from all others. Counts in the legend include them.
    pub strays: usize,
}

/// Makes the page of a scan. Takes about 0.2 s for 150,000 points. Faces are not shown: a scan's vertices are dense enough.
///
/// # Errors
/// If the scan is faulty.
pub fn page(scan: &Scan) -> Result<Page, ViewError> {
    scan.check()?;
    let main = pointops::main_extent(&scan.coord);
    let near = near(&scan.coord, main);
    let strays = scan.coord.len() - near.len();
    let (low, high) = pointops::bounds(&near.iter().map(|&i| scan.coord[i as usize]).collect::<Vec<_>>());
    let normal = match (&scan.normal, scan.faces.is_empty()) {
        (None, false) => pointops::vertex_normals(&scan.coord, &scan.faces).ok(),
        (normal, _) => normal.clone(),
    };
    let quantised = pack::quantise(&scan.coord, low, high);
    let order = order::order(&quantised, &near, MOST_POINTS);
    let bytes = pack::pack(scan, &quantised, normal.as_deref(), &order);
    let header = header(scan, normal.is_some(), [order.len(), strays], (low, high), main);
    // `</script>` would end the element wherever it is
    let header = header.to_string().replace('<', "\\u003c");
    let data = BASE64_STANDARD.encode(pack::deflate(&bytes));
    let (title, program) = (segeval::html(&scan.name), PROGRAM.concat());
    let html = fill(|name| match name {
        "title" => &title,
        "style" => STYLE,
        "header" => &header,
        "data" => &data,
        "program" => &program,
        other => unreachable!("the template has no part {other}"),
    });
    Ok(Page { html, points: order.len(), strays })
}

/// Indices of the points that are not strays.
fn near(coord: &[[f32; 3]], (low, high): Extent) -> Vec<u32> {
    let margin = (0..3).map(|a| high[a] - low[a]).fold(NEAR, f32::max);
    let inside = |p: &[f32; 3]| (0..3).all(|a| (low[a] - margin..=high[a] + margin).contains(&p[a]));
    coord.iter().zip(0..).filter(|(p, _)| inside(p)).map(|(_, i)| i).collect()
}

/// What the page needs to know beside the points. Counts are those of the whole scan, "no class" first.
fn header(scan: &Scan, normal: bool, [points, strays]: [usize; 2], (low, high): Extent, main: Extent) -> Value {
    let count = |classes: &[i32]| {
        let mut counts = vec![0usize; scan.labels.len() + 1];
        classes.iter().for_each(|&class| counts[(class + 1) as usize] += 1);
        counts
    };
    let predictions = scan.predictions.iter().map(|p| {
        let judged = scan.truth.iter().flat_map(|truth| truth.iter().zip(&p.classes)).filter(|(t, _)| **t != NO_CLASS);
        let right = judged.clone().filter(|(t, p)| t == p).count();
        json!({
            "name": p.name,
            "confidence": p.confidence.is_some(),
            "counts": count(&p.classes),
            "right": right,
            "wrong": judged.count() - right,
        })
    });
    let classes = scan.labels.classes().iter().map(|class| json!({ "name": class.name, "color": class.color }));
    json!({
        "name": scan.name,
        // what the camera looks at
        "main": { "low": main.0, "high": main.1 },
        "points": points,
        "of": scan.coord.len(),
        "strays": strays,
        "low": low,
        "high": high,
        // a part of the points lies further apart
        "spacing": scan.spacing() * ((scan.coord.len() - strays) as f32 / points as f32).sqrt(),
        "floor": scan.floor(),
        "color": scan.color.is_some(),
        "normal": normal,
        "truth": scan.truth.as_ref().map(|truth| count(truth)),
        "predictions": predictions.collect::<Vec<_>>(),
        "wide": pack::is_wide(scan),
        "classes": classes.collect::<Vec<_>>(),
        "colors": { "none": colors::NONE, "plain": colors::PLAIN, "right": colors::RIGHT, "wrong": colors::WRONG },
        "ramp": colors::RAMP,
    })
}

/// The template with its parts. It is read once, so that a part may contain anything.
fn fill<'a>(part: impl Fn(&str) -> &'a str) -> String {
    let mut pieces = TEMPLATE.split("{{");
    let mut html = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, text) = piece.split_once("}}").expect("the template closes its marks");
        html.push_str(part(name));
        html.push_str(text);
    }
    html
}
