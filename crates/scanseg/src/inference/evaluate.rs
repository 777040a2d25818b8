//! Whole-scene evaluation under a named protocol.

use super::{best_class, forward, predict};
use crate::CLASSES;
use crate::checkpoint::Checkpoint;
use crate::config::Config;
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::run::{Run, program};
use crate::sampling::{columns, draw_tile};
use crate::scene::{ScenePoints, Use};
use anyhow::{Context, bail};
use burn::tensor::Device;
use scannet::{LabelSpace, PreparedStore, Split};
use segeval::{Evaluator, Protocol, Scores};
use serde::{Deserialize, Serialize};

/// What happens while evaluating.
#[derive(Debug, Clone, Copy)]
pub enum EvaluateEvent<'a> {
    /// A scene was scored.
    Scene {
        /// Its name.
        id: &'a str,
        /// Scenes scored.
        done: usize,
        /// Scenes in all.
        scenes: usize,
    },
}

/// Scores with what they were made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Program and version.
    pub program: String,
    /// Name of the experiment.
    pub experiment: String,
    /// The split.
    pub split: String,
    /// Scenes scored.
    pub scenes: usize,
    /// The seed that tiles were drawn with.
    pub seed: u64,
    /// SHA-256 of the configuration.
    pub config: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint: String,
    /// Epoch of the checkpoint.
    pub epoch: u64,
    /// Fingerprint of the prepared store.
    pub data: String,
    /// The numbers.
    pub scores: Scores,
}

/// Scores a checkpoint of a run on a split of a prepared store, under the protocol of the run's configuration or another.
///
/// # Errors
/// If the split has no annotated scenes, or the store lacks what the network wants.
pub fn evaluate(
    run: &Run,
    checkpoint: &Checkpoint,
    store: &PreparedStore,
    split: Split,
    protocol: Option<Protocol>,
    device: &Device,
    report: &mut dyn FnMut(EvaluateEvent),
) -> anyhow::Result<Evaluation> {
    let network = run.network(checkpoint, device)?;
    let mut config = run.config.clone();
    config.evaluate.protocol = protocol.unwrap_or(config.evaluate.protocol);
    let scores = evaluate_network(&network, &config, store, split, device, report)?;
    Ok(Evaluation {
        program: program(),
        experiment: config.name.clone(),
        split: split.name().to_owned(),
        scenes: store.scenes(split).len(),
        seed: config.seed,
        config: run.manifest.config.clone(),
        checkpoint: checkpoint.hash.clone(),
        epoch: checkpoint.progress.epoch,
        data: store.fingerprint()?,
        scores,
    })
}

/// Scores a network on a split: on tiles of drawn points or on every vertex, as the protocol wants.
///
/// The tiles of a scene are drawn from the seed, the scene's place in the split and the tile's place in the scene: the same in every
/// evaluation, however the work is batched.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_network(
    network: &Network,
    config: &Config,
    store: &PreparedStore,
    split: Split,
    device: &Device,
    report: &mut dyn FnMut(EvaluateEvent),
) -> anyhow::Result<Scores> {
    let scenes = store.scenes(split);
    if scenes.is_empty() {
        bail!("the store has no scenes of the {split} split; choose another split: {}", store.dir().display());
    }
    let protocol = config.evaluate.protocol;
    let mut evaluator = Evaluator::new(protocol);
    for (number, id) in scenes.iter().enumerate() {
        if protocol.takes_tiles() {
            let scene = ScenePoints::load(store, split, id, &config.data, Use::Annotated)?;
            scene.check_width(config.crop.size)?;
            add_tiles(&mut evaluator, network, config, &scene, number as u64, device)
                .with_context(|| format!("scene {id}"))?;
        } else {
            let scene = ScenePoints::load(store, split, id, &config.data, Use::EveryVertex)?;
            let Some(truth) = &scene.labels else {
                bail!("scene {id} has no labels; choose an annotated split (train or val)");
            };
            let predicted =
                predict::label_vertices(network, config, &scene, device).with_context(|| format!("scene {id}"))?;
            let space = match protocol {
                Protocol::ScanNetBenchmark => LabelSpace::Nyu40,
                _ => LabelSpace::Scannet20,
            };
            let convert = |labels: &[i32]| LabelSpace::PointnetV1.convert_all(labels, space);
            evaluator.add_scene(&convert(truth)?, &convert(&predicted)?)?;
        }
        report(EvaluateEvent::Scene { id, done: number + 1, scenes: scenes.len() });
    }
    Ok(evaluator.finish()?)
}

fn add_tiles(
    evaluator: &mut Evaluator,
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    number: u64,
    device: &Device,
) -> anyhow::Result<()> {
    let spec = Network::pyramid(config);
    let columns: Vec<_> = columns(scene, config.crop.size).into_iter().enumerate().collect();
    for some in columns.chunks(config.evaluate.batch) {
        let tiles: Vec<_> = some
            .iter()
            .filter_map(|&(place, column)| {
                let mut rng = generator(config.seed, Purpose::Tile, &[number, place as u64]);
                draw_tile(scene, column, &config.crop, config.evaluate.min_core, &mut rng)
            })
            .collect();
        if tiles.is_empty() {
            continue;
        }
        for (tile, scores) in tiles.iter().zip(forward::scores(network, &tiles, &spec, device)?) {
            let prediction: Vec<i32> = scores.chunks_exact(CLASSES).map(|s| best_class(s, 0)).collect();
            let coord: Vec<[f32; 3]> = tile.points.iter().map(|&p| scene.coord[p]).collect();
            evaluator.add_tile(&segeval::Tile {
                coord: &coord,
                truth: &tile.crop.labels,
                prediction: &prediction,
                core: &tile.core,
            })?;
        }
    }
    evaluator.end_scene();
    Ok(())
}
