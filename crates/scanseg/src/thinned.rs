//! A scene thinned to one point in 4 cm: about equally dense everywhere, whatever it was scanned with.

/// Edge of a voxel in metres.
const SPACING: f32 = 0.04;

/// The points of a thinned scene.
pub(crate) struct Thinned {
    /// `[points]` the means of the vertices in each voxel.
    pub points: Vec<[f32; 3]>,
    /// `[vertices]` the point of each vertex.
    pub of: Vec<u32>,
}

impl Thinned {
    /// Thins the vertices of a scene, of which there is at least one.
    pub fn new(coord: &[[f32; 3]]) -> Self {
        match pointops::voxel_downsample(coord, SPACING) {
            Ok(thinned) => Thinned { points: thinned.points, of: thinned.map.inverse },
            // more voxels than can be numbered: no room, and its vertices are taken as they are
            Err(_) => Thinned { points: coord.to_vec(), of: (0..coord.len() as u32).collect() },
        }
    }
}
