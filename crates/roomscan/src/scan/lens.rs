//! Images of a pinhole camera, and the random fields over them.

use crate::dice::Dice;
use crate::math::{Pose, V3, lerp};
use scanview::raster::{Raster, View};

/// The size of images in pixels, and the focal length in pixels. The principal point is the middle.
#[derive(Clone, Copy)]
pub(crate) struct Lens {
    pub width: usize,
    pub height: usize,
    pub focal: f32,
}

impl Lens {
    /// The ray through the middle of a pixel, in camera coordinates, with z = 1.
    pub fn ray(&self, x: usize, y: usize) -> V3 {
        [
            (x as f32 + 0.5 - self.width as f32 / 2.0) / self.focal,
            (y as f32 + 0.5 - self.height as f32 / 2.0) / self.focal,
            1.0,
        ]
    }

    /// The world's point at depth `z` of a pixel.
    pub fn point(&self, pose: &Pose, x: usize, y: usize, z: f32) -> V3 {
        let ray = self.ray(x, y);
        pose.apply([ray[0] * z, ray[1] * z, z])
    }

    pub fn raster(&self) -> Raster {
        Raster::new(self.width, self.height)
    }

    pub fn view(&self, pose: Pose) -> View {
        View { pose, focal: self.focal }
    }
}

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

/// A depth image with the pose that the sensor believes it has.
pub(crate) type Shot = (Pose, Vec<Pixel>);

/// Smooth noise over an image: normal numbers every `blotch` pixels, and straight lines between them.
pub(crate) struct Blotches {
    columns: usize,
    blotch: usize,
    values: Vec<f32>,
}

impl Blotches {
    pub fn draw(lens: &Lens, blotch: usize, d: &mut Dice) -> Blotches {
        let (columns, rows) = (lens.width / blotch + 2, lens.height / blotch + 2);
        Blotches { columns, blotch, values: (0..columns * rows).map(|_| d.normal()).collect() }
    }

    pub fn at(&self, x: usize, y: usize) -> f32 {
        let (gx, gy) = (x as f32 / self.blotch as f32, y as f32 / self.blotch as f32);
        let (cx, cy) = (gx as usize, gy as usize);
        let at = |dx: usize, dy: usize| self.values[(cy + dy) * self.columns + cx + dx];
        let (tx, ty) = (gx - cx as f32, gy - cy as f32);
        lerp(lerp(at(0, 0), at(1, 0), tx), lerp(at(0, 1), at(1, 1), tx), ty)
    }
}
