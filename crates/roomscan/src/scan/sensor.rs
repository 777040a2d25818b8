//! From ideal depth to what a structured-light sensor delivers: range limits, lost pixels, noise that grows with the
//! square of distance (axial noise after Nguyen, Izadi, Lovell, "Modeling Kinect Sensor Noise", 3DIMPVT 2012).

use super::raster::{NOTHING, Raster};
use crate::dice::Dice;
use crate::math::{Frame, V3, dot, lerp, noise3};
use crate::scene::Scene;

pub(crate) const WIDTH: usize = 320;
pub(crate) const HEIGHT: usize = 240;
/// 58 degrees from top to bottom: 120 / tan(29 degrees).
pub(crate) const FOCAL: f32 = 216.486;

/// Metres within which depth is measured.
const RANGE: [f32; 2] = [0.35, 4.2];
/// Cells of the smooth part of the noise: its blotches are this many pixels wide.
const BLOTCH: usize = 16;

/// One pixel of a depth image.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pixel {
    /// Along the optical axis, metres; 0 where nothing was measured.
    pub depth: f32,
    /// Perpendicular distance to the surface for one metre along the axis.
    pub slope: f32,
    /// Trust.
    pub weight: f32,
}

pub(crate) fn expose(
    image: &Raster,
    pose: &Frame,
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
            // One draw a pixel, used or not, keeps the stream in step.
            let fine = d.normal();
            let index = image.triangle[i];
            if index == NOTHING {
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

/// Whether a neighbour lies far behind or before: there the sensor mixes both and its driver drops the pixel.
fn on_edge(image: &Raster, x: usize, y: usize, z: f32) -> bool {
    if x == 0 || y == 0 || x + 1 == image.width || y + 1 == image.height {
        return true;
    }
    let i = y * image.width + x;
    // A slanted plane changes its inverse depth evenly; a step does not.
    [[i - 1, i + 1], [i - image.width, i + image.width]].iter().any(|[a, b]| {
        let bend = image.inverse[*a] + image.inverse[*b] - 2.0 * image.inverse[i];
        bend * z < -0.06
    })
}
