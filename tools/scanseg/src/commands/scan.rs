//! The scan that `view` and `render` show, and the networks that label it.

use super::predict::{show, tell, warn};
use super::{label_set, named_label_set, open_run};
use crate::args::ScanArgs;
use crate::terminal::bar;
use anyhow::{Context, bail, ensure};
use labelset::{LabelSet, NO_CLASS};
use scannet::{Arrays, PreparedStore, Scene, Split, Units};
use scanseg::{Checkpoint, Run, ScanInput, Up, open_device};
use scanview::{MOST_PREDICTIONS, Prediction, Scan};
use std::path::{Path, PathBuf};

/// Where a scan comes from.
pub enum Source {
    /// A file of a scan.
    File(PathBuf),
    /// A scene of a prepared store, and the run whose folder was given in place of it.
    Scene { store: Box<PreparedStore>, split: Split, id: String, run: Option<PathBuf> },
}

/// The prepared store whose scenes a run is shown with: the given one, or that of its training.
pub fn data_dir(run: &Path, given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let own = Run::open(run)?.manifest.data_dir;
    let data = given.map(Path::to_owned).or(own).with_context(|| {
        format!("the run does not say what it was trained on; add --data PREPARED: {}", run.display())
    })?;
    ensure!(
        given.is_some() || data.exists(),
        "the run was trained on {}, which is not there; add --data PREPARED: {}",
        data.display(),
        run.display()
    );
    Ok(data)
}

impl Source {
    /// Finds out what the input is.
    pub fn find(args: &ScanArgs) -> anyhow::Result<Source> {
        let input = &args.input;
        let named = args.scene.is_some() || args.split.is_some();
        if !input.is_dir() {
            ensure!(
                !named,
                "--scene and --split belong to a run or a prepared store, and this is a file: {}",
                input.display()
            );
            ensure!(args.data.is_none(), "--data belongs to a run, and this is a file: {}", input.display());
            return Ok(Source::File(input.clone()));
        }
        if input.join("config.toml").exists() {
            return Source::of_store(&data_dir(input, args.data.as_deref())?, args, Some(input.clone()));
        }
        ensure!(args.data.is_none(), "--data belongs to a run, and this is none: {}", input.display());
        if input.join("coord.npy").exists() {
            ensure!(
                !named,
                "--scene and --split belong to a run or a prepared store, and this is a scene: {}",
                input.display()
            );
            return Source::of_scene(input);
        }
        let store =
            input.join("manifest.json").exists() || Split::ALL.iter().any(|split| input.join(split.name()).is_dir());
        ensure!(
            store,
            "neither a prepared store, nor a scene of one, nor the folder of a run; give one of these, or the file of a scan: {}",
            input.display()
        );
        Source::of_store(input, args, None)
    }

    fn of_store(dir: &Path, args: &ScanArgs, run: Option<PathBuf>) -> anyhow::Result<Source> {
        let store = Box::new(PreparedStore::open(dir)?);
        let found = args.scene.as_ref().and_then(|scene| store.split_of(scene));
        let split = args.split.or(found).unwrap_or(Split::Val);
        let first = store.scenes(split).first();
        let id = args.scene.as_ref().or(first).cloned();
        let id = id.with_context(|| {
            format!("the store has no {split} scenes; choose another --split, or a --scene: {}", dir.display())
        })?;
        Ok(Source::Scene { store, split, id, run })
    }

    /// A scene by its folder, which lies in that of its split, which lies in the store.
    fn of_scene(folder: &Path) -> anyhow::Result<Source> {
        let whole = folder.canonicalize().with_context(|| format!("cannot read: {}", folder.display()))?;
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let parts = whole.parent().and_then(|split| {
            let of = Split::ALL.into_iter().find(|each| name(split).as_deref() == Some(each.name()))?;
            Some((of, name(&whole)?, split.parent()?.to_owned()))
        });
        let Some((split, id, store)) = parts else {
            bail!(
                "the folder has a coord.npy, but is not in a split of a prepared store; move it to \
                 STORE/val/NAME: {}",
                folder.display()
            );
        };
        Ok(Source::Scene { store: Box::new(PreparedStore::open(&store)?), split, id, run: None })
    }

    /// The name of the scan.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Source::Scene { id, .. } => id.clone(),
        }
    }

    /// Reads the scan and labels it with the runs.
    pub fn load(&self, args: &ScanArgs) -> anyhow::Result<Scan> {
        let own = if let Source::Scene { run, .. } = self { run.as_ref() } else { None };
        let paths: Vec<&PathBuf> = own.into_iter().chain(&args.run).collect();
        ensure!(
            paths.len() <= MOST_PREDICTIONS,
            "{} runs are too many; show at most {MOST_PREDICTIONS} side by side",
            paths.len()
        );
        ensure!(args.labels.is_none() || own.is_none(), "the run has a label set of its own; leave out --labels");
        let runs = paths.iter().map(|path| open_run(path, args.checkpoint)).collect::<Result<Vec<_>, _>>()?;
        let same = |run: &Run| run.config.data.labels.has_same_classes(&runs[0].0.config.data.labels);
        if let Some(other) = runs.iter().position(|(run, _)| !same(run)) {
            let (a, b) = (&runs[0].0, &runs[other].0);
            bail!(
                "the runs have different label sets, {} and {}; show them one at a time: {}, {}",
                a.config.data.labels.name(),
                b.config.data.labels.name(),
                a.dir().display(),
                b.dir().display()
            );
        }
        let labels = match (runs.first(), self) {
            (Some((run, _)), _) => LabelSet::clone(&run.config.data.labels),
            (None, Source::Scene { store, .. }) => label_set(args.labels.as_deref(), store)?,
            (None, Source::File(_)) => {
                args.labels.as_deref().map_or_else(|| Ok(LabelSet::scannet20()), named_label_set)?
            }
        };
        let (mut scan, input) = match self {
            Source::File(path) => self.of_file(path, args, labels, runs.is_empty())?,
            Source::Scene { store, split, id, .. } => {
                ensure!(args.up == Up::Z, "the scenes of a store have z up; leave out --up");
                ensure!(args.units.is_none(), "the scenes of a store are in metres; leave out --units");
                of_store(store, *split, id, labels)?
            }
        };
        for (run, checkpoint) in &runs {
            let name = name_of(run, &paths);
            scan.predictions.push(label(run, checkpoint, name, &input, args)?);
        }
        Ok(scan)
    }

    /// The scan of a file. Its labels are the truth for runs that label it, and a prediction without them.
    fn of_file(&self, path: &Path, args: &ScanArgs, labels: LabelSet, alone: bool) -> anyhow::Result<(Scan, Input)> {
        let mut mesh = scanfile::read_mesh(path)?;
        mesh.coord.iter_mut().chain(mesh.normal.iter_mut().flatten()).for_each(|v| *v = args.up.turn(*v));
        let (coord, guessed) = scannet::in_metres(&mesh.coord, args.units);
        guessed.iter().for_each(|guessed| warn(guessed, path));
        mesh.coord = coord.into_owned();
        std::mem::take(&mut mesh.notes).iter().for_each(|note| tell(note, path));
        let mut scan = Scan::new(self.name(), mesh.coord.clone(), labels);
        if let Some(ids) = &mesh.label {
            let classes = scan.labels.classes_of_ids(ids);
            let set = scan.labels.name();
            let none = [0, scan.labels.no_class_id()];
            let odd = ids.iter().zip(&classes).filter(|(id, class)| **class == NO_CLASS && !none.contains(id)).count();
            if odd > 0 {
                let labels = scannet::count(odd, "label is no id|labels are no ids");
                tell(
                    &format!("{labels} of a class of {set}, and shown as none; --labels names another label set"),
                    path,
                );
            }
            match alone {
                true => {
                    // as predict wrote it; other programs have other properties of this name
                    let probabilities = |values: &Vec<f32>| values.iter().all(|v| (0.0..=1.0).contains(v));
                    let confidence = mesh.confidence.take().filter(probabilities);
                    scan.predictions.push(Prediction { name: "labels of the file".into(), classes, confidence })
                }
                false => scan.truth = Some(classes),
            }
        }
        // normals that are estimated do not know which side is in front
        if mesh.normal.is_some() || !mesh.faces.is_empty() {
            let normals = scannet::normals(&mesh)?;
            normals.note.iter().for_each(|note| tell(note, path));
            scan.normal = Some(normals.normal);
        }
        (scan.faces, scan.color) = (mesh.faces.clone(), mesh.color.clone());
        Ok((
            scan,
            Input::Mesh(ScanInput { name: path.display().to_string(), mesh, up: Up::Z, units: Some(Units::Metres) }),
        ))
    }
}

/// What networks see.
enum Input {
    Mesh(ScanInput),
    Scene(Scene),
}

fn of_store(store: &PreparedStore, split: Split, id: &str, labels: LabelSet) -> anyhow::Result<(Scan, Input)> {
    let arrays = Arrays { color: true, normal: true, labels: Some(&labels), instance: false };
    let scene = store.load_arrays(split, id, &arrays)?;
    let mut scan = Scan::new(id, scene.coord.clone(), labels);
    if scene.segment.is_none() {
        let (set, array) = (scan.labels.name(), scan.labels.segment());
        let folder = store.dir().join(split.name()).join(id);
        tell(&format!("the scene has no annotation by {set}, which would be {array}.npy"), &folder);
    }
    let byte = |color: &[f32; 3]| color.map(|v| v.round().clamp(0.0, 255.0) as u8);
    scan.color = scene.color.as_ref().map(|colors| colors.iter().map(byte).collect());
    (scan.normal, scan.truth) = (scene.normal.clone(), scene.segment.clone());
    Ok((scan, Input::Scene(scene)))
}

/// The name of a run's folder; its path if another's has the same.
fn name_of(run: &Run, paths: &[&PathBuf]) -> String {
    let last =
        |path: &Path| path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    match last(run.dir()) {
        Some(name) if paths.iter().filter(|path| last(path).as_ref() == Some(&name)).count() == 1 => name,
        _ => run.dir().display().to_string(),
    }
}

fn label(
    run: &Run,
    checkpoint: &Checkpoint,
    name: String,
    input: &Input,
    args: &ScanArgs,
) -> anyhow::Result<Prediction> {
    let device = open_device(args.device)?;
    let network = run.network(checkpoint, &device)?;
    let bar = bar(0, "labelling");
    let progress = &mut show(&bar, &args.input);
    let found = match input {
        Input::Mesh(scan) => scanseg::predict(run, &network, scan, &device, progress)?,
        Input::Scene(scene) => scanseg::predict_scene(run, &network, scene.clone(), &device, progress)?,
    };
    bar.finish_and_clear();
    Ok(Prediction { name, classes: found.classes, confidence: Some(found.confidence) })
}
