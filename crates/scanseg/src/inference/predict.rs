//! Labels for every vertex of a scan.

use super::{best_class, forward};
use crate::CLASSES;
use crate::config::{Config, Feature};
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::run::Run;
use crate::sampling::{Tile, columns, cover_column};
use crate::scene::ScenePoints;
use anyhow::{Context, bail};
use burn::tensor::Device;
use scannet::{Mesh, Scene};

/// A scan to label.
#[derive(Debug, Clone)]
pub struct ScanInput {
    /// Its name, for messages and as the start of what is drawn at random.
    pub name: String,
    /// Its vertices, with colours, normals or faces where the file has them.
    pub mesh: Mesh,
}

/// The labels of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// Class of every vertex, 1 to 20 in [`scannet::LabelSpace::PointnetV1`].
    pub labels: Vec<i32>,
}

/// Labels every vertex of a scan with one of the 20 classes.
///
/// Tiles cover the scan, so memory is bounded by the tiles that go through the network together, not by the scan.
///
/// # Errors
/// If the scan lacks a feature that the network was trained with; normals are made from the faces where the file has none.
pub fn predict(run: &Run, network: &Network, input: &ScanInput, device: &Device) -> anyhow::Result<Prediction> {
    let mesh = &input.mesh;
    let wants_normals = run.config.data.features.contains(&Feature::Normal);
    let normal = match &mesh.normal {
        Some(normal) => Some(normal.clone()),
        None if wants_normals && mesh.faces.is_empty() => {
            bail!(
                "{}: the network wants normals, and the file has neither normals nor faces to make them from",
                input.name
            )
        }
        None if wants_normals => Some(pointops::vertex_normals(&mesh.coord, &mesh.faces)?),
        None => None,
    };
    let scene = Scene {
        id: input.name.clone(),
        coord: mesh.coord.clone(),
        color: mesh.color.as_ref().map(|c| c.iter().map(|c| c.map(f32::from)).collect()),
        normal,
        segment20: None,
        segment200: None,
        instance: None,
    };
    predict_scene(run, network, scene, device)
}

/// [`predict`] for a scene of a prepared store: its vertices are in the order of the scan's mesh, and its labels are not looked at.
///
/// # Errors
/// If the scene lacks a feature that the network was trained with.
pub fn predict_scene(run: &Run, network: &Network, scene: Scene, device: &Device) -> anyhow::Result<Prediction> {
    let points = ScenePoints::new(scene, &run.config.data)?;
    let labels = label_vertices(network, &run.config, &points, device).with_context(|| points.id.clone())?;
    Ok(Prediction { labels })
}

/// Class of every vertex, 1 to 20: where a vertex is drawn more than once, the class of the largest mean score.
pub(super) fn label_vertices(
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    device: &Device,
) -> anyhow::Result<Vec<i32>> {
    scene.check_width(config.crop.size)?;
    let spec = Network::pyramid(config);
    let mut sums = vec![0f32; scene.coord.len() * CLASSES];
    let mut add = |tiles: &[Tile]| -> anyhow::Result<()> {
        for (tile, scores) in tiles.iter().zip(forward::scores(network, tiles, &spec, device)?) {
            for ((&point, &core), scores) in tile.points.iter().zip(&tile.core).zip(scores.chunks_exact(CLASSES)) {
                if core {
                    add_probabilities(&mut sums[point * CLASSES..][..CLASSES], scores);
                }
            }
        }
        Ok(())
    };
    let mut waiting: Vec<Tile> = Vec::new();
    for (place, column) in columns(scene, config.crop.size).into_iter().enumerate() {
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
    // class 0 is "unannotated": no answer to what a vertex is
    Ok(sums.chunks_exact(CLASSES).map(|s| best_class(s, 1)).collect())
}

/// Adds the softmax of some scores.
fn add_probabilities(sums: &mut [f32], scores: &[f32]) {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let exponentials: Vec<f32> = scores.iter().map(|s| (s - largest).exp()).collect();
    let total: f32 = exponentials.iter().sum();
    sums.iter_mut().zip(exponentials).for_each(|(sum, e)| *sum += e / total);
}
