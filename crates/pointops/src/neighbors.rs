//! Ball query and nearest neighbours for one set of points or a batch of sets, in one call.
//!
//! Each call builds an index ([`IndexKind::Auto`]) and answers all queries from it in parallel. Building a grid takes
//! time and memory proportional to the number of points. A query then looks at the points in the cells that its ball
//! touches: on a scan a few dozen, however many points there are. Grids for fixed radii: Bentley, Stanat and Williams
//! 1977, "The complexity of finding fixed-radius near neighbors".
//!
//! An empty list of queries gives an empty result.

use rayon::prelude::*;
use std::collections::HashSet;

use crate::{
    PointError,
    index::{IndexKind, NeighborIndex},
    validate,
};

/// The points found around each of `M` centers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallQuery {
    /// Indices per center.
    pub k: usize,
    /// `[M * k]` indices of points. If a center has fewer than `k` points, its first one fills the rest of the row; if
    /// it has none, the row is all 0 and so is its entry in [`counts`](Self::counts).
    pub indices: Vec<u32>,
    /// `[M]` number of points found per center, at most `k`.
    pub counts: Vec<u32>,
}

/// Groups of [`ball_query`] may have this many members even if there are fewer points.
pub const MAX_GROUP: usize = 1 << 16;

/// The `k` nearest points of each of `Q` queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Knn {
    /// Neighbours per query.
    pub k: usize,
    /// `[Q * k]` indices of points, nearest first; ties go to the lowest index.
    pub indices: Vec<u32>,
    /// `[Q * k]` [`squared_distance`](crate::squared_distance)s in m².
    pub squared_distances: Vec<f32>,
}

/// How the interpolation weights of [`three_nn`] fall with the distance `d` in metres. Both are divided by their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Weighting {
    /// `1 / max(d², 1e-10)`, as the authors of PointNet++ have it.
    #[default]
    InverseSquaredDistance,
    /// `1 / (d + 1e-8)`, as in `Pointnet2_PyTorch` and mmdetection3d.
    InverseDistance,
}

/// The three nearest known points of each of `Q` queries and their interpolation weights.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreeNn {
    /// `[Q * 3]` indices of known points, nearest first; ties go to the lowest index. If there are fewer than three
    /// known points, the nearest one fills the rest.
    pub indices: Vec<u32>,
    /// `[Q * 3]` weights that sum to 1, see [`Weighting`]; entries that only fill a row have weight 0. If all squared
    /// distances overflow `f32`, the nearest point has weight 1.
    pub weights: Vec<f32>,
}

impl BallQuery {
    /// The `k` indices of one center.
    pub fn row(&self, center: usize) -> &[u32] {
        &self.indices[center * self.k..(center + 1) * self.k]
    }
}

impl Knn {
    /// The `k` indices of one query.
    pub fn row(&self, query: usize) -> &[u32] {
        &self.indices[query * self.k..(query + 1) * self.k]
    }
}

/// The first `k` points, in index order, strictly within `radius` metres of each center (`d² < radius²` in `f32`), as
/// in PointNet++ (Qi et al. 2017, <https://arxiv.org/abs/1706.02413>). If there are fewer, the first one fills the row,
/// see [`BallQuery`].
///
/// The points in all cells that the ball touches are tested, eight at a time. Each point inside sets a bit, and the
/// lowest bits are read out.
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, the radius is not positive and finite, `k` is 0 or above the
/// number of points and [`MAX_GROUP`], or there is no memory for the result.
pub fn ball_query(points: &[[f32; 3]], centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
    NeighborIndex::build_for_radius(points, IndexKind::Auto, radius)?.ball_query(centers, radius, k)
}

/// The `k` nearest points of each query, sorted by distance, then index. A query that is one of the points finds
/// itself.
///
/// Neighbouring queries are answered in groups: by the triangle inequality, a ball that contains `k` points bounds
/// where the neighbours of each can be, and all select from one list of the points there.
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, `k` is 0 or above the number of points, or there is no memory
/// for the result.
pub fn knn(points: &[[f32; 3]], queries: &[[f32; 3]], k: usize) -> Result<Knn, PointError> {
    NeighborIndex::build_for_neighbors(points, IndexKind::Auto, k)?.knn(queries, k)
}

/// The `k` nearest distinct points of each query: of points at the same place, the first alone is found. Sorted like
/// [`knn`]. If there are fewer than `k` places, the list of a query begins again from its nearest point.
///
/// # Errors
///
/// Those of [`knn`].
pub fn knn_distinct(points: &[[f32; 3]], queries: &[[f32; 3]], k: usize) -> Result<Knn, PointError> {
    validate::cloud("points", points)?;
    if k > points.len() {
        return Err(PointError::NeighborsExceedPoints { k, points: points.len() });
    }
    let (first, distinct) = first_of_each_place(points);
    if first.len() == points.len() {
        return knn(points, queries, k);
    }
    validate::rows(queries.len(), k)?;
    let places = k.min(first.len());
    let found = knn(&distinct, queries, places)?;
    let repeated = |row: usize| (0..k).map(move |at| row * places + at % places);
    let all: Vec<usize> = (0..queries.len()).flat_map(repeated).collect();
    Ok(Knn {
        k,
        indices: all.iter().map(|&at| first[found.indices[at] as usize]).collect(),
        squared_distances: all.iter().map(|&at| found.squared_distances[at]).collect(),
    })
}

/// The points that no point before them equals: their indices, and they themselves.
fn first_of_each_place(points: &[[f32; 3]]) -> (Vec<u32>, Vec<[f32; 3]>) {
    let mut places = HashSet::with_capacity(points.len());
    // adding 0 makes -0 and 0 one place
    let is_first = |point: &[f32; 3]| places.insert(point.map(|v| (v + 0.0).to_bits()));
    let first: Vec<bool> = points.iter().map(is_first).collect();
    let of_first = (0u32..).zip(points).zip(first).filter(|(_, first)| *first);
    of_first.map(|((index, point), _)| (index, *point)).unzip()
}

/// The three nearest known points of each query and their interpolation weights, as in PointNet++'s feature propagation
/// (Qi et al. 2017, section 3.4).
///
/// # Errors
///
/// If there are no known points, or a coordinate is not finite.
pub fn three_nn(known: &[[f32; 3]], queries: &[[f32; 3]], weighting: Weighting) -> Result<ThreeNn, PointError> {
    NeighborIndex::build(known, IndexKind::Auto)?.three_nn(queries, weighting)
}

/// [`ball_query`] in each of `batch` clouds of equal size, stored one after another like their `centers`, in parallel.
/// Indices count within each cloud.
///
/// # Errors
///
/// Those of [`ball_query`], and if points or centers do not divide into `batch` clouds.
pub fn ball_query_batch(
    points: &[[f32; 3]],
    centers: &[[f32; 3]],
    batch: usize,
    radius: f32,
    k: usize,
) -> Result<BallQuery, PointError> {
    validate::rows(centers.len(), k)?;
    let clouds = per_cloud(points, centers, ["points", "centers"], batch, |p, c| ball_query(p, c, radius, k))?;
    Ok(BallQuery { k, indices: join(&clouds, |cloud| &cloud.indices), counts: join(&clouds, |cloud| &cloud.counts) })
}

/// [`knn`] in each of `batch` clouds of equal size, stored one after another like their `queries`, in parallel. Indices
/// count within each cloud.
///
/// # Errors
///
/// Those of [`knn`], and if points or queries do not divide into `batch` clouds.
pub fn knn_batch(points: &[[f32; 3]], queries: &[[f32; 3]], batch: usize, k: usize) -> Result<Knn, PointError> {
    validate::rows(queries.len(), k)?;
    Ok(joined(k, &per_cloud(points, queries, ["points", "queries"], batch, |p, q| knn(p, q, k))?))
}

/// The neighbours of all clouds.
fn joined(k: usize, clouds: &[Knn]) -> Knn {
    Knn {
        k,
        indices: join(clouds, |cloud| &cloud.indices),
        squared_distances: join(clouds, |cloud| &cloud.squared_distances),
    }
}

/// [`knn_distinct`] in each of `batch` clouds of equal size, stored one after another like their `queries`, in
/// parallel. Indices count within each cloud.
///
/// # Errors
///
/// Those of [`knn_distinct`], and if points or queries do not divide into `batch` clouds.
pub fn knn_distinct_batch(
    points: &[[f32; 3]],
    queries: &[[f32; 3]],
    batch: usize,
    k: usize,
) -> Result<Knn, PointError> {
    validate::rows(queries.len(), k)?;
    Ok(joined(k, &per_cloud(points, queries, ["points", "queries"], batch, |p, q| knn_distinct(p, q, k))?))
}

/// [`three_nn`] in each of `batch` clouds of equal size, stored one after another like their `queries`, in parallel.
/// Indices count within each cloud.
///
/// # Errors
///
/// Those of [`three_nn`], and if known points or queries do not divide into `batch` clouds.
pub fn three_nn_batch(
    known: &[[f32; 3]],
    queries: &[[f32; 3]],
    batch: usize,
    weighting: Weighting,
) -> Result<ThreeNn, PointError> {
    validate::rows(queries.len(), 3)?;
    let clouds = per_cloud(known, queries, ["known", "queries"], batch, |k, q| three_nn(k, q, weighting))?;
    Ok(ThreeNn { indices: join(&clouds, |cloud| &cloud.indices), weights: join(&clouds, |cloud| &cloud.weights) })
}

fn join<C, T: Copy>(clouds: &[C], part: impl Fn(&C) -> &Vec<T>) -> Vec<T> {
    let mut all = Vec::with_capacity(clouds.iter().map(|cloud| part(cloud).len()).sum());
    for cloud in clouds {
        all.extend_from_slice(part(cloud));
    }
    all
}

/// Applies `operation` to each cloud and returns the results in order, or the first error in that order.
fn per_cloud<T: Send>(
    points: &[[f32; 3]],
    queries: &[[f32; 3]],
    names: [&'static str; 2],
    batch: usize,
    operation: impl Fn(&[[f32; 3]], &[[f32; 3]]) -> Result<T, PointError> + Sync,
) -> Result<Vec<T>, PointError> {
    let size = validate::batch_len(names[0], points.len(), batch)?;
    let query_size = validate::batch_len(names[1], queries.len(), batch)?;
    let results: Vec<Result<T, PointError>> = (0..batch)
        .into_par_iter()
        .map(|b| operation(&points[b * size..][..size], &queries[b * query_size..][..query_size]))
        .collect();
    results.into_iter().collect()
}
