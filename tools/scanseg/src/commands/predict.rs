//! `scanseg predict`.

use super::{Kind, check_output_of, open_run_or_model};
use crate::args::PredictArgs;
use crate::terminal::{bar, complain, duration, say, say_table, show_progress};
use indicatif::ProgressBar;
use labelset::{LabelSet, NO_CLASS};
use scannet::{ColoredCloud, Mesh};
use scanseg::{Checkpoint, PredictEvent, Run, ScanInput, Up, open_device};
use segeval::{Align, Table, percent};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

pub fn run(args: &PredictArgs) -> anyhow::Result<bool> {
    args.json.check(&[&args.scan, &args.out])?;
    anyhow::ensure!(
        args.run.is_some() || !args.scan.is_dir(),
        "a folder is no scan; give the file of a scan, after the folder if it is that of a run: {}",
        args.scan.display()
    );
    if let Some(run) = args.run.as_deref().filter(|run| run.is_file()) {
        anyhow::bail!("this is a file, not the folder of a run; predict labels one scan at a time: {}", run.display());
    }
    let device = open_device(args.device)?;
    let (mut run, checkpoint) = open_run_or_model(args.run.as_deref(), args.model, args.checkpoint)?;
    if args.keep_tilt {
        anyhow::ensure!(
            run.config.data.level,
            "this network sees scans as they are (data.level is false); leave out --keep-tilt: {}",
            run.dir().display()
        );
        run.config.data.level = false;
    }
    let (_, classes) = predict(&run, &checkpoint, &args.scan, args.up, &args.out, &device)?;
    let labels = &run.config.data.labels;
    let classes: Vec<_> = counts(labels, &classes)
        .map(|(class, vertices)| {
            let (name, id, color) = (name_of(labels, class), labels.ids_of(&[class])[0], hex(labels.color_of(class)));
            json!({ "class": name, "id": id, "color": color, "vertices": vertices })
        })
        .collect();
    args.json.write(
        &json!({ "checkpoint": checkpoint.hash, "output": args.out.display().to_string(), "classes": classes }),
    )?;
    Ok(true)
}

/// Labels a scan, writes it coloured by class, and prints its classes. Returns the scan and the class indices of its
/// vertices.
pub fn predict(
    run: &Run,
    checkpoint: &Checkpoint,
    scan: &Path,
    up: Up,
    out: &Path,
    device: &scanseg::Device,
) -> anyhow::Result<(Mesh, Vec<i32>)> {
    check_output_of(Kind::Ply, out, &[scan])?;
    let network = run.network(checkpoint, device)?;
    let mesh = scanfile::read_scan(scan)?;
    mesh.notes.iter().for_each(|note| tell(note, scan));
    let left_out = [(mesh.normal.is_some(), "normals"), (mesh.label.is_some(), "old labels")];
    let left_out: Vec<&str> = left_out.into_iter().filter_map(|(has, what)| has.then_some(what)).collect();
    if !left_out.is_empty() {
        tell(&format!("the output has no {}", left_out.join(" and no ")), scan);
    }
    let start = Instant::now();
    let input = ScanInput { name: scan.display().to_string(), mesh, up };
    let bar = bar(0, "labelling");
    let classes = scanseg::predict(run, &network, &input, device, &mut show(&bar, scan))?.classes;
    bar.finish_and_clear();
    let mesh = &input.mesh;
    let labels = &run.config.data.labels;
    let ids = labels.ids_of(&classes);
    let color: Vec<[u8; 3]> = classes.iter().map(|&class| labels.color_of(class)).collect();
    let faces = (!mesh.faces.is_empty()).then_some(mesh.faces.as_slice());
    let cloud = ColoredCloud { coord: &mesh.coord, color: &color, label: Some(("label", &ids)), faces };
    scannet::write_colored_cloud(out, &cloud)?;
    let mut table = Table::new("predicted")
        .column("class", Align::Left)
        .column("label", Align::Right)
        .column("color", Align::Left)
        .column("vertices", Align::Right)
        .column("share", Align::Right);
    for (class, count) in counts(labels, &classes) {
        let share = percent(Some(count as f64 / classes.len() as f64), 1);
        let (name, id) = (name_of(labels, class), labels.ids_of(&[class])[0]);
        table.push([name.to_owned(), id.to_string(), hex(labels.color_of(class)), count.to_string(), share]);
    }
    say_table(&table);
    say(format_args!(
        "{} labelled in {}, checkpoint {}: {}",
        scannet::count(classes.len(), "vertex|vertices"),
        duration(start.elapsed().as_secs_f64()),
        &checkpoint.hash[..12],
        out.display()
    ));
    Ok((input.mesh, classes))
}

/// Shows what happens while a scan is labelled.
pub fn show(bar: &ProgressBar, scan: &Path) -> impl FnMut(PredictEvent) {
    |event| match event {
        PredictEvent::Note(note) => bar.suspend(|| tell(note, scan)),
        PredictEvent::Labelled { done, all } => show_progress(bar, done, all),
    }
}

/// Writes what the user should know about a scan.
pub fn tell(note: &str, scan: &Path) {
    complain(format_args!("note: {note}: {}", scan.display()));
}

/// The classes that were predicted, [`NO_CLASS`] last, and their numbers of vertices.
fn counts(labels: &LabelSet, classes: &[i32]) -> impl Iterator<Item = (i32, usize)> {
    let count = |class: i32| (class, classes.iter().filter(|own| **own == class).count());
    (0..labels.len() as i32).chain([NO_CLASS]).map(count).filter(|(_, count)| *count > 0)
}

fn name_of(labels: &LabelSet, class: i32) -> &str {
    if class == NO_CLASS { "no class" } else { labels.name_of(class) }
}

/// A colour as HTML writes it.
pub fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
