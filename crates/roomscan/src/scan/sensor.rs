//! Turns ideal depth images into those of a structured-light sensor, with a limited range, lost pixels, and noise that
//! grows with the square of the distance (axial noise as in Nguyen, Izadi, Lovell, "Modeling Kinect Sensor Noise",
//! 3DIMPVT 2012).

use crate::dice::Dice;
use crate::math::{Pose, V3, dot, lerp, noise3};
use crate::scene::Scene;
use scanview::raster::{NO_TRIANGLE, Raster};

pub(crate) const WIDTH: usize = 320;
pub(crate) const HEIGHT: usize = 240;
/// Focal length in pixels, 120 / tan(29°): the vertical field of view is 58°.
pub(crate) const FOCAL: f32 = 216.486;

/// Nearest and farthest measured depth in metres.
const RANGE: [f32; 2] = [0.35, 4.2];
/// Width in pixels of the blotches in the smooth part of the noise.
const BLOTCH: usize = 16;

/// One pixel of a depth image.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pixel {
    /// Depth along the optical axis in metres; 0 if the pixel is lost.
    pub depth: f32,
    /// Perpendicular distance to the surface for one metre along the axis.
    pub slope: f32,
    /// Weight in the fusion.
    pub weight: f32,
}

pub(crate) fn expose(
    image: &Raster,
    pose: &Pose,
    scene: &Scene,
    normals: &[V3],
    noise: f32,
    d: &mut Dice,
) -> Vec<Pixel> {
    let (columns, rows) = (WIDTH / BLOTCH + 2, HEIGHT / BLOTCH + 2);
    let blotches: Vec<f32> = (0..columns * rows).map(|_| d.normal()).collect();
    let mut out = vec![Pixel::default(); WIDTH * HEIGHT];
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let i = y * WIDTH + x;
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
            let ray =
                [(x as f32 + 0.5 - WIDTH as f32 / 2.0) / FOCAL, (y as f32 + 0.5 - HEIGHT as f32 / 2.0) / FOCAL, 1.0];
            let direction = pose.rotate(ray);
            let slope = dot(direction, normals[index as usize]).abs();
            let cosine = slope / dot(ray, ray).sqrt();
            if cosine < 0.13 {
                continue;
            }
            let material = &scene.materials[scene.triangles[index as usize].material as usize];
            if material.dropout > 0.0 {
                let p = pose.apply([ray[0] * z, ray[1] * z, z]);
                let blob = 0.5 + 0.75 * noise3(p.map(|v| v * 6.0), material.seed ^ 0x51ED);
                if blob < material.dropout {
                    continue;
                }
            }
            let sigma = (0.0012 + 0.0019 * (z - 0.4) * (z - 0.4)) * noise;
            let (gx, gy) = (x as f32 / BLOTCH as f32, y as f32 / BLOTCH as f32);
            let (cx, cy) = (gx as usize, gy as usize);
            let at = |dx: usize, dy: usize| blotches[(cy + dy) * columns + cx + dx];
            let (tx, ty) = (gx - cx as f32, gy - cy as f32);
            let smooth = lerp(lerp(at(0, 0), at(1, 0), tx), lerp(at(0, 1), at(1, 1), tx), ty);
            let depth = z + sigma * (1.1 * smooth + 0.5 * fine);
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
