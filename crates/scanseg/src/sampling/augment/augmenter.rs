//! All augmentations of one crop.

use super::Augmentation;
use crate::random::{Generator, Purpose, generator};
use crate::sampling::Crop;
use crate::scene::SceneError;
use scannet::Scene;

/// The augmentations of one crop, in their order, each with its own random numbers.
pub(crate) struct Augmenter<'a> {
    steps: Vec<(&'a Augmentation, Generator)>,
    seed: u64,
    crop: [u64; 2],
}

impl<'a> Augmenter<'a> {
    /// For the crop at a position of an epoch, `[epoch, position]`. The random numbers of an augmentation depend on the
    /// seed, the crop, its kind and how many of this kind came before.
    pub fn new(list: &'a [Augmentation], seed: u64, crop: [u64; 2]) -> Self {
        Augmenter::with(list.iter().collect(), seed, crop, None)
    }

    /// `mix` is the number of the mix that the crop is made for, if it is for one.
    fn with(list: Vec<&'a Augmentation>, seed: u64, crop: [u64; 2], mix: Option<u64>) -> Self {
        let kinds: Vec<u64> = list.iter().map(|augmentation| augmentation.numbered().0).collect();
        let stream = |place: usize| {
            let before = kinds[..place].iter().filter(|kind| **kind == kinds[place]).count() as u64;
            let numbers = [crop[0], crop[1], kinds[place], before].into_iter().chain(mix);
            generator(seed, Purpose::Augment, &numbers.collect::<Vec<_>>())
        };
        let steps = list.iter().enumerate().map(|(place, &augmentation)| (augmentation, stream(place))).collect();
        Augmenter { steps, seed, crop }
    }

    /// Those that the other crop of a mix gets: what precedes the mix, except other mixes.
    fn of_other(&self, place: usize) -> Self {
        let before = self.steps[..place].iter().map(|(augmentation, _)| *augmentation);
        let (mixes, others): (Vec<_>, Vec<_>) = before.partition(|a| matches!(a, Augmentation::Mix(_)));
        Augmenter::with(others, self.seed, self.crop, Some(mixes.len() as u64))
    }

    /// Whether any of them changes scenes.
    pub fn changes_scenes(&self) -> bool {
        self.steps.iter().any(|(augmentation, _)| augmentation.numbered().1.changes_scenes())
    }

    /// Changes a scene before a crop is cut from it.
    pub fn change_scene(&mut self, scene: &mut Scene) {
        self.steps.iter_mut().for_each(|(augmentation, rng)| augmentation.numbered().1.change_scene(scene, rng));
    }

    /// Changes a crop. `another` makes a crop of another scene with these random numbers and augmentations.
    pub fn change_crop(
        &mut self,
        crop: &mut Crop,
        another: &dyn Fn(&mut Generator, Augmenter<'a>) -> Result<Crop, SceneError>,
    ) -> Result<(), SceneError> {
        for place in 0..self.steps.len() {
            let of_other = self.of_other(place);
            let (augmentation, rng) = &mut self.steps[place];
            match augmentation {
                Augmentation::Mix(mix) if mix.happens(rng) => crop.take_every_second(&another(rng, of_other)?),
                augmentation => augmentation.numbered().1.change_crop(crop, rng),
            }
        }
        Ok(())
    }
}
