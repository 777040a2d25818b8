//! Turns ideal depth images into those of a structured-light sensor, with a limited range, lost pixels, and noise that
//! grows with the square of the distance (axial noise as in Nguyen, Izadi, Lovell, "Modeling Kinect Sensor Noise",
//! 3DIMPVT 2012).

use super::lens::{Blotches, Lens, Pixel, Shot};
use super::lost::{blob, fraction_lost};
use super::{Scanner, Solid, camera};
use crate::dice::Dice;
use crate::math::{Pose, dot};
use crate::rooms::Room;
use scanview::raster::{NO_TRIANGLE, Raster};

/// The focal length is 120 / tan(29°): the vertical field of view is 58°.
pub(crate) const LENS: Lens = Lens { width: 320, height: 240, focal: 216.486 };

/// Nearest and farthest measured depth in metres.
const RANGE: [f32; 2] = [0.35, 4.2];
/// Width in pixels of the blotches in the smooth part of the noise.
const BLOTCH: usize = 16;

/// Takes the depth images of a scan.
pub(crate) fn shoot(room: &Room, world: &Pose, scanner: &Scanner, solid: &Solid<'_>, d: &mut Dice) -> Vec<Shot> {
    let poses = camera::path(room, scanner.views, scanner.whole, d);
    let mut drift = camera::Drift::new(scanner.noise, poses.len(), d);
    let mut image = LENS.raster();
    (poses.iter())
        .map(|pose| {
            image.draw(&LENS.view(*pose), &solid.corners);
            let depth = expose(&image, pose, solid, scanner.noise, d);
            // The tracked pose differs a little from the true one.
            (world.then(&drift.step(pose, d)), depth)
        })
        .collect()
}

fn expose(image: &Raster, pose: &Pose, solid: &Solid<'_>, noise: f32, d: &mut Dice) -> Vec<Pixel> {
    let blotches = Blotches::draw(&LENS, BLOTCH, d);
    let mut out = vec![Pixel::default(); LENS.width * LENS.height];
    for y in 0..LENS.height {
        for x in 0..LENS.width {
            let i = y * LENS.width + x;
            // Always draw one number per pixel, so that the random stream does not depend on lost pixels.
            let fine = d.normal();
            let index = image.triangle[i];
            if index == NO_TRIANGLE {
                continue;
            }
            let z = 1.0 / image.inverse[i];
            if !(RANGE[0]..RANGE[1]).contains(&z) || on_edge(image, x, y, z) {
                continue;
            }
            let ray = LENS.ray(x, y);
            let slope = dot(pose.rotate(ray), solid.normals[index as usize]).abs();
            let cosine = slope / dot(ray, ray).sqrt();
            if cosine < 0.13 {
                continue;
            }
            let lost = fraction_lost(solid.material(index), cosine);
            if lost > 0.0 && blob(solid, index, LENS.point(pose, x, y, z)) < lost {
                continue;
            }
            let sigma = (0.0012 + 0.0019 * (z - 0.4) * (z - 0.4)) * noise;
            let depth = z + sigma * (1.1 * blotches.at(x, y) + 0.5 * fine);
            out[i] = Pixel { depth, slope: slope.max(0.2), weight: cosine / (z * z).max(0.25) };
        }
    }
    out
}

/// Whether a neighbour is much nearer or farther: there the sensor mixes both depths, and its driver drops the pixel.
fn on_edge(image: &Raster, x: usize, y: usize, z: f32) -> bool {
    if x == 0 || y == 0 || x + 1 == image.width || y + 1 == image.height {
        return true;
    }
    let i = y * image.width + x;
    // On a plane, inverse depth is linear; at a step it is not.
    [[i - 1, i + 1], [i - image.width, i + image.width]].iter().any(|[a, b]| {
        let bend = image.inverse[*a] + image.inverse[*b] - 2.0 * image.inverse[i];
        bend * z < -0.06
    })
}
