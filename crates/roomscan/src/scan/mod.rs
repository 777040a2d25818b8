//! The virtual depth camera: poses, depth images with the faults of a sensor, fusion, and the mesh of the seen
//! surfaces.

mod camera;
mod faults;
mod fusion;
mod lookup;
mod paint;
mod sensor;
mod surface_nets;

pub(crate) use faults::{add_strays, tilt_and_bend};
pub(crate) use lookup::nearest_surface;
pub(crate) use paint::paint;
pub(crate) use surface_nets::{Surface, vertex_normals};

use crate::dice::Dice;
use crate::math::{Pose, V3};
use crate::rooms::Room;
use scanview::raster::{self, Raster, View};

/// Settings of the scanner.
pub(crate) struct Scanner {
    /// Spacing of the mesh's vertices in metres: there is about one vertex per `spacing`².
    pub spacing: f32,
    pub views: usize,
    /// 1 for a usual sensor, 0 for a perfect one.
    pub noise: f32,
}

/// Voxel size divided by spacing. On a wall that is not parallel to the grid, surface nets make 1.3 vertices per voxel
/// face.
const VOXEL_OF_SPACING: f32 = 1.15;

/// Scans `room`. The surface is in world coordinates; `world` transforms room to world coordinates.
pub(crate) fn scan(room: &Room, world: &Pose, scanner: &Scanner, d: &mut Dice) -> Surface {
    let scene = &room.scene;
    let corners: Vec<[V3; 3]> = scene.triangles.iter().map(|t| t.corners).collect();
    let normals = raster::normals(&corners);
    let poses = camera::path(room, scanner.views, d);
    let mut drift = camera::Drift::new(scanner.noise, poses.len(), d);
    let mut images = Vec::with_capacity(poses.len());
    let mut image = Raster::new(sensor::WIDTH, sensor::HEIGHT);
    for pose in &poses {
        image.draw(&View { pose: *pose, focal: sensor::FOCAL }, &corners);
        let depth = sensor::expose(&image, pose, scene, &normals, scanner.noise, d);
        // The tracked pose differs a little from the true one.
        let tracked = world.then(&drift.step(pose, d));
        images.push((tracked, depth));
    }
    let mut volume = fusion::Volume::around(&images, VOXEL_OF_SPACING * scanner.spacing);
    for (pose, depth) in &images {
        volume.integrate(pose, depth);
    }
    surface_nets::extract(&volume)
}
