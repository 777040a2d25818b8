//! Labels for every vertex of a scan.

use super::{best_output, forward};
use crate::config::{Config, Feature};
use crate::error::{Error, Result};
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::run::Run;
use crate::sampling::{Tile, columns, cover_column};
use crate::scene::ScenePoints;
use burn::tensor::Device;
use scannet::{Mesh, Scene};

/// A scan to label.
#[derive(Debug, Clone)]
pub struct ScanInput {
    /// Its name, for messages.
    pub name: String,
    /// Its vertices, with colours, normals and faces where the file has them.
    pub mesh: Mesh,
}

/// The labels of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Class index of every vertex in the run's label set.
    pub classes: Vec<i32>,
    /// What was made or changed to get there, for the user.
    pub notes: Vec<String>,
}

/// Labels every vertex of a scan with a class of the run's label set.
///
/// Tiles cover the scan. Memory: `evaluate.batch` tiles in the network, and one score per output and vertex.
///
/// # Errors
/// If the scan lacks a feature that the network was trained with, except normals, which are made by the rule of
/// [`scannet::normals()`]; also if it is not in metres ([`scannet::check_scale`]).
pub fn predict(run: &Run, network: &Network, input: &ScanInput, device: &Device) -> Result<Prediction> {
    let mesh = &input.mesh;
    scannet::check_scale(&mesh.coord).map_err(|problem| problem.at(&input.name))?;
    let needs_normals = run.config.data.features.contains(&Feature::Normal);
    let (normal, note) = match needs_normals.then(|| scannet::normals(mesh)).transpose()? {
        Some(made) => (Some(made.normal), made.note),
        None => (None, None),
    };
    let scene = Scene {
        id: input.name.clone(),
        coord: mesh.coord.clone(),
        color: mesh.color.as_ref().map(|c| c.iter().map(|c| c.map(f32::from)).collect()),
        normal,
        segment: None,
        instance: None,
    };
    let odd = scannet::coordinate_faults(&mesh.coord);
    let odd = odd.iter().map(|fault| format!("{fault}; {}", fault.kind.remedy()));
    let prediction = predict_scene(run, network, scene, device)?;
    Ok(Prediction { notes: odd.chain(note).collect(), ..prediction })
}

/// [`predict`] for a scene of a prepared store, whose vertices are in the order of the scan's mesh. Its labels are
/// ignored.
///
/// # Errors
/// If the scene lacks a feature that the network was trained with.
pub fn predict_scene(run: &Run, network: &Network, scene: Scene, device: &Device) -> Result<Prediction> {
    let points = ScenePoints::new(scene, &run.config.data)?;
    let classes = label_vertices(network, &run.config, &points, device).map_err(Error::in_scene(&points.id))?;
    Ok(Prediction { classes, notes: Vec::new() })
}

/// Class index of every vertex: the class with the largest mean probability over all draws of the vertex.
pub(super) fn label_vertices(
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    device: &Device,
) -> Result<Vec<i32>> {
    let labels = &config.data.labels;
    let outputs = labels.outputs();
    let mut sums = vec![0f32; scene.coord.len() * outputs];
    let mut add = |tiles: &[Tile]| -> Result<()> {
        for (tile, scores) in tiles.iter().zip(forward::scores(network, tiles, config, device)?) {
            for ((&point, &core), scores) in tile.points.iter().zip(&tile.core).zip(scores.chunks_exact(outputs)) {
                if core {
                    add_probabilities(&mut sums[point * outputs..][..outputs], scores);
                }
            }
        }
        Ok(())
    };
    let mut waiting: Vec<Tile> = Vec::new();
    for (place, column) in columns(scene, config.crop.size)?.into_iter().enumerate() {
        let mut rng = generator(config.seed, Purpose::Tile, &[u64::MAX, place as u64]);
        for tile in cover_column(scene, column, &config.crop, &mut rng) {
            waiting.push(tile);
            if waiting.len() == config.evaluate.batch {
                add(&waiting)?;
                waiting.clear();
            }
        }
    }
    if !waiting.is_empty() {
        add(&waiting)?;
    }
    // a vertex is never predicted to be "unannotated"
    let first = usize::from(labels.unannotated_output());
    Ok(sums.chunks_exact(outputs).map(|scores| labels.class_of(best_output(scores, first))).collect())
}

/// Adds the softmax of the scores.
fn add_probabilities(sums: &mut [f32], scores: &[f32]) {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let exponentials: Vec<f32> = scores.iter().map(|s| (s - largest).exp()).collect();
    let total: f32 = exponentials.iter().sum();
    sums.iter_mut().zip(exponentials).for_each(|(sum, e)| *sum += e / total);
}
