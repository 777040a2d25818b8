//! `scanseg predict`.

use super::open_run;
use crate::args::{PredictArgs, Which};
use crate::terminal::{complain, duration, say};
use scannet::{ColoredCloud, LabelSpace, Mesh};
use scanseg::{ScanInput, open_device};
use segeval::{Align, Table, percent};
use std::path::Path;
use std::time::Instant;

pub fn run(args: &PredictArgs) -> anyhow::Result<bool> {
    predict(&args.run, args.checkpoint, &args.scan, &args.out, &open_device(args.device)?)?;
    Ok(true)
}

/// Labels a scan, writes it coloured by class, and says what it holds. Returns the scan and the classes of its vertices in
/// [`LabelSpace::PointnetV1`].
pub fn predict(
    run: &Path,
    which: Which,
    scan: &Path,
    out: &Path,
    device: &scanseg::Device,
) -> anyhow::Result<(Mesh, Vec<i32>)> {
    let (run, checkpoint) = open_run(run, which)?;
    anyhow::ensure!(
        !same_file(scan, out),
        "the output would replace the scan itself; choose another --out: {}",
        out.display()
    );
    let network = run.network(&checkpoint, device)?;
    let mesh = scannet::read_mesh(scan)?;
    for note in &mesh.notes {
        complain(format_args!("note: {note}: {}", scan.display()));
    }
    let start = Instant::now();
    let input = ScanInput { name: scan.display().to_string(), mesh };
    let labels = scanseg::predict(&run, &network, &input, device)?.labels;
    let mesh = &input.mesh;
    let nyu40 = LabelSpace::PointnetV1.convert_all(&labels, LabelSpace::Nyu40)?;
    let color: Vec<[u8; 3]> = labels.iter().map(|&l| LabelSpace::PointnetV1.color(l)).collect();
    let faces = (!mesh.faces.is_empty()).then_some(mesh.faces.as_slice());
    let cloud = ColoredCloud { coord: &mesh.coord, color: &color, label: Some(("label", &nyu40)), faces };
    scannet::write_colored_cloud(out, &cloud)?;
    let mut table = Table::new("predicted")
        .column("class", Align::Left)
        .column("vertices", Align::Right)
        .column("share", Align::Right);
    for class in LabelSpace::PointnetV1.classes() {
        let count = labels.iter().filter(|l| **l == class).count();
        if count > 0 {
            let name = LabelSpace::PointnetV1.class_name(class).unwrap_or_default();
            table.push([name.to_owned(), count.to_string(), percent(Some(count as f64 / labels.len() as f64), 1)]);
        }
    }
    say(table.to_text());
    say(format_args!(
        "{} vertices labelled in {}, checkpoint {}: {}",
        labels.len(),
        duration(start.elapsed().as_secs_f64()),
        &checkpoint.hash[..12],
        out.display()
    ));
    Ok((input.mesh, labels))
}

/// Whether two paths name one file that exists.
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
