//! Labels for every vertex of a scan.

use super::doubts;
use super::resample::Resampled;
use super::up::{self, Up};
use super::vertices::{Labelled, count_points, label_vertices};
use crate::config::{Config, Feature};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::run::Run;
use crate::scene::{ScenePoints, Vertices};
use burn::tensor::Device;
use scannet::{Mesh, PreparedStore, Scene, Split, Units};

/// A scan to label.
#[derive(Debug, Clone)]
pub struct ScanInput {
    /// Its name, for messages.
    pub name: String,
    /// Its vertices, with colours, normals and faces where the file has them.
    pub mesh: Mesh,
    /// Its axis that points up.
    pub up: Up,
    /// The unit of its coordinates; `None` to take a scan that is higher than any building for one in centimetres or
    /// millimetres ([`scannet::in_metres`]).
    pub units: Option<Units>,
}

/// The labels of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Class index of every vertex in the run's label set; [`labelset::NO_CLASS`] for none, with `evaluate.none`.
    pub classes: Vec<i32>,
    /// The probability of each of these classes, 0 to 1: the mean of all that the network said about the vertex, and
    /// about its segments with `evaluate.segments`.
    pub confidence: Vec<f32>,
}

/// What happens while a scan is labelled.
#[derive(Debug, Clone, Copy)]
pub enum PredictEvent<'a> {
    /// What is odd about the scan or its labels, or was made from it, for the user. What can be known before the scan is
    /// labelled comes before it.
    Note(&'a str),
    /// What was guessed of the scan and makes all labels wrong if it is wrong.
    Warning(&'a str),
    /// Some of the columns of tiles that cover the scan, or of its parts if the network scores it as a whole, were labelled.
    Labelled {
        /// How many.
        done: usize,
        /// How many there are.
        all: usize,
    },
}

/// What is told of work that goes on: how many parts are done, and how many there are.
pub(super) type ProgressFn<'a> = &'a mut dyn FnMut(usize, usize);

/// Labels every vertex of a scan with a class of the run's label set, or, with `evaluate.none`, none of them. On a mesh
/// whose flat parts have few vertices the network sees points on its faces too, and of a cloud of more than three million
/// points one in each cubic centimetre.
///
/// Memory: `evaluate.batch` tiles in the network, one score per output and vertex, and with
/// `evaluate.segments` about 200 bytes for each point of the thinned scene.
///
/// # Errors
/// If the scan lacks a feature that the network was trained with, except normals, which are made by the rule of
/// [`scannet::normals()`]; also if it is too large to be of rooms.
pub fn predict(
    run: &Run,
    network: &Network,
    input: &ScanInput,
    device: &Device,
    report: &mut dyn FnMut(PredictEvent),
) -> Result<Prediction> {
    let mesh = &input.mesh;
    scannet::check_mesh(mesh).map_err(|problem| problem.at(&input.name))?;
    let upright: Vec<[f32; 3]> = mesh.coord.iter().map(|p| input.up.turn(*p)).collect();
    let (coord, units) = scannet::in_metres(&upright, input.units);
    let needs_normals = run.config.data.features.contains(&Feature::Normal);
    let (normal, note) = match needs_normals.then(|| scannet::normals(mesh)).transpose()? {
        Some(made) => (Some(made.normal), made.note),
        None => (None, None),
    };
    let scene = Scene {
        id: input.name.clone(),
        coord: coord.to_vec(),
        color: mesh.color.as_ref().map(|c| c.iter().map(|c| c.map(f32::from)).collect()),
        normal: normal.map(|normal| normal.into_iter().map(|n| input.up.turn(n)).collect()),
        segment: None,
        instance: None,
    };
    let odd = scannet::coordinate_faults(&coord);
    let odd = odd.iter().map(|fault| format!("{fault}; {}", fault.kind.remedy()));
    let side = up::note(&scene.coord, input.up);
    let Resampled { scene, back, note: resampled } = Resampled::new(scene, &mesh.faces)?;
    let doubts = doubts::before(&scene.coord, run.config.data.level);
    units.iter().for_each(|warning| report(PredictEvent::Warning(warning)));
    let before = odd.chain(note).chain(side).chain(resampled).chain(doubts);
    before.for_each(|note| report(PredictEvent::Note(&note)));
    let Prediction { classes, confidence } = predict_scene(run, network, scene, device, report)?;
    let prediction = Prediction { classes: back.of_vertices(classes), confidence: back.of_vertices(confidence) };
    if let Some(note) = doubts::after(&prediction.classes, &run.config.data.labels) {
        report(PredictEvent::Note(&note));
    }
    Ok(prediction)
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
    report: &mut dyn FnMut(PredictEvent),
) -> Result<Prediction> {
    let points = ScenePoints::new(scene, &run.config.data)?;
    let progress = &mut |done, all| report(PredictEvent::Labelled { done, all });
    let labelled = label_vertices(network, &run.config, &points, device, progress);
    let Labelled { classes, confidence } = labelled.map_err(Error::in_scene(&points.id))?;
    Ok(Prediction { classes, confidence })
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
