//! Pictures and views of the scenes that a report shows.

use crate::args::{ReportArgs, ScanArgs, WhichCheckpoint};
use crate::commands::scan::{Source, data_dir};
use crate::commands::{Kind, check_output_of};
use crate::terminal::{bar, say};
use scannet::PreparedStore;
use scanseg::{Run, Up};
use scanview::report::{Picture, RunReport, shown_scenes};
use scanview::{Camera, MOST_PREDICTIONS, Paint, Scan, ViewError, still};
use segeval::printable;
use std::path::{Path, PathBuf};

/// Width and height of each panel of a picture.
const PANEL: (usize, usize) = (320, 280);

/// Labels the scenes with the runs, and writes a view of each beside the page.
pub fn draw(args: &ReportArgs, runs: &[RunReport]) -> anyhow::Result<Vec<Picture>> {
    let first = Run::open(&args.runs[0])?;
    // those of other classes cannot be shown with it
    let mut others = Vec::new();
    for dir in &args.runs[1..] {
        if others.len() + 1 < MOST_PREDICTIONS
            && Run::open(dir)?.config.data.labels.has_same_classes(&first.config.data.labels)
        {
            others.push(dir.clone());
        }
    }
    let dir = data_dir(&args.runs[0], args.data.as_deref())?;
    // a store of other scans may have scenes of the same names
    let data = PreparedStore::open(&dir)?.fingerprint()?;
    let scenes = shown_scenes(runs, Some(&data));
    let first = runs[0].evaluations.iter().find(|evaluation| evaluation.data == data);
    let last = first.is_some_and(|evaluation| evaluation.checkpoint == "last");
    anyhow::ensure!(
        !scenes.is_empty(),
        "no evaluation on this store has counts by scene, so no scene can be chosen for pictures; name the store of one \
         with --data: {}",
        dir.display()
    );
    let others_of = |run: &RunReport| run.evaluations.iter().any(|evaluation| evaluation.data != data);
    if runs.iter().any(others_of) {
        say(format_args!("pictures show scenes of {}; evaluations on other stores have none", dir.display()));
    }
    let bar = bar(scenes.len() as u64, "drawing scenes");
    let mut pictures = Vec::new();
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
            up: Up::Z,
            units: None,
            device: args.device,
        };
        let scan = Source::find(&of)?.load(&of)?;
        let view = view_file(&args.out, &scene);
        check_output_of(Kind::Html, &view, &[])?;
        scannet::atomic::write_bytes(&view, scanview::page(&scan)?.html.as_bytes())?;
        let (png, caption) = picture(&scan)?;
        pictures.push(Picture { png, caption, data: Some(data.clone()), ..link(scene, &view) });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(pictures)
}

/// Links to the views of scenes that lie beside the page.
pub fn beside(runs: &[RunReport], page: &Path) -> Vec<Picture> {
    let views = shown_scenes(runs, None).into_iter().map(|scene| (view_file(page, &scene), scene));
    views.filter(|(view, _)| view.is_file()).map(|(view, scene)| link(scene, &view)).collect()
}

fn link(scene: String, view: &Path) -> Picture {
    let name = view.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Picture { scene, png: Vec::new(), caption: String::new(), link: Some(name), data: None }
}

/// Annotation, prediction and errors side by side, as PNG, and what they are.
fn picture(scan: &Scan) -> Result<(Vec<u8>, String), ViewError> {
    let name = |run: usize| &scan.predictions[run].name;
    let mut panels = vec![(Paint::Prediction(0), format!("prediction of {}", name(0)))];
    if scan.truth.is_some() {
        panels.insert(0, (Paint::Truth, "annotation".to_owned()));
        panels.extend((0..scan.predictions.len()).map(|run| (Paint::Error(run), format!("errors of {}", name(run)))));
    }
    let camera = Camera { width: PANEL.0, height: PANEL.1, ..Camera::default() };
    let drawn = panels.iter().map(|(paint, _)| still(scan, *paint, &camera)).collect::<Result<Vec<_>, _>>()?;
    let caption: Vec<String> = panels.into_iter().map(|(_, name)| name).collect();
    Ok((scanview::Picture::beside(&drawn).to_png(), caption.join(", ")))
}

/// The view of a scene. Names of scenes are those of folders.
fn view_file(page: &Path, scene: &str) -> PathBuf {
    page.with_file_name(format!("view-{}.html", scene.replace(['/', '\\'], "_")))
}
