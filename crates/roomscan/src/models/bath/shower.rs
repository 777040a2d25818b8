//! Shower curtains and stalls.

use super::super::parts::{Drape, SIDES};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Pattern};

fn cloth(b: &mut Brush, d: &mut Dice) -> u32 {
    let mut m = if d.chance(0.4) { Material::ceramic(d) } else { Material::fabric(d) };
    if d.chance(0.3) {
        let second = Material::vivid(d).base;
        m = Material::patterned(m.base, second, Pattern::Painting, d.between(0.08, 0.25), d.word());
    }
    if d.chance(0.2) {
        m = m.lossy(d.between(0.1, 0.4));
    }
    b.material(m)
}

/// A curtain along the open side of a bathtub of width `w`, in the plane y = 0 (with its rail; the wall is at -y): drawn
/// or pushed to one side, of any length; the rail may turn to the wall at one end.
pub(crate) fn shower_curtain(d: &mut Dice, w: f32) -> Model {
    let (low, high) = (if d.chance(0.3) { d.between(0.02, 0.12) } else { d.between(0.12, 0.45) }, d.between(1.8, 2.1));
    let drawn = if d.chance(0.4) { d.between(0.12, 0.35) } else { d.between(0.45, 1.0) };
    let (side, seed, turns) = (d.pick(&SIDES), d.word(), d.chance(0.15));
    // The more it is pushed together, the deeper its folds.
    let fold = if drawn < 0.4 { d.between(0.03, 0.055) } else { d.between(0.01, 0.04) };
    let pitch = if drawn < 0.4 { d.between(0.06, 0.11) } else { d.between(0.1, 0.22) };
    Model::in_place("shower curtain", d, |b, d| {
        let m = cloth(b, d);
        let x = w / 2.0;
        let from = side * x;
        let drape =
            Drape { from: [from, 0.0], to: [from - side * w * drawn, 0.0], z: [low, high], fold, pitch, waist: 0.0 };
        drape.draw(b, m, seed);
        if turns {
            let end = -d.between(0.35, 0.65);
            Drape { from: [from, 0.0], to: [from, end], ..drape }.draw(b, m, seed ^ 1);
        }
        if d.chance(0.6) {
            let metal = Material::metal(d);
            let metal = b.material(metal);
            b.tube(metal, [-x, 0.0, high + 0.03], [x, 0.0, high + 0.03], 0.016);
        }
    })
}

/// A shower for a corner of the room, with its back at -y and its side at -x: a tray and panes that the sensor mostly
/// loses, which nobody annotates, or a curtain, which is an object.
pub(crate) fn shower_stall(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.75, 1.25), d.between(0.75, 1.0), d.between(1.85, 2.1));
    let (x, y) = (w / 2.0, depth / 2.0);
    let tray = if d.chance(0.4) { 0.02 } else { d.between(0.05, 0.18) };
    let veiled = d.chance(0.5);
    let model = Model::new("shower", d, |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let metal = Material::metal(d);
        let metal = b.material(metal);
        let glass = Material::glass(d).lossy(d.between(0.6, 0.97));
        let glass = b.material(glass);
        b.block(white, [0.0; 3], [w, depth, tray]);
        for (s, long) in [([x, y], 0.03), ([-x, y], 0.03), ([x, -y], 0.03)] {
            if !veiled {
                b.block(metal, [s[0], s[1], tray], [long, long, h - tray]);
            }
        }
        if !veiled {
            b.cuboid(glass, [-x, y - 0.01, tray], [x, y, h]);
            b.cuboid(glass, [x - 0.01, -y, tray], [x, y, h]);
            b.cuboid(metal, [-x, y - 0.02, h - 0.03], [x, y + 0.01, h]);
            b.cuboid(metal, [x - 0.02, -y, h - 0.03], [x + 0.01, y, h]);
        }
        b.path(metal, &[[0.0, -y + 0.04, 1.0], [0.0, -y + 0.04, h - 0.05], [0.0, -y + 0.25, h - 0.05]], 0.014);
        b.cylinder(metal, [0.0, -y + 0.25, h - 0.09], 0.08, 0.03);
    })
    .unnamed();
    if !veiled {
        return model;
    }
    let curtain = shower_curtain(d, w);
    model.with_part(curtain, Pose::at([0.0, y, 0.0]))
}
