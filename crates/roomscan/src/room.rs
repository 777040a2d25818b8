//! A scanned room in memory.

use crate::config::{RoomError, RoomsConfig, ScanSummary};
use crate::dice::Dice;
use crate::math::{Pose, dot};
use crate::names::nyu40_id;
use crate::rooms::{RoomKind, furnish};
use crate::scan::{Scanner, add_strays, nearest_surface, paint, scan, stretch, tilt_and_bend, vertex_normals};
use crate::scene::NO_OBJECT;
use crate::segment::{annotate, median_edge, segment};
use crate::sensor::Sensor;
use scannet::Split;
use std::f32::consts::TAU;

/// Farthest from the surface that a vertex belongs to, in metres: tracked poses are off by up to that much. What a tripod
/// measures farther from any surface is no surface.
fn reach(sensor: Sensor, d: &Dice) -> f32 {
    if sensor == Sensor::LaserScanner { 0.04 } else { d.either(0.14, 0.2) }
}

/// How tilted and bent the scans of a sensor are, beside those of a depth camera. A tripod stands level.
fn bend(sensor: Sensor) -> f32 {
    if sensor == Sensor::LaserScanner { 0.04 } else { 1.0 }
}

/// An annotated object of a [`ScannedRoom`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomObject {
    /// Raw name, one of [`RAW_NAMES`](crate::RAW_NAMES).
    pub name: &'static str,
    /// Ids of its segments, in ascending order.
    pub segments: Vec<u32>,
}

/// A generated room, scanned and annotated.
#[derive(Clone, Debug, PartialEq)]
pub struct ScannedRoom {
    /// Name of the scan, such as `scene9003_00`.
    pub scan: String,
    /// The kind of room.
    pub kind: RoomKind,
    /// The sensor that scanned it.
    pub sensor: Sensor,
    /// Vertex positions in metres. +z is up; the walls are not parallel to the axes.
    pub coord: Vec<[f32; 3]>,
    /// Vertex colours.
    pub color: Vec<[u8; 3]>,
    /// Triangles, counter-clockwise as seen from inside the room. A laser scanner gives none.
    pub faces: Vec<[u32; 3]>,
    /// Segment id of each vertex. The id of a segment is the index of one of its vertices.
    pub segments: Vec<u32>,
    /// Annotated objects.
    pub objects: Vec<RoomObject>,
    /// Row-major matrix that makes the walls parallel to the axes and moves the middle of the floor to the origin. It
    /// leaves the scan tilted, as ScanNet's do.
    pub axis_alignment: [[f64; 4]; 4],
}

/// Name of scan `index`, with a number beyond those of ScanNet.
pub(crate) fn scan_name(index: usize) -> String {
    format!("scene{:04}_00", 9000 + index)
}

/// Generates scan `index` of `config` with the given seed, ignoring `config.seed`.
///
/// The same arguments give the same bits. A scan takes one to three seconds on one core and 100 MB at a spacing
/// of 2 cm.
///
/// # Errors
/// [`RoomError::Config`] if a value of `config` or `index` is out of range.
pub fn generate_scan(seed: u64, index: usize, config: &RoomsConfig) -> Result<ScannedRoom, RoomError> {
    config.check()?;
    if index >= RoomsConfig::MOST_SCANS {
        let detail = format!("scan {index}; the last is {}", RoomsConfig::MOST_SCANS - 1);
        return Err(RoomError::Config { field: "index", detail });
    }
    let mut d = Dice::new(seed, index as u64).of(config.edition);
    let kind = config.kind(index);
    let room = furnish(kind, &mut d);
    let shift = [d.between(-3.0, 3.0), d.between(-3.0, 3.0), d.between(-0.1, 0.1)];
    let world = Pose::turned(shift, d.between(0.0, TAU));
    let sensor = config.sensor(index);
    // so that small sets have all classes
    let whole = config.split(index).1 < RoomKind::FIRST;
    let scanner = Scanner { sensor, spacing: config.spacing, views: config.views, whole, noise: config.noise };
    let mut surface = scan(&room, &world, &scanner, &mut d);
    let [x, y] = room.layout.plan.size;
    add_strays(&mut surface, [x, y, room.layout.plan.height], |p| world.apply(p), config.noise, &mut d);

    let local: Vec<[f32; 3]> = surface.coord.iter().map(|p| world.unapply(*p)).collect();
    let normal = vertex_normals(&local, &surface.faces);
    let on = nearest_surface(&room.scene, &local, &normal, reach(sensor, &d).max(2.0 * config.spacing));
    let color = paint(&room.scene, &local, &normal, &on, config.noise, &mut d);
    let object: Vec<u32> =
        on.iter().map(|hit| hit.map_or(NO_OBJECT, |(t, _)| room.scene.triangles[t as usize].object)).collect();
    let segments = segment(&surface.coord, &surface.faces, &object, d.word());
    let groups = annotate(&segments, &object, room.scene.objects.len(), config.missed, &mut d);
    let objects = (room.scene.objects.iter().zip(groups))
        .filter(|(_, segments)| !segments.is_empty())
        .map(|(name, segments)| RoomObject { name, segments })
        .collect();
    let middle = [x / 2.0, y / 2.0, 0.0];
    tilt_and_bend(&mut surface.coord, world.apply(middle), bend(sensor) * config.noise, &mut d);
    match sensor {
        Sensor::Photogrammetry => stretch(&mut surface.coord, world.apply(middle), config.noise, &mut d),
        // The triangles gave it neighbours; such a scanner writes points.
        Sensor::LaserScanner => surface.faces.clear(),
        _ => {}
    }
    Ok(ScannedRoom {
        scan: scan_name(index),
        kind,
        sensor,
        coord: surface.coord,
        color,
        faces: surface.faces,
        segments,
        objects,
        axis_alignment: alignment(&world, middle),
    })
}

/// Matrix from world to room coordinates, with `middle` of the room moved to the origin.
fn alignment(world: &Pose, middle: [f32; 3]) -> [[f64; 4]; 4] {
    let mut m = [[0.0; 4]; 4];
    for (a, row) in m.iter_mut().take(3).enumerate() {
        let axis = world.axes[a];
        (0..3).for_each(|c| row[c] = f64::from(axis[c]));
        row[3] = f64::from(-dot(axis, world.origin) - middle[a]);
    }
    m[3][3] = 1.0;
    m
}

impl ScannedRoom {
    /// Returns the NYU40 id of each vertex, 0 for vertices without annotation.
    pub fn nyu40(&self) -> Vec<i32> {
        // Segment ids are vertex indices, so an array can map them.
        let mut of_segment = vec![0; self.coord.len()];
        for object in &self.objects {
            let id = nyu40_id(object.name);
            object.segments.iter().for_each(|&s| of_segment[s as usize] = id);
        }
        self.segments.iter().map(|&s| of_segment[s as usize]).collect()
    }

    /// Returns the mesh, without labels.
    pub fn mesh(&self) -> scannet::Mesh {
        scannet::Mesh {
            coord: self.coord.clone(),
            color: Some(self.color.clone()),
            faces: self.faces.clone(),
            ..scannet::Mesh::default()
        }
    }

    /// Returns the counts of this scan of a split.
    pub fn summary(&self, split: Split) -> ScanSummary {
        let roots = self.segments.iter().enumerate().filter(|(i, s)| *i == **s as usize);
        ScanSummary {
            scan: self.scan.clone(),
            scene_type: self.kind.scene_type(),
            split,
            sensor: self.sensor,
            vertices: self.coord.len(),
            faces: self.faces.len(),
            objects: self.objects.len(),
            segments: roots.count(),
            median_edge: median_edge(&self.coord, &self.faces),
        }
    }
}
