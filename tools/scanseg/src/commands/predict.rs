//! `scanseg predict`.

use super::{check_output, open_run};
use crate::args::{PredictArgs, WhichCheckpoint};
use crate::terminal::{complain, duration, say};
use scannet::{ColoredCloud, Mesh};
use scanseg::{ScanInput, open_device};
use segeval::{Align, Table, percent};
use std::path::Path;
use std::time::Instant;

pub fn run(args: &PredictArgs) -> anyhow::Result<bool> {
    predict(&args.run, args.checkpoint, &args.scan, &args.out, &open_device(args.device)?)?;
    Ok(true)
}

/// Labels a scan, writes it coloured by class, and prints its classes. Returns the scan and the class indices of its
/// vertices.
pub fn predict(
    run: &Path,
    which: WhichCheckpoint,
    scan: &Path,
    out: &Path,
    device: &scanseg::Device,
) -> anyhow::Result<(Mesh, Vec<i32>)> {
    let (run, checkpoint) = open_run(run, which)?;
    check_output(out, &[scan])?;
    let network = run.network(&checkpoint, device)?;
    let mesh = scannet::read_mesh(scan)?;
    let tell = |note: &String| complain(format_args!("note: {note}: {}", scan.display()));
    mesh.notes.iter().for_each(tell);
    let start = Instant::now();
    let input = ScanInput { name: scan.display().to_string(), mesh };
    let scanseg::Prediction { classes, notes } = scanseg::predict(&run, &network, &input, device)?;
    notes.iter().for_each(tell);
    let mesh = &input.mesh;
    let labels = &run.config.data.labels;
    let ids = labels.ids_of(&classes);
    let color: Vec<[u8; 3]> = classes.iter().map(|&class| labels.color_of(class)).collect();
    let faces = (!mesh.faces.is_empty()).then_some(mesh.faces.as_slice());
    let cloud = ColoredCloud { coord: &mesh.coord, color: &color, label: Some(("label", &ids)), faces };
    scannet::write_colored_cloud(out, &cloud)?;
    let mut table = Table::new("predicted")
        .column("class", Align::Left)
        .column("vertices", Align::Right)
        .column("share", Align::Right);
    for (index, class) in labels.classes().iter().enumerate() {
        let count = classes.iter().filter(|class| **class == index as i32).count();
        if count > 0 {
            let share = percent(Some(count as f64 / classes.len() as f64), 1);
            table.push([class.name.clone(), count.to_string(), share]);
        }
    }
    say(table.to_text());
    say(format_args!(
        "{} labelled in {}, checkpoint {}: {}",
        scannet::count(classes.len(), "vertex|vertices"),
        duration(start.elapsed().as_secs_f64()),
        &checkpoint.hash[..12],
        out.display()
    ));
    Ok((input.mesh, classes))
}
