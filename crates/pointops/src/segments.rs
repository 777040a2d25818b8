//! Over-segmentation of points into patches of one surface.

use crate::{DisjointSets, PointError, knn, pca_normals};

/// Nearest points, the point itself included, that a normal is estimated from.
const AROUND: usize = 16;
/// Nearest points that a point has edges to.
const EDGES: usize = 8;

/// The graph of the points of a surface, which [`SurfaceGraph::segments`] cuts into patches at any threshold.
#[derive(Debug, Clone)]
pub struct SurfaceGraph {
    points: usize,
    /// Edges by weight, then by their ends.
    edges: Vec<(f32, u32, u32)>,
}

impl SurfaceGraph {
    /// Connects each point with its 8 nearest. An edge weighs 1 − |cos| of the angle between the normals of its ends,
    /// which are estimated from 16 points each ([`pca_normals`]).
    ///
    /// Points should be about equally dense everywhere, as those of [`voxel_downsample`](crate::voxel_downsample) are.
    ///
    /// # Errors
    ///
    /// If there are no points or a coordinate is not finite.
    pub fn new(points: &[[f32; 3]]) -> Result<Self, PointError> {
        let normals = pca_normals(points, AROUND.min(points.len()).max(1))?;
        let near = knn(points, points, (EDGES + 1).min(points.len()))?;
        let mut edges = Vec::with_capacity(points.len() * EDGES);
        for a in 0..points.len() as u32 {
            for &b in near.row(a as usize).iter().filter(|b| **b != a) {
                let (low, high) = (a.min(b), a.max(b));
                let (u, v) = (normals[low as usize], normals[high as usize]);
                let weight = 1.0 - (u[0] * v[0] + u[1] * v[1] + u[2] * v[2]).abs();
                edges.push((weight, low, high));
            }
        }
        edges.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        edges.dedup();
        Ok(SurfaceGraph { points: points.len(), edges })
    }

    /// The segment of each point, numbered from 0 in the order of their first points.
    ///
    /// This is the graph-based method of Felzenszwalb and Huttenlocher (2004, "Efficient graph-based image
    /// segmentation"), which ScanNet's segments are made with: by increasing weight, an edge joins two segments if it
    /// weighs no more than the heaviest edge that joined either, plus `threshold` over the segment's number of points. A
    /// larger threshold makes larger segments. Then those with fewer than `least` points are joined with neighbours.
    pub fn segments(&self, threshold: f32, least: u32) -> Vec<u32> {
        let mut sets = DisjointSets::new(self.points);
        let mut limit = vec![threshold; self.points];
        for &(weight, a, b) in &self.edges {
            let (a, b) = (sets.find(a), sets.find(b));
            if a != b && weight <= limit[a as usize].min(limit[b as usize]) {
                let root = sets.join(a, b);
                limit[root as usize] = weight + threshold / sets.size(root) as f32;
            }
        }
        for &(_, a, b) in &self.edges {
            let (a, b) = (sets.find(a), sets.find(b));
            if a != b && sets.size(a).min(sets.size(b)) < least {
                sets.join(a, b);
            }
        }
        let mut number = vec![u32::MAX; self.points];
        let mut count = 0;
        (0..self.points as u32)
            .map(|point| {
                let own = &mut number[sets.find(point) as usize];
                if *own == u32::MAX {
                    *own = count;
                    count += 1;
                }
                *own
            })
            .collect()
    }
}
