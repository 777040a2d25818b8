//! The depth images of a phone: a few hundred measured dots, between which the phone interpolates. Where the picture
//! shows an edge, it interpolates less across; still, edges bleed, and things that no dot hits vanish.

use super::lens::{Blotches, Lens, Pixel, Shot};
use super::lost::{blob, fraction_lost};
use super::{Scanner, Solid, camera};
use crate::dice::Dice;
use crate::math::{Pose, add, dot, lerp, scale};
use crate::rooms::Room;
use scanview::raster::{NO_TRIANGLE, Raster};

/// A depth image in landscape, with a horizontal field of view of 66°.
pub(crate) const LENS: Lens = Lens { width: 256, height: 192, focal: 197.1 };
/// Pixels between two dots.
const STEP: usize = 6;
/// Nearest and farthest measured depth in metres.
const RANGE: [f32; 2] = [0.2, 5.0];
/// Weight of a dot on another material than the pixel's, relative to one on the same.
const ACROSS: f32 = 0.06;

/// Takes the depth images of a scan: fewer than a depth camera's, and from nearer.
pub(crate) fn shoot(room: &Room, world: &Pose, scanner: &Scanner, solid: &Solid<'_>, d: &mut Dice) -> Vec<Shot> {
    let poses = camera::path(room, (scanner.views * 3 / 4).max(8), scanner.whole, d);
    let mut drift = camera::Drift::new(0.7 * scanner.noise, poses.len(), d);
    let mut image = LENS.raster();
    (poses.iter())
        .map(|pose| {
            image.draw(&LENS.view(*pose), &solid.corners);
            let pose = step_closer(pose, &image);
            image.draw(&LENS.view(pose), &solid.corners);
            let dots = measure(&image, &pose, solid, scanner.noise, d);
            (world.then(&drift.step(&pose, d)), interpolate(&image, &pose, solid, &dots))
        })
        .collect()
}

/// Moves a camera along its view, in the free space up to what it looks at, to about 1.2 m from there.
fn step_closer(pose: &Pose, image: &Raster) -> Pose {
    let middle = LENS.height / 2 * LENS.width + LENS.width / 2;
    let far = 1.0 / image.inverse[middle].max(0.1);
    Pose { origin: add(pose.origin, scale(pose.axes[2], 0.5 * (far - 1.2).clamp(0.0, 3.0))), ..*pose }
}

/// A measured dot.
#[derive(Clone, Copy)]
struct Dot {
    inverse: f32,
    material: u32,
}

/// Pixels of the dots in a row or column of `count` pixels.
fn places(count: usize) -> impl ExactSizeIterator<Item = usize> {
    (STEP / 2..count).step_by(STEP)
}

/// Measures the dots, `None` where one is lost.
fn measure(image: &Raster, pose: &Pose, solid: &Solid<'_>, noise: f32, d: &mut Dice) -> Vec<Option<Dot>> {
    // neighbouring dots err alike
    let blotches = Blotches::draw(&LENS, 4 * STEP, d);
    let mut dots = Vec::with_capacity(places(LENS.width).len() * places(LENS.height).len());
    for y in places(LENS.height) {
        for x in places(LENS.width) {
            let (fine, luck) = (d.normal(), d.unit());
            let i = y * LENS.width + x;
            let index = image.triangle[i];
            let z = 1.0 / image.inverse[i].max(1e-3);
            if index == NO_TRIANGLE || !(RANGE[0]..RANGE[1]).contains(&z) {
                dots.push(None);
                continue;
            }
            let ray = LENS.ray(x, y);
            let cosine = dot(pose.rotate(ray), solid.normals[index as usize]).abs() / dot(ray, ray).sqrt();
            let lost = fraction_lost(solid.material(index), cosine);
            let gone = cosine < 0.08 || (lost > 0.0 && blob(solid, index, LENS.point(pose, x, y, z)) < lost);
            // a few dots are lost anywhere
            dots.push((!gone && luck > 0.02 * noise).then(|| {
                let sigma = (0.005 + 0.0012 * z * z) * noise;
                let depth = z + sigma * (1.1 * blotches.at(x, y) + 0.4 * fine);
                Dot { inverse: 1.0 / depth, material: solid.scene.triangles[index as usize].material }
            }));
        }
    }
    dots
}

/// Fills the image from the four dots around each pixel. Inverse depth is linear on planes.
fn interpolate(image: &Raster, pose: &Pose, solid: &Solid<'_>, dots: &[Option<Dot>]) -> Vec<Pixel> {
    let (columns, rows) = (places(LENS.width).len(), places(LENS.height).len());
    let place = |v: usize, most: usize| {
        let at = ((v as f32 - (STEP / 2) as f32) / STEP as f32).clamp(0.0, most as f32 - 1.001);
        (at as usize, at.fract())
    };
    let mut out = vec![Pixel::default(); LENS.width * LENS.height];
    for y in 0..LENS.height {
        for x in 0..LENS.width {
            let i = y * LENS.width + x;
            let index = image.triangle[i];
            if index == NO_TRIANGLE {
                continue;
            }
            let material = solid.scene.triangles[index as usize].material;
            let ((cx, tx), (cy, ty)) = (place(x, columns), place(y, rows));
            let (mut sum, mut weight, mut own) = (0.0, 0.0, 0.0);
            for k in 0..4 {
                let (dx, dy) = (k & 1, k >> 1);
                let Some(dot) = dots[(cy + dy) * columns + cx + dx] else { continue };
                let near = lerp(1.0 - tx, tx, dx as f32) * lerp(1.0 - ty, ty, dy as f32);
                let same = dot.material == material;
                let w = if same { near } else { ACROSS * near };
                sum += w * dot.inverse;
                weight += w;
                own += if same { w } else { 0.0 };
            }
            if weight < 0.01 {
                continue;
            }
            let depth = weight / sum;
            let ray = LENS.ray(x, y);
            let slope = dot(pose.rotate(ray), solid.normals[index as usize]).abs().max(0.2);
            // The phone trusts depth less that comes from across an edge.
            let trust = 0.25 + 0.75 * own / weight;
            let cosine = slope / dot(ray, ray).sqrt();
            out[i] = Pixel { depth, slope, weight: trust * cosine / (depth * depth).max(0.25) };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Material, Scene};

    /// What the middle of an image says of a pole from `x0` to `x1`, 1 m in front of a wall at 2 m.
    fn middle_depths(x0: f32, x1: f32) -> Vec<f32> {
        let pose = Pose { axes: [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], origin: [0.0; 3] };
        let mut scene = Scene::default();
        let mut b = scene.brush(Pose::IDENTITY, 0);
        let wall = b.material(Material::plain([0.8; 3]));
        let pole = b.material(Material::plain([0.5; 3]));
        b.quad(wall, [[-9.0, 2.0, -9.0], [9.0, 2.0, -9.0], [9.0, 2.0, 9.0], [-9.0, 2.0, 9.0]]);
        b.quad(pole, [[x0, 1.0, -9.0], [x1, 1.0, -9.0], [x1, 1.0, 9.0], [x0, 1.0, 9.0]]);
        let solid = Solid::of(&scene);
        let mut image = LENS.raster();
        image.draw(&LENS.view(pose), &solid.corners);
        let dots = measure(&image, &pose, &solid, 0.0, &mut Dice::new(0, 0));
        let out = interpolate(&image, &pose, &solid, &dots);
        (125..128).map(|x| out[LENS.height / 2 * LENS.width + x].depth).collect()
    }

    #[test]
    fn thin_poles_vanish_and_thick_ones_do_not() {
        // Of the dots in columns 123 and 129, none hits the thin pole.
        let (thin, thick) = (middle_depths(-0.016, 0.0), middle_depths(-0.08, 0.08));
        assert!(thin.iter().all(|z| (z - 2.0).abs() < 1e-3), "{thin:?}");
        assert!(thick.iter().all(|z| (z - 1.0).abs() < 1e-3), "{thick:?}");
    }
}
