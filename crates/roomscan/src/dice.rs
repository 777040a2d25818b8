//! The random generator. Distributions are implemented here, so that a new release of `rand` cannot change the rooms.

use crate::edition::Edition;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// ChaCha8 with one stream per scan: scan 7 is the same whether or not scan 6 was generated. Everything that draws has the
/// dice, so they also say which edition of the rooms is drawn.
pub(crate) struct Dice {
    rng: ChaCha8Rng,
    edition: Edition,
}

impl Dice {
    pub fn new(seed: u64, stream: u64) -> Dice {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Dice { rng, edition: Edition::First }
    }

    /// The same dice, for rooms of an edition.
    pub fn of(self, edition: Edition) -> Dice {
        Dice { edition, ..self }
    }

    /// Whether rooms of the second edition are drawn.
    pub fn second(&self) -> bool {
        self.edition == Edition::Second
    }

    /// What the first or the second edition uses. It draws nothing.
    pub fn either<T>(&self, first: T, second: T) -> T {
        if self.second() { second } else { first }
    }

    pub fn word(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.word() >> 8) as f32 / (1 << 24) as f32
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// Uniform in 0..n, where n must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.word()) * n as u64) >> 32) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Nearly standard normal: a sum of four uniform numbers, which is cheap and never exceeds 3.5.
    pub fn normal(&mut self) -> f32 {
        let bits = self.rng.next_u64();
        let sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
        (sum as f32 / 65535.0 - 2.0) * 1.732_050_8
    }

    /// Fisher-Yates shuffle.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, stream| {
            let mut d = Dice::new(seed, stream);
            [d.word(), d.word(), d.word()]
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn normal_has_mean_0_and_variance_1() {
        let mut d = Dice::new(3, 0);
        let x: Vec<f32> = (0..20_000).map(|_| d.normal()).collect();
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let var = x.iter().map(|v| v * v).sum::<f32>() / x.len() as f32 - mean * mean;
        assert!(mean.abs() < 0.03 && (var - 1.0).abs() < 0.04, "{mean} {var}");
    }
}
