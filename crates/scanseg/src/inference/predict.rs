//! Labels for every vertex of a scan.

use super::doubts;
use super::up::{self, Up};
use super::vertices::{Labelled, count_points, label_vertices};
use crate::config::{Config, Feature};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::run::Run;
use crate::scene::{ScenePoints, Vertices};
use burn::tensor::Device;
use scannet::{Mesh, PreparedStore, Scene, Split};

/// A scan to label.
#[derive(Debug, Clone)]
pub struct ScanInput {
    /// Its name, for messages.
    pub name: String,
    /// Its vertices, with colours, normals and faces where the file has them.
    pub mesh: Mesh,
    /// Its axis that points up.
    pub up: Up,
}

/// The labels of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Class index of every vertex in the run's label set.
    pub classes: Vec<i32>,
    /// The probability of each of these classes, 0 to 1: the mean of all that the network said about the vertex, and
    /// about its segments with `evaluate.segments`.
    pub confidence: Vec<f32>,
    /// What was made or changed to get there, for the user.
    pub notes: Vec<String>,
}

/// What is told of work that goes on: how many parts are done, and how many there are.
pub type ProgressFn<'a> = &'a mut dyn FnMut(usize, usize);

/// Labels every vertex of a scan with a class of the run's label set.
///
/// Tiles cover the scan; `progress` is called after each column of them, or each part of the scan if the network scores
/// that as a whole. Memory: `evaluate.batch` tiles in the network, one score per output and vertex, and with
/// `evaluate.segments` about 200 bytes for each point of the thinned scene.
///
/// # Errors
/// If the scan lacks a feature that the network was trained with, except normals, which are made by the rule of
/// [`scannet::normals()`]; also if it is not in metres ([`scannet::check_scale`]).
pub fn predict(
    run: &Run,
    network: &Network,
    input: &ScanInput,
    device: &Device,
    progress: ProgressFn,
) -> Result<Prediction> {
    let mesh = &input.mesh;
    scannet::check_scale(&mesh.coord).map_err(|problem| problem.at(&input.name))?;
    let needs_normals = run.config.data.features.contains(&Feature::Normal);
    let (normal, note) = match needs_normals.then(|| scannet::normals(mesh)).transpose()? {
        Some(made) => (Some(made.normal), made.note),
        None => (None, None),
    };
    let scene = Scene {
        id: input.name.clone(),
        coord: mesh.coord.iter().map(|p| input.up.turn(*p)).collect(),
        color: mesh.color.as_ref().map(|c| c.iter().map(|c| c.map(f32::from)).collect()),
        normal: normal.map(|normal| normal.into_iter().map(|n| input.up.turn(n)).collect()),
        segment: None,
        instance: None,
    };
    let odd = scannet::coordinate_faults(&mesh.coord);
    let odd = odd.iter().map(|fault| format!("{fault}; {}", fault.kind.remedy()));
    let side = up::note(&scene.coord, input.up);
    let mut notes: Vec<String> =
        odd.chain(note).chain(side).chain(doubts::before(&scene.coord, run.config.data.level)).collect();
    let prediction = predict_scene(run, network, scene, device, progress)?;
    notes.extend(doubts::after(&prediction.classes, &run.config.data.labels));
    Ok(Prediction { notes, ..prediction })
}

/// [`predict`] for a scene of a prepared store, whose vertices are in the order of the scan's mesh. Its labels are
/// ignored.
///
/// # Errors
/// If the scene lacks a feature that the network was trained with.
pub fn predict_scene(
    run: &Run,
    network: &Network,
    scene: Scene,
    device: &Device,
    progress: ProgressFn,
) -> Result<Prediction> {
    let points = ScenePoints::new(scene, &run.config.data)?;
    let labelled = label_vertices(network, &run.config, &points, device, progress);
    let labelled = labelled.map_err(Error::in_scene(&points.id))?;
    let Labelled { classes, confidence } = labelled;
    Ok(Prediction { classes, confidence, notes: Vec::new() })
}

/// How many points a network sees to label the first scene of a split, to tell beforehand how long an evaluation takes.
///
/// # Errors
/// If the split has no scene, or the scene lacks a feature that the network needs.
pub fn points_of_first_scene(config: &Config, store: &PreparedStore, split: Split) -> Result<usize> {
    let id = store.scenes(split).first();
    let id = id.ok_or_else(|| Error::NoScenes { split, dir: store.dir().to_owned() })?;
    count_points(config, &ScenePoints::load(store, split, id, &config.data.quick(), Vertices::All)?)
}
