//! Windows: a pane that the sensor loses in part, a frame with bars, a sill.

use super::plan::Opening;
use super::shell::{Finish, RECESS, casing, reveal};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Scene};

pub(super) fn window(scene: &mut Scene, pose: Pose, o: &Opening, finish: &Finish, d: &mut Dice) {
    let object = scene.object("window");
    let mut b = scene.brush(pose, object);
    let frame = match d.below(4) {
        0 | 1 => finish.trim,
        2 => Material::plain([0.93, 0.93, 0.92]),
        _ => Material::black(d),
    };
    let trim = b.material(frame);
    let back = d.between(0.03, 0.22).max(RECESS * 0.3);
    reveal(&mut b, trim, o, back + 0.03);
    if d.chance(0.7) {
        let wide = d.between(0.04, 0.1);
        casing(&mut b, trim, o, wide, 0.022);
    }
    let bright = d.between(0.3, 0.98);
    let glass = b.material(Material::plain([bright; 3]).lossy(d.between(0.1, 0.7)));
    let y = -back;
    b.quad(
        glass,
        [[o.from, y - 0.02, o.low], [o.to, y - 0.02, o.low], [o.to, y - 0.02, o.high], [o.from, y - 0.02, o.high]],
    );
    let bar = d.between(0.03, 0.08);
    let mut bars = vec![
        [o.from, o.from + bar, o.low, o.high],
        [o.to - bar, o.to, o.low, o.high],
        [o.from, o.to, o.low, o.low + bar],
        [o.from, o.to, o.high - bar, o.high],
    ];
    let (wide, high) = (o.to - o.from, o.high - o.low);
    // mullions, then a transom in the middle or near the top
    let lights = ((wide / d.between(0.6, 1.3)).round() as usize).max(1);
    for i in 1..lights {
        let x = o.from + wide * i as f32 / lights as f32;
        bars.push([x - bar / 2.0, x + bar / 2.0, o.low, o.high]);
    }
    if d.chance(0.5) {
        let z = o.low + high * d.pick(&[0.5, 0.5, 0.72]);
        bars.push([o.from, o.to, z - bar / 2.0, z + bar / 2.0]);
    }
    for [x0, x1, z0, z1] in bars {
        b.cuboid(trim, [x0, y - 0.02, z0], [x1, y + 0.03, z1]);
    }
}
