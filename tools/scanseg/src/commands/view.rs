//! `scanseg view`.

use super::scan::Source;
use super::{Kind, check_output_of};
use crate::args::ViewArgs;
use crate::terminal::{complain, say};
use scannet::count;
use std::path::PathBuf;

pub fn run(args: &ViewArgs) -> anyhow::Result<bool> {
    let source = Source::find(&args.scan)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(source.name()).with_added_extension("html"));
    check_output_of(Kind::Html, &out, &[&args.scan.input])?;
    let scan = source.load(&args.scan)?;
    let page = scanview::page(&scan)?;
    scannet::atomic::write_bytes(&out, page.html.as_bytes())?;
    let points = count(page.points, "point|points");
    let shown = match page.points + page.strays < scan.coord.len() {
        true => format!("{points} of {}, thinned evenly so that browsers stay quick", scan.coord.len()),
        false => points,
    };
    if page.strays > 0 {
        let strays = count(page.strays, "point lies|points lie");
        complain(format_args!("note: {strays} far from all others, and the page leaves them out"));
    }
    let size = page.html.len() as f64 / 1e6;
    say(format_args!("{shown}, {size:.1} MB; open it in any browser: {}", out.display()));
    Ok(true)
}
