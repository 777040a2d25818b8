//! Pictures and views of the scenes that a report shows. They are files beside the page, so that a later report has them
//! without labelling the scenes again.

use crate::args::{ReportArgs, ScanArgs, WhichCheckpoint};
use crate::commands::check_output;
use crate::commands::scan::Source;
use crate::terminal::bar;
use anyhow::Context;
use scanseg::Run;
use scanview::report::{Picture, RunReport, shown_scenes};
use scanview::{Camera, MOST_PREDICTIONS, Paint, still};
use segeval::printable;
use std::path::{Path, PathBuf};

/// Width and height of each panel of a picture.
const PANEL: (usize, usize) = (320, 280);
/// Bytes of the largest picture that is read.
const LARGEST: u64 = 16 << 20;

/// Labels the scenes with the runs, and writes a view and a picture of each beside the page. Returns the files.
pub fn draw(args: &ReportArgs, runs: &[RunReport]) -> anyhow::Result<Vec<PathBuf>> {
    let first = Run::open(&args.runs[0])?;
    // those of other classes cannot be shown with it
    let mut others = Vec::new();
    for dir in &args.runs[1..] {
        if others.len() + 1 < MOST_PREDICTIONS && Run::open(dir)?.config.data.labels == first.config.data.labels {
            others.push(dir.clone());
        }
    }
    let last = runs[0].evaluations.first().is_some_and(|evaluation| evaluation.checkpoint == "last");
    let scenes = shown_scenes(runs);
    anyhow::ensure!(!scenes.is_empty(), "no evaluation has counts by scene, so no scene can be chosen for pictures");
    let bar = bar(scenes.len() as u64, "drawing scenes");
    let mut written = Vec::new();
    for scene in scenes {
        bar.set_message(printable(&scene));
        let of = ScanArgs {
            input: args.runs[0].clone(),
            run: others.clone(),
            checkpoint: if last { WhichCheckpoint::Last } else { WhichCheckpoint::Best },
            data: args.data.clone(),
            scene: Some(scene.clone()),
            split: None,
            labels: None,
            device: args.device,
        };
        let scan = Source::find(&of)?.load(&of)?;
        let errors = (0..scan.predictions.len()).map(Paint::Error).filter(|_| scan.truth.is_some());
        let paints =
            [Paint::Truth, Paint::Prediction(0)].into_iter().filter(|p| *p != Paint::Truth || scan.truth.is_some());
        let camera = Camera { width: PANEL.0, height: PANEL.1, ..Camera::default() };
        let panels = paints.chain(errors).map(|paint| still(&scan, paint, &camera)).collect::<Result<Vec<_>, _>>()?;
        let picture = scanview::Picture::beside(&panels).to_png();
        for (path, bytes) in
            files(&args.out, &scene).into_iter().zip([scanview::page(&scan)?.html.into_bytes(), picture])
        {
            check_output(&path, &[])?;
            scannet::atomic::write_bytes(&path, &bytes)?;
            written.push(path);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(written)
}

/// The pictures of scenes, and links to their views, that lie beside the page.
pub fn beside(runs: &[RunReport], page: &Path) -> anyhow::Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    for scene in shown_scenes(runs) {
        let [view, picture] = files(page, &scene);
        let link = view.is_file().then(|| view.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let png = match picture.is_file() {
            true => scannet::source::read(&picture, LARGEST)
                .with_context(|| format!("cannot read {}", picture.display()))?,
            false => Vec::new(),
        };
        if link.is_some() || !png.is_empty() {
            pictures.push(Picture { scene, png, link });
        }
    }
    Ok(pictures)
}

/// The view and the picture of a scene. Names of scenes are those of folders, or they have no files.
fn files(page: &Path, scene: &str) -> [PathBuf; 2] {
    let name = scene.replace(['/', '\\'], "_");
    ["html", "png"].map(|end| page.with_file_name(format!("view-{name}.{end}")))
}
