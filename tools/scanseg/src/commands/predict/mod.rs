//! `scanseg predict`.

mod folder;

use super::{Kind, check_output_of, open_run_or_model};
use crate::args::PredictArgs;
use crate::terminal::{bar, complain, duration, is_quiet, say, say_table, show_progress};
use indicatif::ProgressBar;
use labelset::{LabelSet, NO_CLASS};
use scannet::{ColoredCloud, Mesh, Units};
use scanseg::{Checkpoint, Device, Network, PredictEvent, Run, ScanInput, Up, open_device};
use segeval::{Align, Table, percent};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

pub fn run(args: &PredictArgs) -> anyhow::Result<bool> {
    if let Some(run) = args.run.as_deref().filter(|run| run.is_file()) {
        anyhow::bail!(
            "this is a file, not the folder of a run; to label several scans, give their folder: {}",
            run.display()
        );
    }
    let pairs = match args.scan.is_dir() {
        true => Some(folder::pairs(&args.scan, &args.out)?),
        false => args.json.check(&[&args.scan, &args.out]).map(|()| None)?,
    };
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
    let labeller = Labeller { up: args.up, units: args.units, ..Labeller::new(&run, &checkpoint, &device)? };
    if let Some(pairs) = pairs {
        return folder::run(&labeller, &pairs, args);
    }
    let (_, classes) = labeller.label_one(&args.scan, &args.out)?;
    let (output, classes) = (args.out.display().to_string(), labeller.classes_json(&classes));
    args.json.write(&json!({ "checkpoint": checkpoint.hash, "output": output, "classes": classes }))?;
    Ok(true)
}

/// A network and what it takes to label scans with it.
pub struct Labeller<'a> {
    run: &'a Run,
    checkpoint: &'a Checkpoint,
    network: Network,
    up: Up,
    units: Option<Units>,
    device: &'a Device,
}

impl<'a> Labeller<'a> {
    /// For scans with z up and in metres.
    pub fn new(run: &'a Run, checkpoint: &'a Checkpoint, device: &'a Device) -> anyhow::Result<Self> {
        let network = run.network(checkpoint, device)?;
        Ok(Labeller { run, checkpoint, network, up: Up::Z, units: None, device })
    }

    /// Labels a scan, and writes it coloured by class. Returns the scan and the class indices of its vertices.
    fn label(&self, scan: &Path, out: &Path) -> anyhow::Result<(Mesh, Vec<i32>)> {
        check_output_of(Kind::Ply, out, &[scan])?;
        let mesh = scanfile::read_scan(scan)?;
        mesh.notes.iter().for_each(|note| tell(note, scan));
        if mesh.offset != [0.0; 3] {
            tell("the output has the original coordinates, with 64 bits", scan);
        }
        let left_out = [(mesh.normal.is_some(), "normals"), (mesh.label.is_some(), "old labels")];
        let left_out: Vec<&str> = left_out.into_iter().filter_map(|(has, what)| has.then_some(what)).collect();
        if !left_out.is_empty() {
            tell(&format!("the output has no {}", left_out.join(" and no ")), scan);
        }
        let input = ScanInput { name: scan.display().to_string(), mesh, up: self.up, units: self.units };
        let bar = bar(0, "labelling");
        let labelled = scanseg::predict(self.run, &self.network, &input, self.device, &mut show(&bar, scan));
        bar.finish_and_clear();
        let scanseg::Prediction { classes, confidence } = labelled?;
        let mesh = &input.mesh;
        let ids = self.labels().ids_of(&classes);
        let color: Vec<[u8; 3]> = classes.iter().map(|&class| self.labels().color_of(class)).collect();
        let faces = (!mesh.faces.is_empty()).then_some(mesh.faces.as_slice());
        let (coord, offset, label) = (&mesh.coord, mesh.offset, Some(("label", ids.as_slice())));
        let confidence = Some(confidence.as_slice());
        scannet::write_colored_cloud(out, &ColoredCloud { coord, offset, color: &color, label, confidence, faces })?;
        Ok((input.mesh, classes))
    }

    /// Labels a scan as [`Labeller::label`] does, and prints its classes.
    pub fn label_one(&self, scan: &Path, out: &Path) -> anyhow::Result<(Mesh, Vec<i32>)> {
        let start = Instant::now();
        let (mesh, classes) = self.label(scan, out)?;
        let mut table = Table::new("predicted")
            .column("class", Align::Left)
            .column("label", Align::Right)
            .column("color", Align::Left)
            .column("vertices", Align::Right)
            .column("share", Align::Right);
        for (class, count) in counts(self.labels(), &classes) {
            let share = percent(Some(count as f64 / classes.len() as f64), 1);
            let (name, id, color) = self.shown(class);
            table.push([name.to_owned(), id.to_string(), color, count.to_string(), share]);
        }
        say_table(&table);
        say(format_args!(
            "{} labelled in {}, checkpoint {}: {}",
            scannet::count(classes.len(), "vertex|vertices"),
            duration(start.elapsed().as_secs_f64()),
            &self.checkpoint.hash[..12],
            out.display()
        ));
        Ok((mesh, classes))
    }

    fn labels(&self) -> &LabelSet {
        &self.run.config.data.labels
    }

    /// The name, label and colour of a class.
    fn shown(&self, class: i32) -> (&str, i32, String) {
        let labels = self.labels();
        let name = if class == NO_CLASS { "no class" } else { labels.name_of(class) };
        (name, labels.ids_of(&[class])[0], hex(labels.color_of(class)))
    }

    /// The classes that were predicted, with their numbers of vertices.
    fn classes_json(&self, classes: &[i32]) -> Vec<serde_json::Value> {
        let json = |(class, vertices)| {
            let (name, label, color) = self.shown(class);
            json!({ "class": name, "label": label, "color": color, "vertices": vertices })
        };
        counts(self.labels(), classes).map(json).collect()
    }
}

/// Shows what happens while a scan is labelled.
pub fn show(bar: &ProgressBar, scan: &Path) -> impl FnMut(PredictEvent) {
    |event| match event {
        PredictEvent::Note(note) => bar.suspend(|| tell(note, scan)),
        PredictEvent::Warning(warning) => bar.suspend(|| warn(warning, scan)),
        PredictEvent::Labelled { done, all } => show_progress(bar, done, all),
    }
}

/// Warns of what may be wrong with a scan.
pub fn warn(warning: &str, scan: &Path) {
    complain(format_args!("warning: {warning}: {}", scan.display()));
}

/// Writes what the user should know about a scan, unless only errors and warnings are to be shown.
pub fn tell(note: &str, scan: &Path) {
    if !is_quiet() {
        complain(format_args!("note: {note}: {}", scan.display()));
    }
}

/// The classes that were predicted, [`NO_CLASS`] last, and their numbers of vertices.
fn counts(labels: &LabelSet, classes: &[i32]) -> impl Iterator<Item = (i32, usize)> {
    let count = |class: i32| (class, classes.iter().filter(|own| **own == class).count());
    (0..labels.len() as i32).chain([NO_CLASS]).map(count).filter(|(_, count)| *count > 0)
}

/// A colour as HTML writes it.
pub fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
