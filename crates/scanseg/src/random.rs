//! Random generators by purpose.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What a generator is for; two purposes never share numbers.
///
/// The values are part of every seed: a new purpose gets a new one, and none ever changes.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// The initial weights.
    Weights = 0,
    /// The order of crops in an epoch.
    Order = 1,
    /// One training crop.
    Crop = 2,
    /// One evaluation tile.
    Tile = 3,
    /// Dropout in one training step.
    Step = 4,
    /// One augmentation of one training crop.
    Augment = 5,
}

/// The generator that everything random is drawn from.
pub type Generator = ChaCha8Rng;

/// A generator for one purpose. The same seed, purpose and numbers give the same draws, whatever was drawn before and
/// on whichever thread.
pub fn generator(seed: u64, purpose: Purpose, numbers: &[u64]) -> Generator {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update([purpose as u8]);
    for number in numbers {
        hash.update(number.to_le_bytes());
    }
    Generator::from_seed(hash.finalize().into())
}
