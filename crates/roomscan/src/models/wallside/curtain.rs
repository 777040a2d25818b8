//! Curtains and blinds.

use super::super::parts::{Drape, SIDES};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A curtain of width `w` and height `h`, before or beside a window; z = 0 is its lower hem. A wide one is drawn over the
/// window, in one or two wings; others are gathered, tied, of two layers, or a flat sheet.
pub(crate) fn curtain(d: &mut Dice, w: f32, h: f32) -> Model {
    let kind = d.below(12);
    let seed = d.word();
    Model::new("curtain", d, |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(if d.chance(0.2) { cloth.lossy(d.between(0.1, 0.5)) } else { cloth });
        let (x, fold, pitch) = (w / 2.0, d.between(0.012, 0.045), d.between(0.09, 0.24));
        let whole = Drape { from: [-x, 0.0], to: [x, 0.0], z: [0.0, h], fold, pitch, waist: 0.0 };
        match kind {
            0 | 1 => flat(b, d, cloth, [w, h]),
            2 | 3 if w > 0.9 => {
                // Two wings with a gap between them.
                let gap = d.between(0.0, 0.4) * w;
                Drape { to: [-gap / 2.0, 0.0], ..whole }.draw(b, cloth, seed);
                Drape { from: [gap / 2.0, 0.0], ..whole }.draw(b, cloth, seed ^ 5);
            }
            4 => {
                // A thin one behind a thick one.
                let sheer = b.material(Material::linen(d).lossy(d.between(0.2, 0.6)));
                Drape { from: [-x, -0.045], to: [x, -0.045], fold: 0.012, ..whole }.draw(b, sheer, seed);
                let side = d.pick(&SIDES);
                let to = if side > 0.0 { [x, 0.03] } else { [-x + w * d.between(0.3, 1.0), 0.03] };
                let from = if side > 0.0 { [x - w * d.between(0.3, 1.0), 0.03] } else { [-x, 0.03] };
                Drape { from, to, fold: fold.min(0.035), ..whole }.draw(b, cloth, seed);
            }
            5 | 6 if w < 1.2 => {
                // A bundle, tied at its waist.
                let fold = d.between(0.035, 0.055);
                Drape { fold, pitch: d.between(0.07, 0.12), waist: d.between(0.2, 0.55), ..whole }.draw(b, cloth, seed);
            }
            7 if w > 0.9 => {
                // Pushed to one side.
                let (side, share) = (d.pick(&SIDES), d.between(0.3, 0.7));
                let to = [side * (x - w * share), 0.0];
                Drape { from: [side * x, 0.0], to, fold: fold.max(0.03), pitch: pitch.min(0.13), ..whole }
                    .draw(b, cloth, seed);
            }
            _ => Drape { waist: d.between(0.0, 0.12), ..whole }.draw(b, cloth, seed),
        }
        if d.chance(0.4) {
            let metal = b.material(Material::frame(d));
            b.tube(metal, [-x, 0.0, h + 0.01], [x, 0.0, h + 0.01], 0.018);
        } else if d.chance(0.15) {
            // A box or a short strip of cloth along its head.
            b.block(cloth, [0.0, 0.02, h - 0.15], [w, 0.06, 0.16]);
        }
    })
}

/// A roller or a few flat panels, down to any height.
fn flat(b: &mut Brush, d: &mut Dice, m: u32, [w, h]: [f32; 2]) {
    let panels = if w > 1.0 { 1 + d.below(4) } else { 1 };
    let each = w / panels as f32;
    for i in 0..panels {
        let x0 = each * i as f32 - w / 2.0;
        let y = if i % 2 == 0 { 0.0 } else { 0.03 };
        let low = if panels == 1 { h * d.between(0.0, 0.5) } else { 0.0 };
        b.cuboid(m, [x0 + 0.01, y, low], [x0 + each - 0.01, y + 0.012, h]);
    }
    b.tube(m, [-w / 2.0, 0.0, h - 0.025], [w / 2.0, 0.0, h - 0.025], 0.028);
}

/// Blinds of slats before a window of `w` by `h`, outside the twenty classes: level or upright slats, partly drawn up;
/// z = 0 is the sill.
pub(crate) fn blinds(d: &mut Dice, w: f32, h: f32) -> Model {
    Model::new("blinds", d, |b, d| {
        let m = if d.chance(0.6) { Material::lacquer(d) } else { Material::fabric(d) };
        let m = b.material(m);
        let x = w / 2.0;
        b.block(m, [0.0, 0.0, h - 0.05], [w, 0.06, 0.05]);
        if d.chance(0.25) {
            let turn = d.between(0.2, 1.3);
            let from = if d.chance(0.3) { d.between(-0.8, 0.5) * x } else { -x };
            let count = ((x - from) / 0.09).max(1.0) as usize;
            for i in 0..count {
                let at = [from + 0.045 + 0.09 * i as f32, 0.0, 0.0];
                b.inside(Pose::turned(at, turn)).block(m, [0.0; 3], [0.085, 0.006, h - 0.05]);
            }
            return;
        }
        let low = if d.chance(0.35) { h * d.between(0.2, 0.8) } else { 0.0 };
        let (each, tilt) = (d.between(0.035, 0.06), d.between(-1.2, 1.2));
        let count = ((h - low - 0.1) / each) as usize;
        for i in 0..count {
            let z = low + 0.06 + each * i as f32;
            let mut slat = b.inside(Pose::tilted([0.0, 0.0, z], tilt));
            slat.cuboid(m, [-x, -each * 0.5, -0.003], [x, each * 0.5, 0.003]);
        }
        b.block(m, [0.0, 0.0, low], [w, 0.05, if low > 0.0 { 0.07 } else { 0.03 }]);
    })
}
