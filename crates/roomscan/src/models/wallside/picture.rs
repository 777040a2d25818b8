//! Flat objects on walls: pictures, boards, mirrors, screens.

use super::super::parts::frame;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Pattern};
use std::f32::consts::TAU;

/// A panel of `w` by `h` with its back at y = 0, in a frame (`rim` 0 for none) that stands over it by 1 cm.
fn panel(b: &mut Brush, d: &mut Dice, m: u32, [w, h]: [f32; 2], deep: f32, rim: f32) {
    let x = w / 2.0;
    if rim == 0.0 {
        b.cuboid(m, [-x, 0.0, 0.0], [x, deep, h]);
        return;
    }
    let wood = Material::frame(d);
    let wood = b.material(wood);
    b.cuboid(m, [-x + rim, 0.0, rim], [x - rim, (deep - 0.01).max(0.006), h - rim]);
    frame(b, wood, [-x, x], [0.0, deep], [0.0, h], rim);
}

/// A picture or a poster, from a small frame to a wide print, or a group of small ones; hung about 1.2 m high. z = 0 is
/// its lower edge.
pub(crate) fn picture(d: &mut Dice) -> Model {
    let w = if d.chance(d.either(0.4, 0.75)) { d.between(0.18, 0.4) } else { d.between(0.35, d.either(1.4, 0.9)) };
    let h = (w * d.between(0.55, 1.7)).clamp(0.18, 0.95);
    let framed = d.chance(0.75);
    let name = if framed || d.chance(0.3) { "picture" } else { "poster" };
    Model::new(name, d, |b, d| {
        let print = b.material(Material::painting(d));
        let deep = if framed { d.between(0.015, 0.045) } else { d.pick(&[0.006, 0.006, 0.035]) };
        let rim = if framed { d.between(0.02, 0.07).min(w / 5.0) } else { 0.0 };
        panel(b, d, print, [w, h], deep, rim);
    })
}

/// A whiteboard, hung about 0.9 m high, outside the twenty classes.
pub(crate) fn whiteboard(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.8, 3.0), d.between(0.8, 1.25));
    Model::new("whiteboard", d, |b, d| {
        let ink = Material::patterned([d.between(0.8, 0.96); 3], [0.7, 0.74, 0.84], Pattern::Print, 0.09, d.word());
        let ink = if d.chance(0.5) { Material { pattern: Pattern::Plain, ..ink } } else { ink };
        // Now and then it is a blackboard.
        let ink = if d.chance(0.12) { Material { base: [0.12, 0.2, 0.16], ..ink } } else { ink };
        let ink = b.material(ink.lossy(d.between(0.0, 0.15)));
        let rim = d.pick(&[0.0, 0.025, 0.04]);
        let deep = d.between(0.02, 0.05);
        panel(b, d, ink, [w, h], deep, rim);
        if d.chance(0.7) {
            b.cuboid(ink, [-w * 0.4, 0.0, 0.0], [w * 0.4, 0.09, 0.025]);
        }
    })
}

/// A board with sheets of paper, hung about 0.9 m high, outside the twenty classes.
pub(crate) fn bulletin_board(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.5, 2.2), d.between(0.5, 1.2));
    Model::new("bulletin board", d, |b, d| {
        let cork = if d.chance(0.5) { Material::card(d) } else { Material::fabric(d) };
        let cork = b.material(cork);
        panel(b, d, cork, [w, h], 0.025, 0.03);
        for _ in 0..d.below(10) {
            let sheet = Material::painting(d);
            let sheet = b.material(if d.chance(0.6) {
                Material { pattern: Pattern::Print, base: [0.9; 3], ..sheet }
            } else {
                sheet
            });
            let (x, z) = (d.between(-0.42, 0.42) * w, d.between(0.05, 0.6) * h);
            b.cuboid(sheet, [x - 0.1, 0.015, z], [x + 0.1, 0.028, (z + 0.29).min(h)]);
        }
    })
}

/// A mirror, hung about 1.1 m high (or 0.1 m if it is higher than 1.2 m), outside the twenty classes. The sensor loses
/// most of its glass.
pub(crate) fn mirror(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.35, 1.3), d.between(0.5, 1.1));
    let round = d.chance(0.2);
    Model::new("mirror", d, |b, d| {
        let glass = b.material(Material::glass(d));
        if round {
            let e = d.pick(&[2.0, 2.0, 4.0]);
            let mut up = b.inside(Pose::tilted([0.0, 0.03, h / 2.0], TAU / 4.0));
            up.disc(glass, [0.0; 3], [w / 2.0, h / 2.0], e, 0.025);
            return;
        }
        let rim = d.pick(&[0.0, 0.03, 0.05, 0.08]);
        let deep = d.between(0.01, 0.05);
        panel(b, d, glass, [w, h], deep, rim);
    })
}

fn screen(b: &mut Brush, d: &mut Dice, [w, h]: [f32; 2], z: f32, deep: f32) -> u32 {
    let shell = Material::black(d);
    let shell = b.material(shell);
    let glass = Material::screen(d);
    let glass = b.material(glass);
    b.cuboid(shell, [-w / 2.0, -deep, z], [w / 2.0, 0.0, z + h]);
    b.cuboid(glass, [-w / 2.0 + 0.015, 0.0, z + 0.02], [w / 2.0 - 0.015, 0.008, z + h - 0.015]);
    shell
}

/// A television with a stand, on a low cabinet, outside the twenty classes; one in ten has a deep tube.
pub(crate) fn television(d: &mut Dice) -> Model {
    let w = d.between(0.55, 1.45);
    Model::new("tv", d, |b, d| {
        if d.chance(0.1) {
            let w = w.min(0.75);
            let shell = screen(b, d, [w, w * 0.8], 0.03, 0.2);
            b.block(shell, [0.0, -0.3, 0.06], [w * 0.6, 0.25, w * 0.6]);
            b.block(shell, [0.0, -0.1, 0.0], [w * 0.8, 0.3, 0.03]);
            return;
        }
        let z = d.between(0.04, 0.1);
        let deep = d.between(0.03, 0.09);
        let shell = screen(b, d, [w, w * 0.57], z, deep);
        if d.chance(0.5) {
            b.block(shell, [0.0, -0.02, 0.0], [w * d.between(0.25, 0.5), 0.22, 0.025]);
            b.block(shell, [0.0, -0.03, 0.0], [0.1, 0.04, z + 0.05]);
        } else {
            for s in [-0.35, 0.35] {
                b.block(shell, [s * w, -0.02, 0.0], [0.05, 0.22, 0.03]);
                b.block(shell, [s * w, -0.03, 0.0], [0.04, 0.04, z + 0.02]);
            }
        }
    })
}

/// A television or a screen on a wall, hung about 1.1 m high, outside the twenty classes.
pub(crate) fn wall_tv(d: &mut Dice) -> Model {
    let (w, out) = (d.between(0.7, 1.9), d.between(0.02, 0.1));
    Model::new("tv", d, |b, d| {
        let deep = d.between(0.03, 0.07);
        let shell = screen(b, d, [w, w * 0.57], 0.0, deep);
        b.cuboid(shell, [-0.15, -deep - out, w * 0.18], [0.15, -deep, w * 0.4]);
    })
}

/// A screen for a projector, hung about 0.9 m high from its case, outside the twenty classes.
pub(crate) fn projector_screen(d: &mut Dice) -> Model {
    let (w, h) = (d.between(1.3, 2.6), d.between(1.0, 1.6));
    Model::new("projector screen", d, |b, d| {
        let (cloth, case) = (Material::ceramic(d), Material::lacquer(d));
        let (cloth, case) = (b.material(cloth), b.material(case));
        b.block(case, [0.0, 0.05, h], [w + 0.08, 0.09, 0.09]);
        b.block(cloth, [0.0, 0.05, 0.0], [w, 0.008, h]);
        b.tube(case, [-w / 2.0, 0.05, 0.0], [w / 2.0, 0.05, 0.0], 0.016);
    })
}

/// A round or square clock, hung about 1.9 m high, outside the twenty classes.
pub(crate) fn wall_clock(d: &mut Dice) -> Model {
    let (r, e) = (d.between(0.11, 0.2), d.pick(&[2.0, 2.0, 2.0, 10.0]));
    Model::new("clock", d, |b, d| {
        let (face, rim) = (Material::ceramic(d), Material::frame(d));
        let (face, rim) = (b.material(face), b.material(rim));
        let mut up = b.inside(Pose::tilted([0.0, 0.04, r], TAU / 4.0));
        up.disc(rim, [0.0; 3], [r, r], e, 0.04);
        up.disc(face, [0.0, 0.0, -0.005], [r * 0.88, r * 0.88], e, 0.01);
    })
}
