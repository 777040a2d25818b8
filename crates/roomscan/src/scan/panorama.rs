//! Rays in all directions from a point: six images of 90° tell which triangle a ray meets, and the triangle's plane tells
//! exactly where.

use super::Solid;
use crate::math::{Pose, V3, cross, dot, sub};
use scanview::raster::{NO_TRIANGLE, Raster, View};

/// Right and forward axes of the six images.
const SIDES: [[V3; 2]; 6] = [
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    [[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]],
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
    [[0.0, 0.0, -1.0], [0.0, -1.0, 0.0]],
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
    [[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]],
];

pub(crate) struct Panorama {
    eye: V3,
    sides: Vec<(Pose, Raster)>,
}

impl Panorama {
    /// Draws images of `side`² pixels.
    pub fn draw(eye: V3, side: usize, solid: &Solid<'_>) -> Panorama {
        let sides = SIDES.map(|[right, forward]| {
            let pose = Pose { axes: [right, cross(forward, right), forward], origin: eye };
            let mut image = Raster::new(side, side);
            image.draw(&View { pose, focal: side as f32 / 2.0 }, &solid.corners);
            (pose, image)
        });
        Panorama { eye, sides: sides.into() }
    }

    /// The triangle that the ray along the unit vector `along` meets, and its distance.
    pub fn cast(&self, along: V3, solid: &Solid<'_>) -> Option<(u32, f32)> {
        let axis = (1..3).fold(0, |best, a| if along[a].abs() > along[best].abs() { a } else { best });
        let (pose, image) = &self.sides[2 * axis + usize::from(along[axis] < 0.0)];
        let depth = along[axis].abs();
        let half = image.width as f32 / 2.0;
        let pixel = |a: usize| ((half * (1.0 + dot(pose.axes[a], along) / depth)) as usize).min(image.width - 1);
        let i = pixel(1) * image.width + pixel(0);
        let index = image.triangle[i];
        if index == NO_TRIANGLE {
            return None;
        }
        let roughly = 1.0 / (image.inverse[i] * depth);
        let normal = solid.normals[index as usize];
        let range = dot(normal, sub(solid.corners[index as usize][0], self.eye)) / dot(normal, along);
        // Beside the edge of a triangle that is seen from its side, its plane is far off.
        ((range - roughly).abs() < 0.05 + 0.15 * roughly).then_some((index, range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{add, norm, scale, unit};
    use crate::scene::{Material, Scene};

    #[test]
    fn rays_end_on_the_box_around_them() {
        let mut scene = Scene::default();
        let mut b = scene.brush(Pose::IDENTITY, 0);
        let m = b.material(Material::plain([0.5; 3]));
        b.cuboid(m, [-1.0, -2.0, 0.0], [2.0, 3.0, 2.5]);
        let solid = Solid::of(&scene);
        let eye = [0.2, 0.3, 1.5];
        let panorama = Panorama::draw(eye, 128, &solid);
        for i in 0..500 {
            let f = i as f32;
            let along = unit([(f * 0.7).sin(), (f * 1.3).cos(), (f * 0.37).sin()]);
            let (_, range) = panorama.cast(along, &solid).unwrap();
            let p = add(eye, scale(along, range));
            let off = [(-1.0, 2.0), (-2.0, 3.0), (0.0, 2.5)].iter().enumerate().map(|(a, (low, high))| {
                let v: f32 = p[a];
                (v - low).abs().min((v - high).abs())
            });
            assert!(off.fold(f32::MAX, f32::min) < 1e-4, "{p:?}");
            assert!((norm(sub(p, eye)) - range).abs() < 1e-4);
        }
    }
}
