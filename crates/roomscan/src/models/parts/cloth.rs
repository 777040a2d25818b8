//! Cloth and cushions.

use crate::math::noise3;
use crate::scene::Brush;
use std::f32::consts::TAU;

/// Cloth that hangs from z = `z[1]` to `z[0]` along a line on the floor, in folds of ±`fold` metres every `pitch`
/// metres.
#[derive(Clone, Copy)]
pub(in crate::models) struct Drape {
    pub from: [f32; 2],
    pub to: [f32; 2],
    pub z: [f32; 2],
    pub fold: f32,
    pub pitch: f32,
    /// Share by which its waist is narrower than its head.
    pub waist: f32,
}

impl Drape {
    pub fn draw(&self, b: &mut Brush, m: u32, seed: u32) {
        let Drape { from, to, z, fold, pitch, waist } = *self;
        let along = [to[0] - from[0], to[1] - from[1]];
        let wide = along[0].hypot(along[1]).max(0.01);
        let normal = [-along[1] / wide, along[0] / wide];
        let waves = (wide / pitch).round().max(1.0);
        b.sheet(m, [waves as usize * 6, 10], move |u, v| {
            let pinch = 1.0 - waist * (v * TAU / 2.0).sin();
            let t = 0.5 + (u - 0.5) * pinch;
            let sway = 0.4 * fold * noise3([u * 4.0, v * 3.0, 0.0], seed);
            let phase = u * waves + 0.3 * noise3([u * waves * 0.5, v, 7.0], seed);
            let out = fold * (phase * TAU).sin() * (0.7 + 0.3 * v) + sway;
            [
                from[0] + along[0] * t + normal[0] * out,
                from[1] + along[1] * t + normal[1] * out,
                z[1] + (z[0] - z[1]) * v,
            ]
        });
    }
}

/// A soft slab with round sides, given as a box.
pub(in crate::models) fn cushion(b: &mut Brush, m: u32, low: [f32; 3], high: [f32; 3], exponent: f32) {
    let middle = [0, 1, 2].map(|a| (low[a] + high[a]) / 2.0);
    b.puff(m, middle, [0, 1, 2].map(|a| (high[a] - low[a]) / 2.0), exponent);
}
