//! The batches of a training, each made from its number alone.

use crate::config::{Config, CropsPerScene, Feature};
use crate::error::Result;
use crate::random::{Generator, Purpose, generator};
use crate::sampling::{Augmenter, Batch, Cells, Crop, LossWeights, random_crop};
use crate::scene::{SceneError, ScenePoints, Vertices};
use pointmodel::SearchOn;
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use scannet::{PreparedStore, Split};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Number of steps of a whole training.
///
/// # Errors
/// If crops are drawn by points and a scene cannot be read.
pub fn steps(config: &Config, store: &PreparedStore) -> Result<u64> {
    let crops = crops_of_scenes(store, store.scenes(Split::Train), config)?;
    Ok(steps_per_epoch(&crops, config) * config.train.epochs)
}

fn steps_per_epoch(crops: &[usize], config: &Config) -> u64 {
    crops.iter().sum::<usize>().div_ceil(config.train.batch) as u64
}

/// Makes the batch of a step.
pub(super) struct BatchMaker {
    store: PreparedStore,
    config: Config,
    /// Weight of every output in the loss.
    weights: Vec<f32>,
    /// How often each scene comes up in an epoch.
    crops: Vec<usize>,
    search: SearchOn,
    /// For GPUs, which train faster than scenes can be read, and for features that take longer than reading.
    kept: Option<KeptScenes>,
    /// For GPUs: threads that leave some cores to those that launch kernels. A GPU waits whenever these wait for a core.
    threads: Option<ThreadPool>,
}

/// Cores that are left to the threads that launch kernels: the one that runs the network, CubeCL's and the driver's.
const LAUNCHING: usize = 3;

/// Scenes that stay in memory, as long as there is room for them.
struct KeptScenes {
    scenes: Vec<OnceLock<Arc<ScenePoints>>>,
    /// Bytes that are left.
    room: AtomicUsize,
}

/// Memory for scenes, in bytes.
const ROOM: usize = 4 << 30;

impl KeptScenes {
    fn new(scenes: usize) -> Self {
        KeptScenes { scenes: (0..scenes).map(|_| OnceLock::new()).collect(), room: AtomicUsize::new(ROOM) }
    }

    /// Keeps a scene, if there is room.
    fn keep(&self, number: usize, scene: &Arc<ScenePoints>) {
        let need = scene.coord.len() * (20 + 4 * scene.layout.channels);
        let room = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(need));
        if room.is_ok() && self.scenes[number].set(scene.clone()).is_err() {
            // another thread was quicker
            self.room.fetch_add(need, Ordering::Relaxed);
        }
    }
}

impl BatchMaker {
    /// Reads all training scenes once, for the weights of the classes.
    ///
    /// # Errors
    /// If there are no training scenes, or one cannot be used.
    pub fn new(store: PreparedStore, config: &Config, search: SearchOn, data: &Path) -> Result<Self> {
        let scenes = store.scenes(Split::Train);
        if scenes.is_empty() {
            return Err(crate::Error::NoTrainingScenes(data.to_owned()));
        }
        let weights = super::class_weights::class_weights(&store, scenes, config)?;
        let crops = crops_of_scenes(&store, scenes, config)?;
        let slow = config.data.features.contains(&Feature::Covariance);
        let kept = (search == SearchOn::Device || slow).then(|| KeptScenes::new(scenes.len()));
        let threads = (search == SearchOn::Device).then(|| {
            let threads = rayon::current_num_threads().saturating_sub(LAUNCHING).max(1);
            ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
        });
        Ok(BatchMaker { store, config: config.clone(), weights, crops, search, kept, threads })
    }

    pub fn store(&self) -> &PreparedStore {
        &self.store
    }

    fn scenes(&self) -> &[String] {
        self.store.scenes(Split::Train)
    }

    /// Number of steps in an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        steps_per_epoch(&self.crops, &self.config)
    }

    /// The batch of a step; steps count from 0.
    pub fn batch(&self, step: u64) -> Result<Batch> {
        match &self.threads {
            Some(threads) => threads.install(|| self.make(step)),
            None => self.make(step),
        }
    }

    fn make(&self, step: u64) -> Result<Batch> {
        let (epoch, within) = (step / self.steps_per_epoch(), (step % self.steps_per_epoch()) as usize);
        let size = self.config.train.batch;
        let order = epoch_order(&self.config, &self.crops, epoch);
        let crops: Vec<Result<Crop, SceneError>> = (within * size..(within + 1) * size)
            .into_par_iter()
            .map(|position| {
                let number = [epoch, position as u64];
                let mut rng = generator(self.config.seed, Purpose::Crop, &number);
                let augmenter = Augmenter::new(&self.config.augment.0, self.config.seed, number);
                self.crop(order[position], augmenter, &mut rng)
            })
            .collect();
        let crops = crops.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Batch::new(&crops, &self.config, self.search)?)
    }

    /// A scene, changed by those augmentations that change scenes.
    fn scene(&self, number: usize, augmenter: &mut Augmenter) -> Result<Arc<ScenePoints>, SceneError> {
        let kept = self.kept.as_ref().filter(|_| !augmenter.changes_scenes());
        if let Some(scene) = kept.and_then(|kept| kept.scenes[number].get()) {
            return Ok(scene.clone());
        }
        let (id, data) = (&self.scenes()[number], &self.config.data);
        let change = |scene: &mut _| augmenter.change_scene(scene);
        let mut scene = ScenePoints::load_changed(&self.store, Split::Train, id, data, Vertices::Annotated, change)?;
        let Some(kept) = kept else { return Ok(Arc::new(scene)) };
        if self.config.crop.voxel > 0.0 {
            scene.cells = Some(Cells::number(&scene.coord, self.config.crop.voxel));
        }
        let scene = Arc::new(scene);
        kept.keep(number, &scene);
        Ok(scene)
    }

    /// A crop of a scene, augmented.
    fn crop(&self, number: usize, mut augmenter: Augmenter, rng: &mut Generator) -> Result<Crop, SceneError> {
        let scene = self.scene(number, &mut augmenter)?;
        let weights = LossWeights { labels: &self.config.data.labels, outputs: &self.weights };
        let mut crop = random_crop(&scene, &self.config.crop, &weights, rng);
        drop(scene);
        augmenter.change_crop(&mut crop, &|rng, augmenter| {
            let others = self.scenes().len() - 1;
            let other = if others == 0 { 0 } else { (number + 1 + rng.random_range(0..others)) % (others + 1) };
            self.crop(other, augmenter, rng)
        })?;
        Ok(crop)
    }
}

/// How often each scene comes up in an epoch. Scenes are read only if that depends on their points.
fn crops_of_scenes(store: &PreparedStore, scenes: &[String], config: &Config) -> Result<Vec<usize>> {
    let (per_scene, data) = (config.train.crops_per_scene, config.data.quick());
    if per_scene != CropsPerScene::ByPoints {
        return Ok(vec![per_scene.of(0, config.crop.points); scenes.len()]);
    }
    let crops = |id: &String| {
        let scene = ScenePoints::load(store, Split::Train, id, &data, Vertices::Annotated)?;
        Ok(per_scene.of(scene.coord.len(), config.crop.points))
    };
    scenes.par_iter().map(crops).collect()
}

/// The scenes of an epoch's crops, in the order in which they are drawn: every scene as often as `crops` says, shuffled,
/// and then the first ones again until all batches are full.
fn epoch_order(config: &Config, crops: &[usize], epoch: u64) -> Vec<usize> {
    let rounds = 0..crops.iter().copied().max().unwrap_or(0);
    let mut order: Vec<usize> =
        rounds.flat_map(|round| (0..crops.len()).filter(move |&scene| crops[scene] > round)).collect();
    order.shuffle(&mut generator(config.seed, Purpose::Order, &[epoch]));
    let full = order.len().div_ceil(config.train.batch) * config.train.batch;
    (0..full).map(|i| order[i % order.len()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_every_scene_as_often_as_it_should() {
        let mut config = Config::default();
        config.train.batch = 4;
        let order = epoch_order(&config, &[1, 5, 2], 0);
        assert_eq!([0, 1, 2].map(|scene| order[..8].iter().filter(|&&s| s == scene).count()), [1, 5, 2]);
        assert_ne!(order, epoch_order(&config, &[1, 5, 2], 1));
        assert_eq!(epoch_order(&config, &[1, 2], 0).len(), 4);
    }
}
