//! Whole-scene evaluation under a named protocol.

use super::tiles;
use super::vertices::label_vertices;
use crate::checkpoint::Checkpoint;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::run::{Run, program};
use crate::scene::{ScenePoints, Vertices, lacks_labels};
use burn::tensor::Device;
use scannet::{PreparedStore, Split};
use segeval::{EvalError, Evaluator, Protocol, SceneScores, Scores};
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

/// Scores, and what they were computed from.
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
    /// Seed of the tiles.
    pub seed: u64,
    /// SHA-256 of the configuration.
    pub config: String,
    /// SHA-256 of the checkpoint.
    pub checkpoint: String,
    /// Epoch of the checkpoint.
    pub epoch: u64,
    /// Fingerprint of the prepared store.
    pub data: String,
    /// The scores.
    pub scores: Scores,
}

/// The result of [`evaluate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// Scores, and what they were computed from.
    pub evaluation: Evaluation,
    /// The counts scene by scene, for [`segeval::bootstrap`]; `None` under a protocol that does not pool scenes.
    pub scenes: Option<SceneScores>,
}

/// Scores a checkpoint of a run on a split of a prepared store, under the protocol of the run's configuration or
/// another one.
///
/// # Errors
/// If the split has no annotated points, the store lacks what the network needs, or its files are not those that were
/// written.
pub fn evaluate(
    run: &Run,
    checkpoint: &Checkpoint,
    store: &PreparedStore,
    split: Split,
    protocol: Option<Protocol>,
    device: &Device,
    report: &mut dyn FnMut(EvaluateEvent),
) -> Result<Evaluated> {
    store.check_files(&[split])?;
    let network = run.network(checkpoint, device)?;
    let mut config = run.config.clone();
    config.evaluate.protocol = protocol.unwrap_or(config.evaluate.protocol);
    let evaluator = score_network(&network, &config, store, split, device, report)?;
    let scenes = match evaluator.finish_by_scene(store.scenes(split)) {
        Err(EvalError::NotPooled { .. }) => None,
        scenes => Some(scenes?),
    };
    let evaluation = Evaluation {
        program: program(),
        experiment: config.name.clone(),
        split: split.name().to_owned(),
        scenes: store.scenes(split).len(),
        seed: config.seed,
        config: run.manifest.config.clone(),
        checkpoint: checkpoint.hash.clone(),
        epoch: checkpoint.progress.epoch,
        data: store.fingerprint()?,
        scores: evaluator.finish()?,
    };
    Ok(Evaluated { evaluation, scenes })
}

/// Scores a network on a split.
///
/// # Errors
/// See [`evaluate`].
pub(crate) fn evaluate_network(
    network: &Network,
    config: &Config,
    store: &PreparedStore,
    split: Split,
    device: &Device,
    report: &mut dyn FnMut(EvaluateEvent),
) -> Result<Scores> {
    Ok(score_network(network, config, store, split, device, report)?.finish()?)
}

/// Scores a network on a split: on tiles of drawn points or on every vertex, depending on the protocol. The network sees
/// the tiles of `evaluate.tiling`. A protocol of tiles leaves out vertices as training does, see `data.drop_unassigned`,
/// whatever the tiling.
///
/// The tiles of a scene are drawn from the seed, the scene's place in the split and the tile's place in the scene: they
/// are the same in every evaluation, however the work is batched.
fn score_network(
    network: &Network,
    config: &Config,
    store: &PreparedStore,
    split: Split,
    device: &Device,
    report: &mut dyn FnMut(EvaluateEvent),
) -> Result<Evaluator> {
    let scenes = store.scenes(split);
    if scenes.is_empty() {
        return Err(Error::NoScenes { split, dir: store.dir().to_owned() });
    }
    let protocol = config.evaluate.protocol;
    let mut evaluator = Evaluator::new(protocol, &config.data.labels);
    let mut annotated = false;
    for (number, id) in scenes.iter().enumerate() {
        if protocol.takes_tiles() {
            let scene = ScenePoints::load(store, split, id, &config.data, Vertices::Annotated)?;
            annotated |= (0..scene.coord.len()).any(|point| scene.annotated(point));
            let added = tiles::add_scene(&mut evaluator, network, config, &scene, number as u64, device);
            added.map_err(Error::in_scene(id))?;
        } else {
            let scene = ScenePoints::load(store, split, id, &config.data, Vertices::All)?;
            let Some(truth) = &scene.classes else {
                return Err(lacks_labels(store, split, id, &config.data).into());
            };
            annotated |= (0..truth.len()).any(|point| scene.annotated(point));
            let predicted =
                label_vertices(network, config, &scene, device, &mut |_, _| {}).map_err(Error::in_scene(id))?;
            evaluator.add_scene(truth, &predicted.classes)?;
        }
        report(EvaluateEvent::Scene { id, done: number + 1, scenes: scenes.len() });
    }
    if !annotated {
        return Err(Error::nothing_annotated(split, config, store));
    }
    Ok(evaluator)
}
