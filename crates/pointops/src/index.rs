//! Neighbour queries over an index.

use rayon::prelude::*;

use crate::{
    BallQuery, Knn, PointError, ThreeNn, Weighting,
    grid::Grid,
    search::{
        Rows,
        ball::{BallKernel, LowestIds, pad},
        key_distance, key_id,
        knn::KnnKernel,
        three::{ThreeKernel, interpolation_weights},
        tree::Tree,
    },
    simd::{self, Kernel},
    validate,
};

/// How a [`NeighborIndex`] finds points. The kind changes the time of a query, never its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IndexKind {
    /// Chosen by the number of points, the kind of query and how evenly the points are spread.
    #[default]
    Auto,
    /// A uniform grid: the fastest for scans, whose points lie evenly on surfaces. Slow if most points lie in a small
    /// part of their extent.
    Grid,
    /// A k-d tree (kiddo's `ImmutableKdTree`), for points of very uneven density.
    KdTree,
    /// A scan over all points: the fastest for small sets.
    BruteForce,
}

/// Up to this many points, brute force is the fastest for ball queries and for nearest neighbours.
const BRUTE_BALL: usize = 1024;
const BRUTE_NEAREST: usize = 48;
/// Points per non-empty cell of a grid for nearest neighbours, per neighbour and at least; measured.
const OCCUPANCY_PER_NEIGHBOR: f64 = 0.5;
const MIN_OCCUPANCY: f64 = 3.0;
/// If a point shares its cell with more than this times the occupancy, a tree is better: the grid is too coarse for the
/// dense parts.
const CROWDED: f64 = 48.0;
/// Queries per task: enough for neighbouring queries to follow one another, few enough to balance threads.
const BLOCK: usize = 1024;

/// An index of points for neighbour queries.
///
/// ```
/// use pointops::{IndexKind, NeighborIndex};
///
/// let points: Vec<[f32; 3]> = (0..2000).map(|i| [i as f32 * 0.01, 0.0, 0.0]).collect();
/// let index = NeighborIndex::build(&points, IndexKind::Auto)?;
/// let near = index.knn(&[[5.001, 0.0, 0.0]], 2)?;
/// assert_eq!(near.indices, [500, 501]);
/// # Ok::<(), pointops::PointError>(())
/// ```
#[derive(Debug)]
pub struct NeighborIndex {
    /// The points in their original order.
    flat: Grid,
    grid: Option<Grid>,
    tree: Option<Tree>,
    kind: IndexKind,
}

impl NeighborIndex {
    /// Builds an index for nearest-neighbour queries; it answers ball queries too.
    ///
    /// [`IndexKind::Auto`] takes brute force for up to 48 points (1024 for ball queries), a k-d tree if most points lie
    /// in a small part of their extent, and a grid otherwise.
    ///
    /// # Errors
    ///
    /// If there are no points, or a coordinate is not finite.
    pub fn build(points: &[[f32; 3]], kind: IndexKind) -> Result<Self, PointError> {
        Self::build_for_neighbors(points, kind, 3)
    }

    /// [`build`](Self::build) for about `k` neighbours per query; other queries work too but may be slower.
    pub fn build_for_neighbors(points: &[[f32; 3]], kind: IndexKind, k: usize) -> Result<Self, PointError> {
        let occupancy = (k as f64 * OCCUPANCY_PER_NEIGHBOR).max(MIN_OCCUPANCY);
        let mut index = Self::with_grid(points, kind, BRUTE_NEAREST, |points| Grid::with_occupancy(points, occupancy))?;
        let crowded = |grid: &Grid| grid.crowding() > CROWDED * occupancy;
        if kind == IndexKind::Auto && index.grid.as_ref().is_some_and(crowded) {
            index.tree = Some(Tree::build(points)?);
        }
        Ok(index)
    }

    /// Builds an index for ball queries of about this radius; other queries work too but may be slower.
    ///
    /// [`IndexKind::Auto`] takes brute force for up to 1024 points and a grid otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build), and a radius that is not positive and finite.
    pub fn build_for_radius(points: &[[f32; 3]], kind: IndexKind, radius: f32) -> Result<Self, PointError> {
        validate::radius(radius)?;
        Self::with_grid(points, kind, BRUTE_BALL, |points| Grid::with_edge(points, radius * EDGE_PER_RADIUS))
    }

    fn with_grid(
        points: &[[f32; 3]],
        kind: IndexKind,
        brute: usize,
        grid: impl FnOnce(&[[f32; 3]]) -> Grid,
    ) -> Result<Self, PointError> {
        validate::cloud("points", points)?;
        let mut index = Self { flat: Grid::flat(points), grid: None, tree: None, kind };
        match kind {
            IndexKind::BruteForce => {}
            IndexKind::Grid => index.grid = Some(grid(points)),
            IndexKind::KdTree => index.tree = Some(Tree::build(points)?),
            IndexKind::Auto if points.len() <= brute => {}
            IndexKind::Auto => index.grid = Some(grid(points)),
        }
        Ok(index)
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.flat.len()
    }

    /// Whether there are no points; an index always has some.
    pub fn is_empty(&self) -> bool {
        self.flat.len() == 0
    }

    /// See [`ball_query`](crate::ball_query).
    pub fn ball_query(&self, centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
        let mut out = self.balls(centers, radius, k)?;
        let (indices, counts) = (Rows::new(&mut out.indices, k), Rows::new(&mut out.counts, 1));
        match &self.tree {
            Some(tree) if self.kind == IndexKind::KdTree => {
                blocks(&in_order(centers.len()), |order| {
                    let mut set = LowestIds::new(tree.len());
                    for &center in order {
                        // SAFETY: `blocks` passes every query once.
                        let (row, count) = unsafe { (indices.row(center as usize), counts.row(center as usize)) };
                        tree.ball(centers[center as usize], radius * radius, k, &mut set);
                        let found = set.drain(row);
                        pad(row, found);
                        count[0] = found as u32;
                    }
                });
            }
            _ => {
                let small = self.kind == IndexKind::Auto && self.len() <= BRUTE_BALL;
                let grid = self.grid.as_ref().filter(|_| !small);
                blocks(&order(grid, centers), |order| {
                    let (indices, counts) = (&indices, &counts);
                    run(BallKernel { flat: &self.flat, grid, centers, order, radius, indices, counts });
                });
            }
        }
        Ok(out)
    }

    /// See [`knn`](crate::knn).
    pub fn knn(&self, queries: &[[f32; 3]], k: usize) -> Result<Knn, PointError> {
        validate::finite("queries", queries)?;
        if k > self.len() {
            return Err(PointError::NeighborsExceedPoints { k, points: self.len() });
        }
        let len = validate::rows(queries.len(), k)?;
        let mut out = Knn { k, indices: vec![0; len], squared_distances: vec![0.0; len] };
        let (indices, distances) = (Rows::new(&mut out.indices, k), Rows::new(&mut out.squared_distances, k));
        match &self.tree {
            Some(tree) => blocks(&in_order(queries.len()), |order| {
                let mut keys = Vec::new();
                for &query in order {
                    // SAFETY: `blocks` passes every query once.
                    let (row, far) = unsafe { (indices.row(query as usize), distances.row(query as usize)) };
                    tree.nearest(queries[query as usize], k, &mut keys);
                    for (place, &key) in keys.iter().enumerate() {
                        (row[place], far[place]) = (key_id(key), key_distance(key));
                    }
                }
            }),
            None => {
                let grid = self.grid.as_ref().unwrap_or(&self.flat);
                blocks(&order(Some(grid), queries), |order| {
                    let (indices, distances) = (&indices, &distances);
                    run(KnnKernel { grid, queries, order, k, indices, distances });
                });
            }
        }
        Ok(out)
    }

    /// See [`three_nn`](crate::three_nn).
    pub fn three_nn(&self, queries: &[[f32; 3]], weighting: Weighting) -> Result<ThreeNn, PointError> {
        validate::finite("queries", queries)?;
        let len = validate::rows(queries.len(), 3)?;
        let mut out = ThreeNn { indices: vec![0; len], weights: vec![0.0; len] };
        let (indices, weights) = (Rows::new(&mut out.indices, 3), Rows::new(&mut out.weights, 3));
        match &self.tree {
            Some(tree) => blocks(&in_order(queries.len()), |order| {
                let mut keys = Vec::new();
                for &query in order {
                    // SAFETY: `blocks` passes every query once.
                    let (row, weights) = unsafe { (indices.row(query as usize), weights.row(query as usize)) };
                    tree.nearest(queries[query as usize], tree.len().min(3), &mut keys);
                    let distance = |place: usize| keys.get(place).map_or(f32::INFINITY, |&key| key_distance(key));
                    for (place, index) in row.iter_mut().enumerate() {
                        *index = key_id(*keys.get(place).unwrap_or(&keys[0]));
                    }
                    weights.copy_from_slice(&interpolation_weights([0, 1, 2].map(distance), weighting));
                }
            }),
            None => {
                let grid = self.grid.as_ref().unwrap_or(&self.flat);
                blocks(&order(Some(grid), queries), |order| {
                    let (indices, weights) = (&indices, &weights);
                    run(ThreeKernel { grid, queries, order, weighting, indices, weights });
                });
            }
        }
        Ok(out)
    }

    /// Checks the arguments of a ball query and allocates its result.
    fn balls(&self, centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
        validate::radius(radius)?;
        validate::finite("centers", centers)?;
        validate::group(k, self.len())?;
        let len = validate::rows(centers.len(), k)?;
        Ok(BallQuery { k, indices: vec![0; len], counts: vec![0; centers.len()] })
    }
}

/// Edge of a cell for ball queries of a radius of 1; measured.
const EDGE_PER_RADIUS: f32 = 1.0;

fn run(kernel: impl Kernel<Output = ()>) {
    simd::run(kernel);
}

fn in_order(queries: usize) -> Vec<u32> {
    (0..queries as u32).collect()
}

fn order(grid: Option<&Grid>, queries: &[[f32; 3]]) -> Vec<u32> {
    match grid {
        Some(grid) if !grid.is_flat() => grid.order(queries),
        _ => in_order(queries.len()),
    }
}

/// Splits the queries among threads. A query's answer depends on nothing else, so the split does not change the result.
fn blocks(order: &[u32], answer: impl Fn(&[u32]) + Sync + Send) {
    if order.len() <= BLOCK { answer(order) } else { order.par_chunks(BLOCK).for_each(answer) }
}
