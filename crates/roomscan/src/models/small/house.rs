//! Things for cleaning and ironing, fans and ladders.

use super::super::parts::{Drape, SIDES};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model};
use std::f32::consts::TAU;

/// An ironing board, set up in the open or folded at a wall.
pub(crate) fn ironing_board(d: &mut Dice) -> Model {
    let folded = d.chance(0.35);
    Model::new("ironing board", d, |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let metal = Material::metal(d);
        let metal = b.material(metal);
        let (x, y, h) = (d.between(0.58, 0.7), d.between(0.15, 0.2), d.between(0.8, 0.95));
        if folded {
            let mut up = b.inside(Pose::tilted([0.0, 0.1, 0.02], TAU / 4.0 + 0.08));
            up.disc(cloth, [0.0, x, 0.0], [y, x], 3.5, 0.04);
            up.path(metal, &[[0.1, 0.0, -0.04], [-0.1, 2.0 * x, -0.04]], 0.016);
            return;
        }
        b.disc(cloth, [0.0, 0.0, h - 0.04], [x, y], 3.5, 0.04);
        for s in SIDES {
            b.tube(metal, [-x * 0.6, s * y * 0.7, 0.0], [x * 0.45, s * 0.05, h - 0.04], 0.016);
            b.tube(metal, [x * 0.5, s * y * 0.7, 0.0], [-x * 0.5, s * 0.05, h - 0.04], 0.016);
        }
    })
}

/// A rack of bars, in the open, mostly with clothes on it.
pub(crate) fn drying_rack(d: &mut Dice) -> Model {
    let (x, y, h) = (d.between(0.5, 0.9), d.between(0.22, 0.32), d.between(0.8, 1.1));
    let wings = d.chance(0.5);
    let full = d.between(0.0, 0.9);
    let count = if wings { 9 } else { 5 };
    let wide = if wings { 1.0 } else { y };
    let bar = |i: usize| -wide + 2.0 * wide * i as f32 / (count - 1) as f32;
    let mut model = Model::new("drying rack", d, |b, d| {
        let m = Material::metal(d);
        let m = b.material(m);
        for s in SIDES {
            b.tube(m, [s * x, -y, 0.0], [s * x, y, h], 0.016);
            b.tube(m, [s * x, y, 0.0], [s * x, -y, h], 0.016);
            b.tube(m, [s * x, -wide, h], [s * x, wide, h], 0.016);
        }
        for i in 0..count {
            b.tube(m, [-x, bar(i), h], [x, bar(i), h], 0.013);
        }
    });
    for i in 0..count {
        if d.chance(full) {
            let (half, long, seed) = (d.between(0.12, 0.4), d.between(0.25, 0.6), d.word());
            let at = d.between(-0.5, 0.5) * (x - half);
            let cloth = Model::in_place("clothes", d, |b, d| {
                let cloth = b.material(Material::linen(d));
                let both = [-0.02, 0.02];
                for y in both {
                    let drape = Drape {
                        from: [-half, y],
                        to: [half, y],
                        z: [h - long, h],
                        fold: 0.012,
                        pitch: 0.15,
                        waist: 0.0,
                    };
                    drape.draw(b, cloth, seed);
                }
                b.block(cloth, [0.0, 0.0, h], [2.0 * half, 0.05, 0.015]);
            });
            model = model.with_part(cloth, Pose::at([at, bar(i), 0.0]));
        }
    }
    model
}

/// A vacuum cleaner on the floor: with a hose, upright, or a flat robot.
pub(crate) fn vacuum_cleaner(d: &mut Dice) -> Model {
    let kind = d.below(3);
    Model::new("vacuum cleaner", d, |b, d| {
        let shell = Material::vivid(d);
        let shell = b.material(shell);
        let black = Material::black(d);
        let black = b.material(black);
        match kind {
            0 => b.cylinder(shell, [0.0; 3], 0.17, 0.09),
            1 => {
                let h = d.between(1.0, 1.15);
                b.block(black, [0.0, 0.12, 0.0], [0.3, 0.25, 0.09]);
                let mut up = b.inside(Pose::tilted([0.0, 0.05, 0.08], 0.25));
                up.puff(shell, [0.0, 0.0, 0.35], [0.11, 0.1, 0.35], 3.5);
                up.tube(black, [0.0, 0.0, 0.6], [0.0, 0.0, h], 0.02);
            }
            _ => {
                b.puff(shell, [0.0, 0.0, 0.13], [0.14, 0.2, 0.13], 3.0);
                for s in SIDES {
                    b.tube(black, [s * 0.14, -0.12, 0.09], [s * 0.17, -0.12, 0.09], 0.09);
                }
                b.path(black, &[[0.0, 0.18, 0.2], [0.1, 0.45, 0.3], [0.3, 0.55, 0.9], [0.35, 0.75, 0.05]], 0.024);
                b.block(black, [0.35, 0.8, 0.0], [0.28, 0.09, 0.05]);
            }
        }
    })
}

/// A fan: on a pole, on the floor, or a tower.
pub(crate) fn fan(d: &mut Dice) -> Model {
    let kind = d.below(3);
    Model::new("fan", d, |b, d| {
        let m = if d.chance(0.5) { Material::ceramic(d) } else { Material::black(d) };
        let m = b.material(m);
        if kind == 0 {
            let h = d.between(0.7, 1.1);
            b.cylinder(m, [0.0; 3], 0.15, 0.04);
            b.disc(m, [0.0, 0.0, 0.04], [0.09, 0.09], 4.0, h);
            return;
        }
        let (r, h) = (d.between(0.17, 0.25), if kind == 1 { d.between(0.9, 1.3) } else { 0.28 });
        b.cylinder(m, [0.0; 3], d.between(0.14, 0.22), 0.04);
        b.cylinder(m, [0.0; 3], 0.02, h);
        let mut head = b.inside(Pose::tilted([0.0, 0.06, h], -TAU / 4.0 + d.between(-0.2, 0.3)));
        head.puff(m, [0.0; 3], [r, r, 0.07], 2.0);
        head.cylinder(m, [0.0, 0.0, -0.18], 0.06, 0.18);
    })
}

/// A step ladder in the open, or a folded one at a wall.
pub(crate) fn ladder(d: &mut Dice) -> Model {
    let (x, h, folded) = (d.between(0.19, 0.27), d.between(0.6, 2.0), d.chance(0.4));
    Model::new("ladder", d, |b, d| {
        let m = Material::metal(d);
        let m = b.material(m);
        let out = if folded { 0.12 } else { h * 0.32 };
        let t = d.between(0.016, 0.024);
        for s in SIDES {
            b.tube(m, [s * x * 1.15, out, 0.0], [s * x, 0.0, h], t);
            b.tube(m, [s * x, -out * 0.6, 0.0], [s * x, -0.02, h * 0.96], t);
        }
        let steps = (h / 0.26) as usize;
        for i in 1..=steps {
            let s = i as f32 / steps as f32;
            b.block(m, [0.0, out * (1.0 - s), h * s - 0.03], [2.0 * x, 0.09, 0.03]);
        }
    })
}
