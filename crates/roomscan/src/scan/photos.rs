//! Depth from photographs. Stereo compares patches of pictures: it is good where there is texture or an edge. On blank
//! surfaces it guesses, and as all pictures look alike there, it guesses bumps and holes that stay after the fusion.

use super::lens::{Blotches, Lens, Pixel, Shot};
use super::lost::{blob, darkness, fraction_lost};
use super::{Scanner, Solid, camera, depth};
use crate::dice::Dice;
use crate::math::{Pose, V3, dot, lerp, noise3};
use crate::rooms::Room;
use crate::scene::{Material, Pattern};
use scanview::raster::{NO_TRIANGLE, Raster};

pub(crate) const LENS: Lens = depth::LENS;
/// Nearest and farthest depth in metres.
const RANGE: [f32; 2] = [0.3, 8.0];
/// Half the side of a compared patch in pixels.
const PATCH: usize = 6;
/// Largest height of the bumps of blank surfaces in metres: wide and narrow ones.
const BUMPS: [f32; 2] = [0.045, 0.015];
/// Fraction of blank surfaces that is lost.
const HOLES: f32 = 0.27;
/// By how much foreground grows at silhouettes, in pixels.
const FATTEN: usize = 2;

/// Takes the photographs of a scan. Also returns points between foreground and background at silhouettes, where pieces
/// of nothing may float.
pub(crate) fn shoot(
    room: &Room,
    world: &Pose,
    scanner: &Scanner,
    solid: &Solid<'_>,
    d: &mut Dice,
) -> (Vec<Shot>, Vec<V3>) {
    let seed = d.word();
    let poses = camera::path(room, scanner.views, scanner.whole, d);
    // Bundle adjustment leaves small errors of the poses.
    let mut drift = camera::Drift::new(0.25 * scanner.noise, poses.len(), d);
    let mut image = LENS.raster();
    let mut between = Vec::new();
    let shots = (poses.iter())
        .map(|pose| {
            image.draw(&LENS.view(*pose), &solid.corners);
            let depth = expose(&image, pose, solid, seed, scanner.noise, d);
            let tracked = world.then(&drift.step(pose, d));
            if d.chance(0.5 * scanner.noise.min(1.0)) {
                between.extend(beside_silhouette(&image, d).map(|(x, y, z)| LENS.point(&tracked, x, y, z)));
            }
            (tracked, depth)
        })
        .collect();
    (shots, between)
}

fn expose(image: &Raster, pose: &Pose, solid: &Solid<'_>, seed: u32, noise: f32, d: &mut Dice) -> Vec<Pixel> {
    let texture = texture(image, solid);
    let blotches = Blotches::draw(&LENS, PATCH, d);
    let mut out = vec![Pixel::default(); LENS.width * LENS.height];
    for y in FATTEN..LENS.height - FATTEN {
        for x in FATTEN..LENS.width - FATTEN {
            let i = y * LENS.width + x;
            let index = image.triangle[i];
            if index == NO_TRIANGLE {
                continue;
            }
            let z = 1.0 / image.inverse[i];
            if !(RANGE[0]..RANGE[1]).contains(&z) {
                continue;
            }
            let ray = LENS.ray(x, y);
            let slope = dot(pose.rotate(ray), solid.normals[index as usize]).abs();
            let cosine = slope / dot(ray, ray).sqrt();
            let p = pose.apply([ray[0] * z, ray[1] * z, z]);
            let blank = 1.0 - texture[i];
            // What shines looks different in each picture.
            let shiny = solid.material(index).dropout;
            let lost = 2.0 * fraction_lost(solid.material(index), cosine).min(0.4);
            let blanks = if blank > 0.01 { blank_errors(p, seed) } else { [1.0, 0.0] };
            let hole = blanks[0] < HOLES * blank * blank * noise;
            if cosine < 0.15 || hole || (shiny > 0.0 && blob(solid, index, p) < lost) {
                continue;
            }
            let near = nearest_around(image, i);
            if near * z > 1.08 {
                out[i] = Pixel { depth: 1.0 / near, slope: slope.max(0.3), weight: 0.2 * cosine / (z * z).max(0.25) };
                continue;
            }
            let sigma = (0.0015 + 0.001 * z * z) * (1.0 + 3.0 * blank);
            let error = blank * blanks[1] / slope.max(0.4) + sigma * blotches.at(x, y);
            let weight = (0.2 + 0.8 * texture[i]) * cosine / (z * z).max(0.25);
            out[i] = Pixel { depth: z + noise * error, slope: slope.max(0.2), weight };
        }
    }
    out
}

/// What is wrong with a blank surface at `p`: a number in about 0..=1 that is small where a hole is, and the height of
/// bumps.
fn blank_errors(p: V3, seed: u32) -> [f32; 2] {
    let wide = BUMPS[0] * noise3(p.map(|v| v * 2.2), seed);
    let narrow = BUMPS[1] * noise3(p.map(|v| v * 8.0), seed ^ 1);
    [0.5 + 0.75 * noise3(p.map(|v| v * 1.7), seed ^ 2), wide + narrow]
}

/// How much texture there is in the patch around each pixel, 0 to 1.
fn texture(image: &Raster, solid: &Solid<'_>) -> Vec<f32> {
    let (width, height) = (image.width, image.height);
    let material = |i: usize| (image.triangle[i] != NO_TRIANGLE).then(|| solid.material(image.triangle[i]));
    let at = |i: usize| {
        let own = material(i).map_or(0.0, pattern_strength);
        let same = |j: usize| match (material(i), material(j)) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let edge = (i >= 1 && !same(i - 1)) || (i >= width && !same(i - width));
        // An edge is thin, but a strong feature.
        if edge { 3.0 } else { own }
    };
    // Sums over rectangles from a corner give those over patches.
    let mut sums = vec![0.0f32; (width + 1) * (height + 1)];
    for y in 0..height {
        let mut row = 0.0;
        for x in 0..width {
            row += at(y * width + x);
            sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
        }
    }
    let mut out = Vec::with_capacity(width * height);
    for y in 0..height {
        let (y0, y1) = (y.saturating_sub(PATCH), (y + PATCH + 1).min(height));
        for x in 0..width {
            let (x0, x1) = (x.saturating_sub(PATCH), (x + PATCH + 1).min(width));
            let corner = |x: usize, y: usize| sums[y * (width + 1) + x];
            let sum = corner(x1, y1) - corner(x0, y1) - corner(x1, y0) + corner(x0, y0);
            out.push((1.5 * sum / ((x1 - x0) * (y1 - y0)) as f32).clamp(0.0, 1.0));
        }
    }
    out
}

/// How much texture a material has, 0 to 1. Shadows hide it.
fn pattern_strength(material: &Material) -> f32 {
    let strength = match material.pattern {
        Pattern::Plain => 0.02,
        Pattern::Tiles | Pattern::Stripes => 0.6,
        _ => 1.0,
    };
    strength * (1.0 - darkness(material))
}

/// The largest inverse depth a few pixels to the left, right, above and below.
fn nearest_around(image: &Raster, i: usize) -> f32 {
    let around = [i - FATTEN, i + FATTEN, i - FATTEN * image.width, i + FATTEN * image.width];
    around.iter().map(|&j| image.inverse[j]).fold(0.0, f32::max)
}

/// A pixel beside a silhouette, and a depth between foreground and background.
fn beside_silhouette(image: &Raster, d: &mut Dice) -> Option<(usize, usize, f32)> {
    let t = d.between(0.1, 0.6);
    let tries: [[usize; 2]; 60] = std::array::from_fn(|_| [d.below(LENS.width - 4), d.below(LENS.height)]);
    tries.into_iter().find_map(|[x, y]| {
        let i = y * LENS.width + x;
        let [a, b] = [image.inverse[i], image.inverse[i + 4]].map(|v| 1.0 / v.max(0.1));
        let (near, far) = (a.min(b), a.max(b));
        (far > 1.25 * near && far < 5.0).then(|| (x + 2, y, lerp(near, far, t)))
    })
}
