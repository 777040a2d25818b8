//! Ball query and nearest neighbours of one set of points, or of a batch of sets, in one call.
//!
//! Each call sorts the points into an index ([`IndexKind::Auto`]: a uniform grid; for nearest neighbours a k-d tree where points crowd;
//! nothing for few points) and answers all queries from it, in parallel over queries. With `n` points and `q` queries, sorting into a grid
//! takes time and memory proportional to `n`; a query then looks at the points of the cells that its ball touches, some dozens on a scan
//! whatever `n` is. Grids for fixed radii: Bentley, Stanat and Williams 1977, "The complexity of finding fixed-radius near
//! neighbors". Distances are exact, [`squared_distance`](crate::squared_distance).
//!
//! All functions return errors for an empty set of points, coordinates that are not finite (queries, too), and a radius or `k` that
//! makes no sense; no queries give an empty result.

use rayon::prelude::*;

use crate::{
    PointError,
    index::{IndexKind, NeighborIndex},
    validate,
};

/// Points found around each of `M` centres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallQuery {
    /// Places a centre.
    pub k: usize,
    /// `[M * k]` indices of points. Places that found no point repeat the centre's first one; a centre with no point within
    /// the radius has 0 in all its places (and 0 in [`counts`](Self::counts)).
    pub indices: Vec<u32>,
    /// `[M]` places that hold a point found, at most `k`.
    pub counts: Vec<u32>,
}

/// The `k` nearest points of each of `Q` queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Knn {
    /// Neighbours a query.
    pub k: usize,
    /// `[Q * k]` indices of points, nearest first, equal distances by ascending index.
    pub indices: Vec<u32>,
    /// `[Q * k]` [`squared_distance`](crate::squared_distance)s in m².
    pub squared_distances: Vec<f32>,
}

/// Three nearest known points of each of `Q` queries, with the weights of inverse-distance interpolation.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreeNn {
    /// `[Q * 3]` indices of known points, nearest first, equal distances by ascending index. With fewer than three known
    /// points the last places repeat the nearest one.
    pub indices: Vec<u32>,
    /// `[Q * 3]` weights that sum to 1, proportional to 1 / max(d², 1e-10). Places that repeat the nearest point for want of
    /// a third have weight 0. Where every squared distance overflows `f32`, the nearest point has all the weight.
    pub weights: Vec<f32>,
}

impl BallQuery {
    /// The `k` indices of one centre.
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

/// The first `k` points, in index order, strictly within `radius` metres of each centre (`d² < radius²` in `f32`), as
/// PointNet++ groups points (Qi et al. 2017, <https://arxiv.org/abs/1706.02413>).
///
/// A place left over repeats the first point found; see [`BallQuery`] for centres with none. The points of all cells that
/// the ball touches are tested, many at a time; those within set a bit each, and the lowest bits are read out.
///
/// # Errors
///
/// No points, coordinates that are not finite, a radius that is not positive, `k` of 0.
pub fn ball_query(points: &[[f32; 3]], centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
    NeighborIndex::build_for_radius(points, IndexKind::Auto, radius)?.ball_query(centers, radius, k)
}

/// The nearest `k` points strictly within `radius` metres of each centre, nearest first, equal distances by ascending index.
///
/// Padded as [`ball_query`] is: with the first one found, here the nearest.
///
/// # Errors
///
/// Those of [`ball_query`].
pub fn ball_query_nearest(
    points: &[[f32; 3]],
    centers: &[[f32; 3]],
    radius: f32,
    k: usize,
) -> Result<BallQuery, PointError> {
    NeighborIndex::build_for_radius(points, IndexKind::Auto, radius)?.ball_query_nearest(centers, radius, k)
}

/// The `k` nearest points of each query, sorted by (distance, index). A query that is one of the points finds itself.
/// Neighbouring queries are answered in groups: a ball that holds `k` points bounds by the triangle inequality where the neighbours of each
/// can be, and each selects from one list of the points there.
///
/// # Errors
///
/// No points, coordinates that are not finite, `k` of 0 or above the number of points.
pub fn knn(points: &[[f32; 3]], queries: &[[f32; 3]], k: usize) -> Result<Knn, PointError> {
    NeighborIndex::build_for_neighbors(points, IndexKind::Auto, k)?.knn(queries, k)
}

/// The three nearest known points of each query and their interpolation weights, as PointNet++'s feature propagation uses
/// them (Qi et al. 2017, section 3.4).
///
/// # Errors
///
/// No known points, coordinates that are not finite.
pub fn three_nn(known: &[[f32; 3]], queries: &[[f32; 3]]) -> Result<ThreeNn, PointError> {
    NeighborIndex::build(known, IndexKind::Auto)?.three_nn(queries)
}

/// [`ball_query`] in each of `batch` clouds of equal size stored one after another, in parallel; `centers` likewise.
/// Indices are local to each cloud.
pub fn ball_query_batch(
    points: &[[f32; 3]],
    centers: &[[f32; 3]],
    batch: usize,
    radius: f32,
    k: usize,
) -> Result<BallQuery, PointError> {
    let clouds = per_cloud(points, centers, ["points", "centers"], batch, |p, c| ball_query(p, c, radius, k))?;
    Ok(join_balls(k, clouds))
}

/// [`ball_query_nearest`] in each of `batch` clouds of equal size stored one after another, in parallel; `centers` likewise.
/// Indices are local to each cloud.
pub fn ball_query_nearest_batch(
    points: &[[f32; 3]],
    centers: &[[f32; 3]],
    batch: usize,
    radius: f32,
    k: usize,
) -> Result<BallQuery, PointError> {
    let clouds = per_cloud(points, centers, ["points", "centers"], batch, |p, c| ball_query_nearest(p, c, radius, k))?;
    Ok(join_balls(k, clouds))
}

/// [`knn`] in each of `batch` clouds of equal size stored one after another, in parallel; `queries` likewise. Indices are
/// local to each cloud.
pub fn knn_batch(points: &[[f32; 3]], queries: &[[f32; 3]], batch: usize, k: usize) -> Result<Knn, PointError> {
    let clouds = per_cloud(points, queries, ["points", "queries"], batch, |p, q| knn(p, q, k))?;
    Ok(Knn {
        k,
        indices: join(&clouds, |cloud| &cloud.indices),
        squared_distances: join(&clouds, |cloud| &cloud.squared_distances),
    })
}

/// [`three_nn`] in each of `batch` clouds of equal size stored one after another, in parallel; `queries` likewise. Indices
/// are local to each cloud.
pub fn three_nn_batch(known: &[[f32; 3]], queries: &[[f32; 3]], batch: usize) -> Result<ThreeNn, PointError> {
    let clouds = per_cloud(known, queries, ["known", "queries"], batch, three_nn)?;
    Ok(ThreeNn { indices: join(&clouds, |cloud| &cloud.indices), weights: join(&clouds, |cloud| &cloud.weights) })
}

fn join_balls(k: usize, clouds: Vec<BallQuery>) -> BallQuery {
    BallQuery { k, indices: join(&clouds, |cloud| &cloud.indices), counts: join(&clouds, |cloud| &cloud.counts) }
}

fn join<C, T: Copy>(clouds: &[C], part: impl Fn(&C) -> &Vec<T>) -> Vec<T> {
    let mut all = Vec::with_capacity(clouds.iter().map(|cloud| part(cloud).len()).sum());
    for cloud in clouds {
        all.extend_from_slice(part(cloud));
    }
    all
}

/// Applies `operation` to each cloud; the results come in the order of the clouds, and so does the first error.
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
