//! Draws of materials. Every family has its usual colours, but about a third of all draws have any colour, so that no
//! class can be told by it.

use super::material::Rgb;
use super::{Material, Pattern};
use crate::dice::Dice;
use crate::math::lerp;

/// Probability that a material has any colour instead of a usual one.
const ANY: f32 = 0.35;

const WOODS: [Rgb; 8] = [
    [0.55, 0.38, 0.23],
    [0.68, 0.52, 0.34],
    [0.38, 0.24, 0.15],
    [0.76, 0.63, 0.45],
    [0.30, 0.19, 0.13],
    [0.61, 0.44, 0.29],
    [0.45, 0.22, 0.13],
    [0.58, 0.52, 0.45],
];
const LACQUERS: [Rgb; 7] = [
    [0.90, 0.89, 0.86],
    [0.83, 0.80, 0.74],
    [0.62, 0.62, 0.63],
    [0.22, 0.22, 0.24],
    [0.86, 0.82, 0.70],
    [0.93, 0.93, 0.93],
    [0.42, 0.44, 0.48],
];
const FABRICS: [Rgb; 12] = [
    [0.30, 0.33, 0.40],
    [0.58, 0.55, 0.50],
    [0.45, 0.20, 0.18],
    [0.20, 0.28, 0.22],
    [0.72, 0.66, 0.56],
    [0.16, 0.16, 0.18],
    [0.25, 0.35, 0.55],
    [0.60, 0.45, 0.25],
    [0.40, 0.40, 0.42],
    [0.85, 0.83, 0.78],
    [0.33, 0.22, 0.16],
    [0.52, 0.30, 0.42],
];

/// Any colour: greys of all lights about as often as strong colours.
fn any_color(d: &mut Dice) -> Rgb {
    let (light, strong) = (d.between(0.06, 0.94), d.unit() * 0.7);
    [0; 3].map(|_| (light + strong * (d.unit() - 0.5)).clamp(0.03, 0.97))
}

/// Shifts all channels of `c` together by up to `amount`, and each by up to half of it.
fn jitter(c: Rgb, amount: f32, d: &mut Dice) -> Rgb {
    let all = d.between(-amount, amount);
    c.map(|v| (v + all + d.between(-amount, amount) * 0.5).clamp(0.02, 0.98))
}

fn tone(usual: &[Rgb], amount: f32, d: &mut Dice) -> Rgb {
    if d.chance(ANY) { any_color(d) } else { jitter(d.pick(usual), amount, d) }
}

impl Material {
    pub fn wood(d: &mut Dice) -> Material {
        let base = tone(&WOODS, 0.07, d);
        Material::patterned(base, base.map(|c| c * 0.78), Pattern::Grain, d.between(0.03, 0.08), d.word())
    }

    /// Lacquered board, mostly white, grey, beige or black.
    pub fn lacquer(d: &mut Dice) -> Material {
        Material::plain(tone(&LACQUERS, 0.05, d))
    }

    /// Wood or lacquer.
    pub fn board(d: &mut Dice) -> Material {
        if d.chance(0.6) { Material::wood(d) } else { Material::lacquer(d) }
    }

    /// Wood, lacquer or metal, as legs and frames are.
    pub fn frame(d: &mut Dice) -> Material {
        match d.below(4) {
            0 => Material::black(d),
            1 => Material::metal(d),
            2 => Material::lacquer(d),
            _ => Material::wood(d),
        }
    }

    pub fn fabric(d: &mut Dice) -> Material {
        let base = tone(&FABRICS, 0.08, d);
        let pattern = d.pick(&[Pattern::Weave, Pattern::Weave, Pattern::Weave, Pattern::Stripes, Pattern::Check]);
        let size = if pattern == Pattern::Weave { 0.01 } else { d.between(0.04, 0.12) };
        let second = if d.chance(0.2) { any_color(d) } else { jitter(base.map(|c| lerp(c, 0.9, 0.25)), 0.05, d) };
        Material::patterned(base, second, pattern, size, d.word())
    }

    /// Bedding, pillows and towels: white or light, or as other fabrics.
    pub fn linen(d: &mut Dice) -> Material {
        if d.chance(0.5) { Material::plain(jitter([0.86, 0.85, 0.82], 0.08, d)) } else { Material::fabric(d) }
    }

    pub fn metal(d: &mut Dice) -> Material {
        let grey = d.between(0.35, 0.8);
        Material::plain(jitter([grey; 3], 0.03, d)).lossy(d.between(0.0, 0.15))
    }

    /// Dark plastic, leather or steel, at times of another colour.
    pub fn black(d: &mut Dice) -> Material {
        let dark = d.between(0.06, 0.24);
        Material::plain(if d.chance(ANY / 2.0) { any_color(d) } else { jitter([dark; 3], 0.03, d) })
    }

    pub fn ceramic(d: &mut Dice) -> Material {
        let usual = [[0.91, 0.91, 0.89], [0.88, 0.85, 0.78]];
        Material::plain(if d.chance(ANY / 3.0) { any_color(d) } else { jitter(d.pick(&usual), 0.05, d) })
    }

    /// Worktops: stone with specks, wood or lacquer.
    pub fn stone(d: &mut Dice) -> Material {
        if d.chance(0.4) {
            return Material::board(d);
        }
        let usual = [[0.35, 0.33, 0.32], [0.72, 0.68, 0.62], [0.16, 0.16, 0.17], [0.55, 0.42, 0.33], [0.85; 3]];
        let base = tone(&usual, 0.06, d);
        Material::patterned(base, base.map(|c| (c + 0.2).min(1.0)), Pattern::Weave, 0.012, d.word())
    }

    /// Clear or dark glass, of which the sensor loses the most.
    pub fn glass(d: &mut Dice) -> Material {
        Material::plain(jitter([d.between(0.2, 0.7); 3], 0.05, d)).lossy(d.between(0.35, 0.85))
    }

    /// Screens: black, and partly lost.
    pub fn screen(d: &mut Dice) -> Material {
        Material::plain([d.between(0.03, 0.16); 3]).lossy(d.between(0.05, 0.35))
    }

    /// Paint of walls: mostly light, with a spread of about 35 of 255 between rooms, now and then strong or dark.
    pub fn paint(d: &mut Dice) -> Material {
        if d.chance(0.12) {
            return Material::plain(any_color(d));
        }
        let light = (0.72 + 0.13 * d.normal()).clamp(0.25, 0.97);
        Material::plain(jitter([light + 0.02, light, light - 0.03], 0.04, d))
    }

    /// A printed or painted sheet.
    pub fn painting(d: &mut Dice) -> Material {
        let (base, second) = (any_color(d), any_color(d));
        let pattern = if d.chance(0.2) { Pattern::Print } else { Pattern::Painting };
        Material::patterned(base, second, pattern, d.between(0.06, 0.25), d.word())
    }

    /// Card, from brown to white.
    pub fn card(d: &mut Dice) -> Material {
        let base = tone(&[[0.68, 0.53, 0.36], [0.74, 0.60, 0.44], [0.86; 3]], 0.06, d);
        Material::patterned(base, base.map(|c| c * 0.75), Pattern::Weave, 0.2, d.word())
    }

    pub fn leaves(d: &mut Dice) -> Material {
        let base = jitter(d.pick(&[[0.16, 0.38, 0.14], [0.3, 0.42, 0.2], [0.35, 0.3, 0.15]]), 0.08, d);
        Material::patterned(base, base.map(|c| c + 0.15), Pattern::Weave, 0.05, d.word())
    }

    /// Any colour, for small objects.
    pub fn vivid(d: &mut Dice) -> Material {
        Material::plain(any_color(d))
    }
}
