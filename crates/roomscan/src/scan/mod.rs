//! The virtual sensors: poses, images with the faults of each sensor, fusion, and the surfaces that were seen.

mod camera;
mod depth;
mod faults;
mod fusion;
mod laser;
mod lens;
mod light;
mod look;
mod lookup;
mod lost;
mod openness;
mod paint;
mod panorama;
mod phone;
mod photos;
mod smooth;
mod surface_nets;

pub(crate) use faults::{add_strays, stretch, tilt_and_bend};
pub(crate) use lookup::nearest_surface;
pub(crate) use paint::paint;
pub(crate) use surface_nets::{Surface, vertex_normals};

use crate::dice::Dice;
use crate::math::{Pose, V3};
use crate::rooms::Room;
use crate::scene::{Material, Scene};
use crate::sensor::Sensor;
use lens::{Lens, Shot};
use scanview::raster;

/// Settings of the scanner.
pub(crate) struct Scanner {
    pub sensor: Sensor,
    /// Spacing of the mesh's vertices in metres: there is about one vertex per `spacing`².
    pub spacing: f32,
    pub views: usize,
    /// Whether the whole room is to be scanned.
    pub whole: bool,
    /// 1 for a usual sensor, 0 for a perfect one.
    pub noise: f32,
}

/// Voxel size divided by spacing. On a wall that is not parallel to the grid, surface nets make 1.3 vertices per voxel
/// face.
const VOXEL_OF_SPACING: f32 = 1.15;
/// How much coarser the mesh of a phone is.
const PHONE_COARSER: f32 = 1.6;

/// A room's triangles, as the sensors need them.
pub(crate) struct Solid<'a> {
    pub scene: &'a Scene,
    pub corners: Vec<[V3; 3]>,
    /// Unit normal of each triangle.
    pub normals: Vec<V3>,
}

impl Solid<'_> {
    pub fn of(scene: &Scene) -> Solid<'_> {
        let corners: Vec<[V3; 3]> = scene.triangles.iter().map(|t| t.corners).collect();
        let normals = raster::normals(&corners);
        Solid { scene, corners, normals }
    }

    pub fn material(&self, triangle: u32) -> &Material {
        &self.scene.materials[self.scene.triangles[triangle as usize].material as usize]
    }
}

/// Scans `room`. The surface is in world coordinates; `world` transforms room to world coordinates.
pub(crate) fn scan(room: &Room, world: &Pose, scanner: &Scanner, d: &mut Dice) -> Surface {
    let solid = Solid::of(&room.scene);
    match scanner.sensor {
        Sensor::PhoneLidar => {
            let shots = phone::shoot(room, world, scanner, &solid, d);
            let mut surface = fuse(&phone::LENS, &shots, PHONE_COARSER * scanner.spacing);
            smooth::smooth(&mut surface, 6, 0.6, 0.25);
            surface
        }
        Sensor::LaserScanner => laser::scan(room, world, scanner, &solid, d),
        Sensor::Photogrammetry => {
            let (shots, between) = photos::shoot(room, world, scanner, &solid, d);
            let mut surface = fuse(&photos::LENS, &shots, scanner.spacing);
            smooth::smooth(&mut surface, 3, 0.5, 0.3);
            faults::add_floaters(&mut surface, &between, scanner.spacing, d);
            surface
        }
        Sensor::DepthCamera => fuse(&depth::LENS, &depth::shoot(room, world, scanner, &solid, d), scanner.spacing),
    }
}

/// Fuses depth images into a mesh.
fn fuse(lens: &Lens, shots: &[Shot], spacing: f32) -> Surface {
    let mut volume = fusion::Volume::around(lens, shots, VOXEL_OF_SPACING * spacing);
    for (pose, depth) in shots {
        volume.integrate(lens, pose, depth);
    }
    surface_nets::extract(&volume)
}
