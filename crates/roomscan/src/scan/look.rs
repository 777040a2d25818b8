//! How the camera shows colours: white balance, exposure, seams between pictures, and a tone curve that clips.

use crate::dice::Dice;
use crate::math::{V3, dot, noise3, sub};

/// One of the pictures that the colours are taken from.
struct Picture {
    from: V3,
    gain: V3,
}

/// Mean light in a scan for which the exposure is 1.
const USUAL: f32 = 0.7;

/// The camera of a scan.
pub(crate) struct Look {
    /// Gain of red, green and blue.
    balance: V3,
    exposure: f32,
    contrast: f32,
    vignette: f32,
    pictures: Vec<Picture>,
    noise: f32,
    seed: u32,
}

impl Look {
    /// Draws a camera and where it took pictures of the points `coord`, on which there is `light` on average.
    pub fn draw(coord: &[V3], light: f32, noise: f32, d: &mut Dice) -> Look {
        // Warm and cool, and a little green or magenta. Cameras leave rooms warmer than they should.
        let (warm, green) = (0.045 + 0.08 * d.normal(), 0.03 * d.normal());
        // It measures the light, and neither exactly nor fully makes up for it.
        let mut exposure = (USUAL / light.max(0.05)).powf(0.8) * (0.12 * d.normal()).exp();
        match d.unit() {
            u if u < 0.1 => exposure *= d.between(0.45, 0.7),
            u if u > 0.9 => exposure *= d.between(1.3, 1.7),
            _ => {}
        }
        let count = if coord.is_empty() { 0 } else { 5 + d.below(12) };
        let pictures = (0..count)
            .map(|_| {
                let [x, y, z] = coord[d.below(coord.len())];
                let gain = 1.0 + 0.07 * noise * d.normal();
                let tint = 0.025 * noise * d.normal();
                Picture { from: [x, y, 0.5 * z + 0.7], gain: [gain * (1.0 + tint), gain, gain * (1.0 - tint)] }
            })
            .collect();
        Look {
            balance: [1.0 + warm, 1.0 + green, 1.0 - 1.3 * warm],
            exposure,
            contrast: d.between(1.05, 1.45),
            vignette: 0.03 * noise * d.unit(),
            pictures,
            noise,
            seed: d.word(),
        }
    }

    /// The picture that shows `p` best: where it was taken from, and its gains at `p`.
    pub fn picture(&self, p: V3) -> (V3, V3) {
        // Seams are ragged.
        let rag = 0.35 * noise3(p.map(|v| v * 3.0), self.seed ^ 2);
        let away = |picture: &Picture| {
            let way = sub(picture.from, p);
            dot(way, way)
        };
        let best = (self.pictures.iter().enumerate())
            .map(|(i, picture)| (away(picture) * (1.0 + if i % 2 == 0 { rag } else { -rag }), picture))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, picture)) = best else { return (p, [1.0; 3]) };
        let edge = 1.0 / (1.0 + self.vignette * away(picture));
        (picture.from, picture.gain.map(|g| g * edge))
    }

    /// The colour that the camera shows for a surface of colour `base` in the light `light` (of each channel) at `p`.
    /// `gain` is that of the picture, and `shine` is added light of a highlight.
    pub fn show(&self, p: V3, base: V3, light: V3, gain: V3, shine: f32, d: &mut Dice) -> [u8; 3] {
        // A moving camera changes its exposure, which leaves smooth blotches in the fused colours.
        let cloud = 0.1 * noise3(p.map(|v| v * 1.1), self.seed) + 0.04 * noise3(p.map(|v| v * 5.0), self.seed ^ 1);
        let exposure = self.exposure * (1.0 + cloud * self.noise);
        let common = 0.018 * self.noise * d.normal();
        std::array::from_fn(|a| {
            let own = 0.01 * self.noise * d.normal();
            // Highlights are compressed as in a camera, and clip.
            let bright = 1.5 * (1.0 - (-light[a] * exposure).exp()) * gain[a] * self.balance[a];
            let value = (base[a] + 0.3 * shine) * bright;
            let value = 0.45 + (value - 0.45) * self.contrast + common + own;
            (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_differ_in_brightness_and_balance_and_clip() {
        let coord = vec![[0.0; 3], [3.0, 2.0, 1.0]];
        let shown: Vec<[u8; 3]> = (0..200)
            .map(|stream| {
                let mut d = Dice::new(1, stream);
                let look = Look::draw(&coord, 0.8, 0.0, &mut d);
                look.show([0.0; 3], [0.6; 3], [0.8; 3], [1.0; 3], 0.0, &mut d)
            })
            .collect();
        let of = |f: fn(&[u8; 3]) -> f32| {
            let mean = shown.iter().map(f).sum::<f32>() / 200.0;
            (mean, (shown.iter().map(|c| (f(c) - mean).powi(2)).sum::<f32>() / 200.0).sqrt())
        };
        let (_, brightness) = of(|c| f32::from(c[1]));
        let (warmth, spread) = of(|c| f32::from(c[0]) - f32::from(c[2]));
        assert!((12.0..45.0).contains(&brightness), "{brightness}");
        assert!(warmth > 5.0 && (8.0..50.0).contains(&spread), "{warmth} {spread}");
        let mut d = Dice::new(1, 0);
        let look = Look::draw(&coord, 0.8, 0.0, &mut d);
        assert_eq!(look.show([0.0; 3], [1.0; 3], [9.0; 3], [1.0; 3], 1.0, &mut d), [255; 3]);
    }
}
