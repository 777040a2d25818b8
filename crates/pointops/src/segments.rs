//! Over-segmentation of points into patches of one surface, and of any graph.

use crate::{DisjointSets, PointError, knn, pca_normals};
use rayon::prelude::*;

/// Nearest points, the point itself included, that a normal is estimated from.
const AROUND: usize = 16;
/// Nearest points that a point has edges to.
const EDGES: usize = 8;

/// An edge: how different its ends are, and which nodes they are.
pub type Edge = (f32, u32, u32);

/// Sorts edges by weight, then by their ends, as [`graph_segments`] wants them.
pub fn sort_edges(edges: &mut [Edge]) {
    edges.par_sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
}

/// Parameters of [`graph_segments`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GraphSegments {
    /// How much heavier than the edges in a segment another one may be that joins it: this for a single node, this times
    /// `growth` over the number of nodes for more. Above 0; the larger, the larger the segments.
    pub threshold: f32,
    /// See `threshold`; 1 in the paper.
    pub growth: f32,
    /// Edges of this weight and above join only segments with too few nodes.
    pub border: f32,
    /// Segments with fewer nodes are joined with a neighbour.
    pub least: u32,
}

/// Cuts a graph into segments by the graph-based method of Felzenszwalb and Huttenlocher (2004, "Efficient graph-based
/// image segmentation"), which ScanNet's segments are made with. By increasing weight, an edge joins two segments if it
/// weighs no more than the heaviest edge that joined either, plus the threshold. Then segments with too few nodes are
/// joined with others, by increasing weight again.
///
/// - `edges`: in the order of [`sort_edges`], between nodes below `nodes`
pub fn graph_segments(nodes: usize, edges: &[Edge], parameters: &GraphSegments) -> DisjointSets {
    let GraphSegments { threshold, growth, border, least } = *parameters;
    let mut sets = DisjointSets::new(nodes);
    let mut limit = vec![threshold; nodes];
    for &(weight, a, b) in edges.iter().take_while(|edge| edge.0 < border) {
        let (a, b) = (sets.find(a), sets.find(b));
        if a != b && weight <= limit[a as usize].min(limit[b as usize]) {
            let root = sets.join(a, b);
            limit[root as usize] = weight + threshold / sets.size(root) as f32 * growth;
        }
    }
    for &(_, a, b) in edges {
        let (a, b) = (sets.find(a), sets.find(b));
        if a != b && sets.size(a).min(sets.size(b)) < least {
            sets.join(a, b);
        }
    }
    sets
}

/// The graph of the points of a surface, which [`SurfaceGraph::segments`] cuts into patches at any threshold.
#[derive(Debug, Clone)]
pub struct SurfaceGraph {
    points: usize,
    edges: Vec<Edge>,
}

impl SurfaceGraph {
    /// Connects each point with its 8 nearest. An edge weighs 1 − |cos| of the angle between the normals of its ends,
    /// from 0 to 1. Normals are estimated from 16 points each ([`pca_normals`]); where these span no plane, edges weigh 1.
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
        drop(near);
        sort_edges(&mut edges);
        edges.dedup();
        Ok(SurfaceGraph { points: points.len(), edges })
    }

    /// The segment of each point, `[points]`, numbered from 0 in the order of their first points.
    ///
    /// `threshold` is that of [`GraphSegments`]: with 0.1 segments are small, with 2 a wall is one. Those with fewer than
    /// `least` points are joined with a neighbour.
    pub fn segments(&self, threshold: f32, least: u32) -> Vec<u32> {
        let parameters = GraphSegments { threshold, growth: 1.0, border: f32::INFINITY, least };
        let mut sets = graph_segments(self.points, &self.edges, &parameters);
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
