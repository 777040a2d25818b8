//! What is wrong with a whole scan: it is tilted, bent and has stray pieces, as scans of real rooms are.

use super::Surface;
use crate::dice::Dice;
use crate::math::{Pose, V3, add, noise3, scale, sub};

/// Largest slope of the floor.
const SLOPE: f32 = 0.02;
/// Largest strength of the bend in metres, along x, y and z.
const BEND: V3 = [0.06, 0.06, 0.16];
/// The same in the second edition.
const MORE_BEND: V3 = [0.12, 0.12, 0.16];
/// Size of the bend's bumps, in 1/m.
const BUMPS: f32 = 0.45;
/// Most stray pieces of a scan.
const STRAYS: usize = 6;
/// Side of a stray piece in metres.
const PIECE: f32 = 0.02;

/// Adds single triangles that belong to nothing: most of them below the floor or outside the walls, some far away.
/// `extent` is the size of the room, from the origin.
pub(crate) fn add_strays(surface: &mut Surface, extent: V3, to_world: impl Fn(V3) -> V3, noise: f32, d: &mut Dice) {
    let most = (STRAYS as f32 * noise.min(1.0)) as usize;
    for _ in 0..d.below(most + 1) {
        let within = |a: usize, d: &mut Dice| d.between(0.0, extent[a]);
        let (x, y) = (within(0, d), within(1, d));
        let at = match d.below(4) {
            0 | 1 => [x, y, -d.between(0.03, 0.55)],
            2 => [x, -d.between(0.1, 1.5), within(2, d)],
            _ => [x + d.between(-4.0, 4.0), y + d.between(-4.0, 4.0), d.between(-2.0, 4.0)],
        };
        let first = surface.coord.len() as u32;
        for _ in 0..3 {
            let corner = [at[0] + PIECE * d.normal(), at[1] + PIECE * d.normal(), at[2] + PIECE * d.normal()];
            surface.coord.push(to_world(corner));
        }
        surface.faces.push([first, first + 1, first + 2]);
    }
}

/// Adds a small ragged piece of surface around each of `places`, as stereo leaves beside silhouettes.
pub(crate) fn add_floaters(surface: &mut Surface, places: &[V3], spacing: f32, d: &mut Dice) {
    for at in places {
        let turned = Pose::turned(*at, d.between(0.0, std::f32::consts::TAU));
        let pose = turned.then(&Pose::tilted([0.0; 3], d.between(0.0, std::f32::consts::PI)));
        let rings = 1 + d.below(3) as u32;
        let first = surface.coord.len() as u32;
        surface.coord.push(*at);
        for ring in 1..=rings {
            for k in 0..6 {
                let (s, c) = (std::f32::consts::TAU / 6.0 * k as f32).sin_cos();
                let out = spacing * ring as f32 * d.between(0.7, 1.3);
                surface.coord.push(pose.apply([out * c, out * s, 0.4 * spacing * d.normal()]));
            }
        }
        for k in 0..6 {
            let (a, b) = (1 + k, 1 + (k + 1) % 6);
            surface.faces.push([first, first + a, first + b]);
            for inner in (0..rings - 1).map(|ring| first + 6 * ring) {
                surface.faces.push([inner + a, inner + 6 + a, inner + 6 + b]);
                surface.faces.push([inner + a, inner + 6 + b, inner + b]);
            }
        }
    }
}

/// Makes a scan larger or smaller by up to 1 %: photographs do not tell the scale.
pub(crate) fn stretch(coord: &mut [V3], center: V3, noise: f32, d: &mut Dice) {
    let by = 1.0 + 0.01 * noise.min(1.0) * d.between(-1.0, 1.0);
    coord.iter_mut().for_each(|p| *p = add(center, scale(sub(*p, center), by)));
}

/// Tilts a scan about `center` by up to 2 % in a random direction, and bends it by centimetres.
pub(crate) fn tilt_and_bend(coord: &mut [V3], center: V3, noise: f32, d: &mut Dice) {
    let turned = Pose::turned(center, d.between(0.0, std::f32::consts::TAU));
    let tilted = Pose::tilted([0.0; 3], (SLOPE * noise * d.unit()).atan());
    let strength: V3 = d.either(BEND, MORE_BEND).map(|most| most * noise * d.unit());
    let seeds: [u32; 3] = std::array::from_fn(|_| d.word());
    for p in coord {
        let bumps = p.map(|v| v * BUMPS);
        let bend = std::array::from_fn(|a| strength[a] * noise3(bumps, seeds[a]));
        *p = add(turned.apply(tilted.apply(turned.unapply(*p))), bend);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_stays_in_place_and_keeps_its_shape_within_centimetres() {
        let grid: Vec<V3> = (0..400).map(|i| [(i % 20) as f32 * 0.25, (i / 20) as f32 * 0.25, 0.0]).collect();
        let mut steepest: f32 = 0.0;
        for stream in 0..20 {
            let mut coord = grid.clone();
            tilt_and_bend(&mut coord, [2.5, 2.5, 0.0], 1.0, &mut Dice::new(1, stream));
            let lift = coord.iter().zip(&grid).map(|(a, b)| (a[2] - b[2]).abs()).fold(0.0, f32::max);
            let aside = coord.iter().zip(&grid).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).fold(0.0, f32::max);
            assert!(lift < 3.6 * SLOPE + BEND[2] && aside < 1.5 * BEND[0], "{lift} {aside}");
            steepest = steepest.max(lift);
        }
        assert!(steepest > 0.04, "{steepest}");
        let mut coord = grid.clone();
        tilt_and_bend(&mut coord, [2.5, 2.5, 0.0], 0.0, &mut Dice::new(1, 0));
        assert!(coord.iter().zip(&grid).all(|(a, b)| (0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-5)));
    }
}
