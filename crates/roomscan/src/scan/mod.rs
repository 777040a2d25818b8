//! The virtual depth camera: poses, depth images with a sensor's faults, fusion, and the mesh of what was seen.

mod camera;
mod fusion;
mod lookup;
mod nets;
mod paint;
mod raster;
mod sensor;

pub(crate) use camera::look_at;
pub(crate) use lookup::nearest_surface;
pub(crate) use nets::{Surface, vertex_normals};
pub(crate) use paint::paint;
pub(crate) use raster::{NOTHING as NO_TRIANGLE, Raster, View};

use crate::dice::Dice;
use crate::math::{Frame, V3};
use crate::rooms::Room;

/// What the scanner is set to.
pub(crate) struct Scanner {
    /// Spacing of the mesh's vertices: there is about one on each `spacing` squared, metres.
    pub spacing: f32,
    pub views: usize,
    /// 1 is a sensor as usual, 0 a perfect one.
    pub noise: f32,
}

/// Surface nets put 1.3 vertices on each voxel's face of a wall that is turned against the grid.
const VOXEL_OF_SPACING: f32 = 1.15;

/// Scans `room`; the surface is in world coordinates, `world` being the room's frame there.
pub(crate) fn scan(room: &Room, world: &Frame, scanner: &Scanner, d: &mut Dice) -> Surface {
    let scene = &room.scene;
    let corners: Vec<[V3; 3]> = scene.triangles.iter().map(|t| t.corners).collect();
    let normals = raster::normals(&corners);
    let poses = camera::path(room, scanner.views, d);
    let mut drift = camera::Drift::new(scanner.noise);
    let mut images = Vec::with_capacity(poses.len());
    let mut image = Raster::new(sensor::WIDTH, sensor::HEIGHT);
    for pose in &poses {
        image.draw(&View { pose: *pose, focal: sensor::FOCAL }, &corners);
        let depth = sensor::expose(&image, pose, scene, &normals, scanner.noise, d);
        // The tracker believes the camera to be a little off where it is.
        let believed = world.then(&drift.step(pose, d));
        images.push((believed, depth));
    }
    let mut volume = fusion::Volume::around(&images, VOXEL_OF_SPACING * scanner.spacing);
    for (pose, depth) in &images {
        volume.integrate(pose, depth);
    }
    nets::extract(&volume)
}
