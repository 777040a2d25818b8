//! Several equal chairs.

use super::super::parts::{SIDES, cushion};
use super::back::Back;
use super::chair::one;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model};

/// Some chairs of one kind on top of each other, at a wall.
pub(crate) fn stacked_chairs(d: &mut Dice) -> Model {
    let (kind, count, seed) = (d.pick(&[0, 6, 6, 8]), 2 + d.below(5), d.word());
    let step = [0.0, d.between(0.01, 0.05), d.between(0.06, 0.1)];
    Model::new("chair", d, |b, _| {
        for i in 0..count {
            let at = step.map(|v| v * i as f32);
            // The same dice give the same chair.
            one(&mut b.inside(Pose::at(at)), &mut Dice::new(u64::from(seed), 0), kind);
        }
    })
}

/// Two to five seats on a beam, as in waiting rooms, at a wall.
pub(crate) fn seat_row(d: &mut Dice) -> Model {
    let (count, each, seed) = (2 + d.below(4), d.between(0.52, 0.62), d.word());
    let (padded, arms) = (d.chance(0.5), d.chance(0.5));
    let name = d.pick(&["chair", "chair", "bench"]);
    Model::new(name, d, |b, d| {
        let frame = Material::metal(d);
        let frame = b.material(frame);
        let long = each * count as f32;
        b.block(frame, [0.0, 0.0, 0.34], [long, 0.07, 0.05]);
        for s in SIDES {
            b.block(frame, [s * long * 0.35, 0.0, 0.0], [0.05, 0.5, 0.04]);
            b.block(frame, [s * long * 0.35, 0.0, 0.0], [0.05, 0.06, 0.36]);
        }
        for i in 0..count {
            let x = each * (i as f32 + 0.5) - long / 2.0;
            let mut own = Dice::new(u64::from(seed), 0);
            let mut b = b.inside(Pose::at([x, 0.0, 0.0]));
            let cloth = if padded { Material::fabric(&mut own) } else { Material::frame(&mut own) };
            let cloth = b.material(cloth);
            cushion(
                &mut b,
                cloth,
                [-each * 0.44, -0.24, 0.39],
                [each * 0.44, 0.24, if padded { 0.49 } else { 0.43 }],
                6.0,
            );
            let rest = own.between(0.3, 0.48);
            Back::Padded.draw(&mut b, &mut own, [cloth; 2], each * 0.44, [-0.22, 0.42], rest, 0.2, 0.0);
        }
        if arms {
            for i in 0..=count {
                let x = each * i as f32 - long / 2.0;
                b.block(frame, [x, 0.0, 0.6], [0.05, 0.34, 0.03]);
                b.block(frame, [x, 0.0, 0.36], [0.035, 0.035, 0.26]);
            }
        }
    })
}
