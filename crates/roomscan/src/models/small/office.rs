//! Things of an office, a lecture hall or a shop.

use super::super::parts::SIDES;
use crate::dice::Dice;
use crate::scene::{Material, Model, Pattern, Ring};

/// A monitor, or an open laptop, on a desk.
pub(crate) fn monitor(d: &mut Dice) -> Model {
    let laptop = d.chance(0.15);
    Model::new(if laptop { "laptop" } else { "monitor" }, d, |b, d| {
        let shell = Material::black(d);
        let shell = b.material(shell);
        let screen = Material::screen(d);
        let screen = b.material(screen);
        if laptop {
            let w = d.between(0.3, 0.38);
            b.block(shell, [0.0, 0.05, 0.0], [w, 0.24, 0.02]);
            let lean = crate::math::Pose::tilted([0.0, -0.07, 0.015], d.between(0.1, 0.45));
            b.inside(lean).cuboid(screen, [-w / 2.0, -0.012, 0.0], [w / 2.0, 0.0, 0.22]);
            return;
        }
        let w = d.between(0.38, 0.75);
        let h = w * d.between(0.5, 0.78);
        let lift = d.between(0.06, 0.18);
        b.block(shell, [0.0, 0.0, lift], [w, d.between(0.025, 0.07), h]);
        b.cuboid(screen, [-w / 2.0 + 0.015, 0.02, lift + 0.02], [w / 2.0 - 0.015, 0.04, lift + h - 0.015]);
        b.block(shell, [0.0, -0.03, 0.0], [0.06, 0.04, lift + h * 0.4]);
        let (r, e) = (d.between(0.09, 0.13), d.pick(&[2.0, 8.0]));
        b.loft(shell, &[Ring::new([0.0; 3], [r * 1.1, r], e), Ring::new([0.0, 0.0, 0.02], [r * 1.1, r], e)], 20);
    })
}

pub(crate) fn keyboard(d: &mut Dice) -> Model {
    Model::new("keyboard", d, |b, d| {
        let keys = Material::black(d).base;
        let keys = Material::patterned(keys, [0.3; 3], Pattern::Check, 0.02, d.word());
        let keys = b.material(keys);
        b.block(keys, [0.0; 3], [d.between(0.28, 0.46), d.between(0.11, 0.18), 0.025]);
    })
}

/// The case of a computer, under or on a desk.
pub(crate) fn computer_tower(d: &mut Dice) -> Model {
    Model::new("computer tower", d, |b, d| {
        let shell = Material::black(d);
        let shell = b.material(shell);
        b.block(shell, [0.0; 3], [d.between(0.1, 0.22), d.between(0.35, 0.5), d.between(0.3, 0.48)]);
    })
}

/// A free-standing desk for a speaker; its slanted top faces away from +y.
pub(crate) fn podium(d: &mut Dice) -> Model {
    Model::new("podium", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let (w, depth, h) = (d.between(0.5, 0.8), d.between(0.4, 0.6), d.between(1.05, 1.2));
        let (x, y) = (w / 2.0, depth / 2.0);
        let thin = d.chance(0.3);
        if thin {
            b.block(m, [0.0; 3], [w * 0.8, depth * 0.8, 0.05]);
            b.block(m, [0.0; 3], [w * 0.25, 0.12, h - 0.1]);
        } else {
            b.cuboid(m, [-x, y - 0.03, 0.0], [x, y, h]);
            for s in SIDES {
                b.block(m, [s * (x - 0.015), 0.0, 0.0], [0.03, depth, h - 0.1]);
            }
            b.cuboid(m, [-x, -y, 0.4], [x, y, 0.43]);
        }
        let low = h - 0.18;
        b.sheet(m, [1, 1], |u, v| [(2.0 * u - 1.0) * x, (2.0 * v - 1.0) * y, low + (h - low) * v]);
        b.sheet(m, [1, 1], |u, v| [(2.0 * u - 1.0) * x, (2.0 * v - 1.0) * y, low + (h - low) * v - 0.03]);
    })
}

/// A case of glass on a base, at a wall or in the open.
pub(crate) fn display_case(d: &mut Dice) -> Model {
    Model::new("display case", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        let glass = Material::glass(d);
        let glass = b.material(glass);
        let (w, depth) = (d.between(0.5, 1.6), d.between(0.35, 0.65));
        let (low, h) = if d.chance(0.5) {
            (d.between(0.6, 0.9), d.between(1.0, 1.3))
        } else {
            (d.between(0.1, 0.5), d.between(1.5, 2.0))
        };
        let (x, y) = (w / 2.0, depth / 2.0);
        b.block(m, [0.0; 3], [w, depth, low]);
        b.block(m, [0.0, 0.0, h - 0.03], [w, depth, 0.03]);
        for sx in SIDES {
            b.cuboid(glass, [sx * x - 0.004, -y, low], [sx * x + 0.004, y, h]);
            b.cuboid(glass, [-x, sx * y - 0.004, low], [x, sx * y + 0.004, h]);
            for sy in SIDES {
                b.block(m, [sx * (x - 0.015), sy * (y - 0.015), low], [0.03, 0.03, h - low]);
            }
        }
        let mut z = low;
        while z < h - 0.3 {
            for _ in 0..3 {
                let thing = b.material(Material::vivid(d));
                let at = [d.between(-0.35, 0.35) * w, d.between(-0.2, 0.2) * depth, z];
                b.block(thing, at, [d.between(0.05, 0.15), d.between(0.05, 0.12), d.between(0.05, 0.22)]);
            }
            z += 0.35;
            b.block(m, [0.0, 0.0, z - 0.02], [w - 0.02, depth - 0.02, 0.02]);
        }
    })
}
