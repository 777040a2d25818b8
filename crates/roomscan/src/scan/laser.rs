//! A laser scanner: a few tripods, each with a spherical grid of rays.
//!
//! The grid's own triangles give neighbours for normals and the over-segmentation. They are thinned with the points: all
//! points in a cube become its first.

use super::lost::{darkness, fraction_lost};
use super::panorama::Panorama;
use super::{Scanner, Solid, Surface, camera};
use crate::dice::Dice;
use crate::math::{Pose, V3, add, dot, lerp, scale, sub};
use crate::rooms::Room;
use crate::scene::Material;
use std::collections::HashMap;
use std::f32::consts::{FRAC_PI_2, TAU};

/// Distance in metres at which neighbouring rays are `spacing` apart.
const SHARP: f32 = 3.0;
/// Lowest ray, in radians below the horizon: the tripod hides what is below.
const LOWEST: f32 = 1.05;
/// Farthest measured distance in metres.
const FARTHEST: f32 = 30.0;
/// Fraction of the rays at edges that hit both sides and measure something between.
const MIXED: f32 = 0.12;
const NO_POINT: u32 = u32::MAX;

/// Scans from one to four standing points. The surface has the triangles between neighbouring points.
pub(crate) fn scan(room: &Room, world: &Pose, scanner: &Scanner, solid: &Solid<'_>, d: &mut Dice) -> Surface {
    let mut cloud = Thinned { side: scanner.spacing, of_cube: HashMap::new(), coord: Vec::new(), faces: Vec::new() };
    for [x, y, _] in stations(room, d) {
        let eye = [x, y, d.between(1.3, 1.8)];
        // Each station is registered to within a centimetre.
        let off: V3 = std::array::from_fn(|_| 0.0035 * scanner.noise.min(1.0) * d.normal());
        let turn = Pose::turned([0.0; 3], 0.0006 * scanner.noise.min(1.0) * d.normal());
        let station = world.then(&Pose { origin: add(eye, off), ..turn });
        let grid = Grid::measure(eye, scanner, solid, d);
        cloud.add(&grid, &station);
    }
    cloud.into_surface()
}

/// One to four standing points, far from each other.
fn stations(room: &Room, d: &mut Dice) -> Vec<V3> {
    let free = camera::standing_points(room, 16, d).concat();
    let count = (1 + d.below(4)).min(free.len());
    let mut chosen = vec![free[0]];
    while chosen.len() < count {
        let away = |p: &V3| chosen.iter().map(|c| (p[0] - c[0]).hypot(p[1] - c[1])).fold(f32::MAX, f32::min);
        let next = free.iter().max_by(|a, b| away(a).total_cmp(&away(b))).unwrap_or(&free[0]);
        chosen.push(*next);
    }
    chosen
}

/// The ranges of one station: columns of rays, each from below to above.
struct Grid {
    step: f32,
    columns: usize,
    rows: usize,
    /// Distance along each ray in metres, 0 where it is lost.
    range: Vec<f32>,
}

impl Grid {
    fn measure(eye: V3, scanner: &Scanner, solid: &Solid<'_>, d: &mut Dice) -> Grid {
        let columns = (TAU * SHARP / scanner.spacing).ceil() as usize;
        let step = TAU / columns as f32;
        let rows = ((LOWEST + FRAC_PI_2) / step) as usize;
        let mut grid = Grid { step, columns, rows, range: vec![0.0; columns * rows] };
        let panorama = Panorama::draw(eye, ((2.0 / step) as usize).clamp(64, 640), solid);
        for i in 0..grid.range.len() {
            // Always draw as many numbers, so that the random stream does not depend on lost rays.
            let (fine, luck, mixed) = (d.normal(), d.unit(), d.unit());
            let along = grid.ray(i);
            let Some((triangle, range)) = panorama.cast(along, solid) else { continue };
            let material = solid.material(triangle);
            let cosine = dot(along, solid.normals[triangle as usize]).abs();
            if range > FARTHEST || luck < lost(material, cosine) {
                continue;
            }
            let sigma = (0.001 + 0.0002 * range) * (1.0 + 0.5 / (cosine + 0.3)) * scanner.noise;
            // The ray below, or that of the column before, may have hit another surface, off the plane of this one.
            let plane = dot(solid.normals[triangle as usize], sub(solid.corners[triangle as usize][0], eye));
            let below = if i % rows > 0 { i - 1 } else { i };
            let other = [below, i.checked_sub(rows).unwrap_or(i)].into_iter().find(|&j| {
                let off = dot(solid.normals[triangle as usize], scale(grid.ray(j), grid.range[j])) - plane;
                grid.range[j] > 0.0 && off.abs() > 0.05 && !grid.connects(grid.range[j], range)
            });
            grid.range[i] = match other {
                Some(j) if mixed < MIXED * scanner.noise.min(1.0) => lerp(range, grid.range[j], mixed / MIXED),
                _ => range + sigma * fine,
            };
        }
        grid
    }

    /// Unit vector along ray `i`.
    fn ray(&self, i: usize) -> V3 {
        let (s, c) = (self.step * (i / self.rows) as f32).sin_cos();
        let (rise, flat) = (self.step * (i % self.rows) as f32 - LOWEST).sin_cos();
        [flat * c, flat * s, rise]
    }

    /// Whether neighbouring rays with these ranges hit one surface: one that leans by less than 81°.
    fn connects(&self, a: f32, b: f32) -> bool {
        (a - b).abs() < 0.02 + 6.0 * self.step * a.min(b)
    }
}

/// Probability that a ray does not come back.
fn lost(material: &Material, cosine: f32) -> f32 {
    let grazing = (0.2 - cosine).max(0.0) * 4.0;
    // Glass lets light through or mirrors it away, except head-on.
    let glass = if material.dropout > 0.1 { 0.9 - 0.5 * cosine * cosine } else { 2.0 * material.dropout };
    (0.005 + grazing + glass).max(fraction_lost(material, cosine)) + 0.3 * darkness(material)
}

/// Points of which at most one is in each cube.
struct Thinned {
    /// Side of a cube in metres.
    side: f32,
    of_cube: HashMap<[i32; 3], u32>,
    coord: Vec<V3>,
    faces: Vec<[u32; 3]>,
}

impl Thinned {
    fn add(&mut self, grid: &Grid, station: &Pose) {
        let ids: Vec<u32> = (grid.range.iter().enumerate())
            .map(|(i, &range)| {
                if range == 0.0 {
                    return NO_POINT;
                }
                let p = station.apply(scale(grid.ray(i), range));
                let next = self.coord.len() as u32;
                let id = *self.of_cube.entry(p.map(|v| (v / self.side).floor() as i32)).or_insert(next);
                if id == next {
                    self.coord.push(p);
                }
                id
            })
            .collect();
        let whole = |corners: [usize; 3]| {
            let near = |i: usize, j: usize| grid.connects(grid.range[i], grid.range[j]);
            let [a, b, c] = corners;
            let f = corners.map(|i| ids[i]);
            let solid = !f.contains(&NO_POINT) && near(a, b) && near(b, c) && near(a, c);
            (solid && f[0] != f[1] && f[1] != f[2] && f[0] != f[2]).then_some(f)
        };
        for column in 0..grid.columns {
            let next = (column + 1) % grid.columns;
            for row in 0..grid.rows - 1 {
                let (a, b) = (column * grid.rows + row, next * grid.rows + row);
                self.faces.extend([[a, a + 1, b], [b, a + 1, b + 1]].into_iter().filter_map(whole));
            }
        }
    }

    fn into_surface(mut self) -> Surface {
        // The first corner of a face is its least, so that equal faces are found.
        for f in &mut self.faces {
            let least = (0..3).fold(0, |k, i| if f[i] < f[k] { i } else { k });
            f.rotate_left(least);
        }
        self.faces.sort_unstable();
        self.faces.dedup();
        Surface { coord: self.coord, faces: self.faces }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{cross, norm};
    use crate::scene::Scene;
    use crate::sensor::Sensor;

    #[test]
    fn a_hall_is_dense_near_the_tripod_and_flat_within_millimetres() {
        let mut scene = Scene::default();
        let mut b = scene.brush(Pose::IDENTITY, 0);
        let paint = b.material(Material::plain([0.7; 3]));
        b.cuboid(paint, [-10.0, -10.0, 0.0], [10.0, 10.0, 3.0]);
        let solid = Solid::of(&scene);
        let scanner = Scanner { sensor: Sensor::LaserScanner, spacing: 0.05, views: 8, whole: true, noise: 1.0 };
        let eye = [0.0, 0.0, 1.5];
        let grid = Grid::measure(eye, &scanner, &solid, &mut Dice::new(0, 0));
        let mut cloud = Thinned { side: 0.05, of_cube: HashMap::new(), coord: Vec::new(), faces: Vec::new() };
        cloud.add(&grid, &Pose::at(eye));
        let surface = cloud.into_surface();

        let floor: Vec<&V3> = surface.coord.iter().filter(|p| p[2] < 0.3 && p[0].abs().max(p[1].abs()) < 9.5).collect();
        let density = |from: f32, to: f32| {
            let count = floor.iter().filter(|p| (from..to).contains(&p[0].hypot(p[1]))).count();
            count as f32 / (std::f32::consts::PI * (to * to - from * from))
        };
        // The tripod hides the floor below it.
        assert_eq!(density(0.0, 0.8), 0.0);
        let (near, middle, far) = (density(1.0, 2.0), density(4.0, 5.0), density(8.0, 9.0));
        assert!((300.0..600.0).contains(&near), "{near} points a square metre");
        assert!(near > 2.5 * middle && middle > 2.5 * far, "{near} {middle} {far}");
        let rms = (floor.iter().map(|p| p[2] * p[2]).sum::<f32>() / floor.len() as f32).sqrt();
        assert!((0.0003..0.004).contains(&rms), "{rms}");
        // Two points may be close on two sides of a border between cubes, but few are.
        let cube = |p: &V3| p.map(|v| (v / 0.05).floor() as i32);
        let mut cubes: Vec<[i32; 3]> = surface.coord.iter().map(cube).collect();
        cubes.sort_unstable();
        cubes.dedup();
        assert_eq!(cubes.len(), surface.coord.len());
        // Faces look to the tripod, and hardly any point has none.
        let mut used = vec![false; surface.coord.len()];
        let (mut towards, mut longest) = (0, 0.0f32);
        for f in &surface.faces {
            f.iter().for_each(|&i| used[i as usize] = true);
            let [a, b, c] = f.map(|i| surface.coord[i as usize]);
            towards += usize::from(dot(cross(sub(b, a), sub(c, a)), sub(eye, a)) > 0.0);
            longest = longest.max(norm(sub(b, a)));
        }
        assert!(towards * 100 > surface.faces.len() * 90, "{towards} of {}", surface.faces.len());
        assert!(used.iter().filter(|u| !**u).count() * 50 < used.len() && longest < 2.5, "{longest}");
    }

    #[test]
    fn glass_black_and_grazing_surfaces_are_lost() {
        let paint = Material::plain([0.8; 3]);
        assert!(lost(&paint, 1.0) < 0.02 && lost(&paint, 0.02) > 0.5);
        assert!(lost(&paint.lossy(0.3), 0.6) > 0.6 && lost(&Material::plain([0.02; 3]), 0.9) > 0.4);
    }
}
