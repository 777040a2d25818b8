//! Random generators by purpose.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What a generator is for; two purposes never share numbers.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// The initial weights.
    Weights,
    /// The order of crops in an epoch.
    Order,
    /// One training crop.
    Crop,
    /// One evaluation tile.
    Tile,
    /// Dropout in one training step.
    Step,
}

/// A generator for one thing: the same for the same seed, purpose and number, whatever was drawn before and by which thread.
pub fn generator(seed: u64, purpose: Purpose, numbers: &[u64]) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update([purpose as u8]);
    for number in numbers {
        hash.update(number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}
