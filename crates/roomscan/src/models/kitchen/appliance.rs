//! Machines of a kitchen, outside the twenty classes.

use crate::dice::Dice;
use crate::scene::{Material, Model, Ring};

/// A stove at a wall, between counters.
pub(crate) fn stove(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.5, 0.78), d.between(0.84, 0.94));
    Model::new("stove", d, |b, d| {
        let shell = if d.chance(0.6) { Material::lacquer(d) } else { Material::metal(d) };
        let shell = b.material(shell);
        let black = Material::black(d);
        let black = b.material(black);
        let x = w / 2.0;
        b.block(shell, [0.0, 0.0, 0.0], [w, 0.6, h]);
        if d.chance(0.6) {
            b.cuboid(shell, [-x, -0.31, h], [x, -0.25, h + d.between(0.06, 0.25)]);
        }
        b.cuboid(black, [-x + 0.08, 0.3, 0.25], [x - 0.08, 0.31, 0.62]);
        b.cuboid(shell, [-x + 0.06, 0.3, 0.68], [x - 0.06, 0.35, 0.71]);
        for (px, y) in [(-0.14, -0.1), (0.14, -0.1), (-0.14, 0.15), (0.14, 0.15)] {
            b.cylinder(black, [px, y, h], 0.09, d.between(0.005, 0.035));
        }
        if d.chance(0.3) {
            let pot = Material::metal(d);
            let pot = b.material(pot);
            b.cylinder(pot, [0.14, 0.12, h + 0.02], d.between(0.08, 0.13), d.between(0.06, 0.2));
        }
    })
}

/// A hood above a stove, hung about 1.5 m high; z = 0 is its lower edge.
pub(crate) fn range_hood(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.5, 0.9), d.between(0.1, 0.2));
    Model::new("range hood", d, |b, d| {
        let m = if d.chance(0.5) { Material::metal(d) } else { Material::lacquer(d) };
        let m = b.material(m);
        b.block(m, [0.0, 0.0, 0.0], [w, 0.48, 0.06]);
        if d.chance(0.6) {
            let ring = |z: f32, x: f32, y: f32| Ring::new([0.0, y - 0.24, z], [x, y], 14.0);
            b.loft(m, &[ring(0.06, w / 2.0, 0.24), ring(0.06 + h, 0.15, 0.14), ring(0.7, 0.15, 0.14)], 24);
        } else {
            b.block(m, [0.0, -0.05, 0.06], [w, 0.38, h]);
        }
    })
}

/// A machine that sells drinks, at a wall.
pub(crate) fn vending_machine(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.75, 1.0), d.between(0.65, 0.85), d.between(1.7, 1.95));
    Model::new("vending machine", d, |b, d| {
        let shell = Material::vivid(d);
        let shell = b.material(shell);
        let glass = Material::glass(d);
        let glass = b.material(glass);
        let (x, y) = (w / 2.0, depth / 2.0);
        b.block(shell, [0.0, -0.02, 0.0], [w, depth - 0.04, h]);
        b.cuboid(glass, [-x + 0.05, y - 0.02, 0.5], [x - 0.25, y, h - 0.1]);
        b.cuboid(shell, [-x, y - 0.02, 0.0], [x, y + 0.005, 0.45]);
        b.cuboid(shell, [x - 0.22, y - 0.02, 0.5], [x, y + 0.01, h]);
    })
}

/// A microwave, on a top.
pub(crate) fn microwave(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.42, 0.55), d.between(0.3, 0.42), d.between(0.25, 0.33));
    Model::new("microwave", d, |b, d| {
        let shell = if d.chance(0.5) { Material::lacquer(d) } else { Material::black(d) };
        let shell = b.material(shell);
        let window = Material::screen(d);
        let window = b.material(window);
        b.block(shell, [0.0, 0.0, 0.0], [w, depth, h]);
        b.cuboid(window, [-w / 2.0 + 0.03, depth / 2.0, 0.04], [w * 0.2, depth / 2.0 + 0.008, h - 0.04]);
    })
    .with_top(h)
}

/// A coffee machine, a kettle, a toaster or a rack of dishes, on a counter.
pub(crate) fn appliance(d: &mut Dice) -> Model {
    let kind = d.below(4);
    let name = ["coffee maker", "coffee kettle", "toaster", "dish rack"][kind];
    Model::new(name, d, |b, d| {
        let shell = if d.chance(0.5) { Material::black(d) } else { Material::metal(d) };
        let shell = b.material(shell);
        match kind {
            0 => {
                let (w, h) = (d.between(0.16, 0.3), d.between(0.28, 0.42));
                b.block(shell, [0.0, -0.1, 0.0], [w, 0.12, h]);
                b.block(shell, [0.0, 0.0, h - 0.1], [w, 0.3, 0.1]);
                b.block(shell, [0.0, 0.0, 0.0], [w, 0.3, 0.04]);
                b.cylinder(shell, [0.0, 0.05, 0.04], 0.06, 0.13);
            }
            1 => {
                let ring = |z: f32, r: f32| Ring::circle([0.0, 0.0, z], r);
                b.loft(shell, &[ring(0.0, 0.09), ring(0.15, 0.075), ring(0.22, 0.05)], 16);
                b.path(shell, &[[0.07, 0.0, 0.2], [0.13, 0.0, 0.18], [0.12, 0.0, 0.06]], 0.015);
            }
            2 => b.disc(shell, [0.0; 3], [0.15, 0.09], 5.0, 0.19),
            _ => {
                b.block(shell, [0.0; 3], [0.4, 0.3, 0.04]);
                for i in 0..5 {
                    let plate = Material::ceramic(d);
                    let plate = b.material(plate);
                    b.block(plate, [-0.15 + 0.07 * i as f32, 0.0, 0.04], [0.03, 0.22, d.between(0.12, 0.2)]);
                }
            }
        }
    })
}

/// Plates, pots and cups on a top.
pub(crate) fn dishes(d: &mut Dice) -> Model {
    Model::new("dishes", d, |b, d| {
        for i in 0..1 + d.below(3) {
            let m = if d.chance(0.6) { Material::ceramic(d) } else { Material::vivid(d) };
            let m = b.material(m);
            let (x, r) = (0.2 * i as f32, d.between(0.05, 0.13));
            let ring = |z: f32, s: f32| Ring::circle([x, 0.0, z], r * s);
            match d.below(3) {
                0 => b.loft(m, &[ring(0.0, 0.5), ring(0.03, 1.0), ring(0.035, 0.9), ring(0.015, 0.5)], 18),
                1 => b.loft(m, &[ring(0.0, 0.6), ring(0.1, 1.0), ring(0.1, 0.9), ring(0.03, 0.5)], 18),
                _ => b.cylinder(m, [x, 0.0, 0.0], r * 0.8, d.between(0.06, 0.16)),
            }
        }
    })
}
