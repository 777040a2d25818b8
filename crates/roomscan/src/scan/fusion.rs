//! Fusion of depth images into a truncated signed distance volume (Curless and Levoy, 1996). Blocks of 8×8×8 voxels
//! exist only near surfaces, as in the voxel hashing (Nießner et al., 2013) that ScanNet was captured with.

use super::lens::{Lens, Pixel, Shot};
use crate::math::{Pose, V3};

pub(crate) const BLOCK: usize = 8;
pub(crate) const VOXELS: usize = BLOCK * BLOCK * BLOCK;
/// Truncation distance in voxels.
const TRUNCATION: f32 = 3.0;

#[derive(Clone, Copy, Default)]
pub(crate) struct Voxel {
    /// Signed distance divided by the truncation distance, -1..=1, positive in front of the surface.
    pub distance: f32,
    pub weight: f32,
}

pub(crate) struct Volume {
    pub voxel: f32,
    /// Block coordinates of the first cell of `table`.
    low: [i32; 3],
    cells: [usize; 3],
    /// For each cell the index of its block plus one, or 0 if it has none.
    table: Vec<u32>,
    /// Block coordinates, in the order in which blocks were first seen.
    pub blocks: Vec<[i32; 3]>,
    pub voxels: Vec<Voxel>,
}

/// Every second pixel of every second row, where it has a depth.
fn samples<'a>(lens: &'a Lens, image: &'a [Pixel]) -> impl Iterator<Item = (usize, usize, f32)> + 'a {
    (0..lens.height / 2).flat_map(move |y| {
        (0..lens.width / 2).filter_map(move |x| {
            let depth = image[2 * y * lens.width + 2 * x].depth;
            (depth > 0.0).then_some((2 * x, 2 * y, depth))
        })
    })
}

impl Volume {
    /// Reserves blocks around all surfaces in `images`.
    pub fn around(lens: &Lens, images: &[Shot], voxel: f32) -> Volume {
        let (mut low, mut high) = ([f32::MAX; 3], [f32::MIN; 3]);
        for (pose, image) in images {
            for (x, y, z) in samples(lens, image) {
                let p = lens.point(pose, x, y, z);
                for a in 0..3 {
                    low[a] = low[a].min(p[a]);
                    high[a] = high[a].max(p[a]);
                }
            }
        }
        let edge = voxel * BLOCK as f32;
        let margin = TRUNCATION * voxel * 2.0;
        if low[0] > high[0] {
            (low, high) = ([0.0; 3], [0.0; 3]);
        }
        let first = low.map(|v| ((v - margin) / edge).floor() as i32);
        let last = high.map(|v| ((v + margin) / edge).floor() as i32);
        let cells: [usize; 3] = std::array::from_fn(|a| (last[a] - first[a] + 1) as usize);
        let table = vec![0; cells.iter().product()];
        let mut volume = Volume { voxel, low: first, cells, table, blocks: Vec::new(), voxels: Vec::new() };
        for (pose, image) in images {
            for (x, y, z) in samples(lens, image) {
                for step in [-1.0, 0.0, 1.0] {
                    let p = lens.point(pose, x, y, z + step * TRUNCATION * voxel);
                    volume.reserve(p.map(|v| (v / edge).floor() as i32));
                }
            }
        }
        volume.voxels = vec![Voxel::default(); volume.blocks.len() * VOXELS];
        volume
    }

    fn cell(&self, block: [i32; 3]) -> Option<usize> {
        let at: [i32; 3] = std::array::from_fn(|a| block[a] - self.low[a]);
        (0..3)
            .all(|a| at[a] >= 0 && (at[a] as usize) < self.cells[a])
            .then(|| (at[2] as usize * self.cells[1] + at[1] as usize) * self.cells[0] + at[0] as usize)
    }

    fn reserve(&mut self, block: [i32; 3]) {
        if let Some(cell) = self.cell(block)
            && self.table[cell] == 0
        {
            self.blocks.push(block);
            self.table[cell] = self.blocks.len() as u32;
        }
    }

    /// Index of the block with coordinates `block`.
    pub fn find(&self, block: [i32; 3]) -> Option<usize> {
        self.cell(block).and_then(|c| (self.table[c] as usize).checked_sub(1))
    }

    /// Adds an image taken from `pose`.
    pub fn integrate(&mut self, lens: &Lens, pose: &Pose, image: &[Pixel]) {
        let &Lens { width, height, focal } = lens;
        let truncation = TRUNCATION * self.voxel;
        let farthest = image.iter().map(|p| p.depth).fold(0.0, f32::max) + 4.0 * truncation;
        let edge = self.voxel * BLOCK as f32;
        let radius = edge * 0.87;
        let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
        // Blocks whose bounding sphere is outside the view frustum are skipped.
        let sides = [cx / focal, cy / focal];
        // Steps of one voxel along the world's axes, in camera coordinates.
        let step: [V3; 3] = std::array::from_fn(|a| std::array::from_fn(|c| pose.axes[c][a] * self.voxel));
        for (block, voxels) in self.blocks.iter().zip(self.voxels.chunks_exact_mut(VOXELS)) {
            let corner = block.map(|b| b as f32 * edge);
            let middle = pose.unapply(corner.map(|c| c + edge / 2.0));
            let outside = middle[2] < 0.1 - radius
                || middle[2] > farthest + radius
                || (0..2).any(|a| middle[a].abs() - sides[a] * middle[2] > radius * (1.0 + sides[a] * sides[a]).sqrt());
            if outside {
                continue;
            }
            let origin = pose.unapply(corner.map(|c| c + self.voxel / 2.0));
            for (i, voxel) in voxels.iter_mut().enumerate() {
                let k = [(i % BLOCK) as f32, (i / BLOCK % BLOCK) as f32, (i / (BLOCK * BLOCK)) as f32];
                let p: V3 =
                    std::array::from_fn(|c| origin[c] + k[0] * step[0][c] + k[1] * step[1][c] + k[2] * step[2][c]);
                if p[2] < 0.1 {
                    continue;
                }
                let inverse = focal / p[2];
                let (u, v) = (cx + p[0] * inverse, cy + p[1] * inverse);
                if !(u >= 0.0 && v >= 0.0 && u < width as f32 && v < height as f32) {
                    continue;
                }
                let pixel = image[v as usize * width + u as usize];
                if pixel.depth == 0.0 {
                    continue;
                }
                // Distances along the ray would thicken slanted surfaces; use those to the surface's plane.
                let distance = (pixel.depth - p[2]) * pixel.slope / truncation;
                if distance >= -1.0 {
                    let total = voxel.weight + pixel.weight;
                    voxel.distance += (distance.min(1.0) - voxel.distance) * (pixel.weight / total);
                    voxel.weight = total;
                }
            }
        }
    }
}
