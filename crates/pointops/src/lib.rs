//! Geometry of point sets on the CPU: farthest point sampling, ball query, nearest neighbours, voxels, normals.
//!
//! A point is `[f32; 3]` in metres, a set of points `&[[f32; 3]]`, an index `u32`, a label `i32`. Every operation checks its
//! arguments and returns [`PointError`] for empty sets, coordinates that are not finite and counts that cannot be met.
//! Every result is exact and the same, bit for bit, on every machine and at any number of threads; ties go to the lowest
//! index.
//!
//! | to | use |
//! |---|---|
//! | choose well-spread points | [`farthest_point_sample`], [`farthest_point_sample_batch`] for clouds of equal size |
//! | group points around centres as PointNet++ does | [`ball_query`], [`ball_query_batch`] |
//! | group the nearest points within a radius | [`ball_query_nearest`], [`ball_query_nearest_batch`] |
//! | find the `k` nearest points | [`knn`], [`knn_batch`] |
//! | interpolate features from fewer points to more | [`three_nn`], [`three_nn_batch`] |
//! | ask several questions of the same points | [`NeighborIndex`], over a grid, a k-d tree or brute force |
//! | reduce a scan to voxels, or label voxels | [`voxel`] |
//! | compute normals of a mesh or of bare points | [`vertex_normals`], [`pca_normals`] |
//! | hand over `ndarray` arrays without copying | [`points_from_array`], [`array_from_points`] |
//!
//! Not for: points that move between queries (an index is built once), dimensions other than three, approximate answers.
//!
//! ```
//! use pointops::{ball_query, farthest_point_sample, three_nn};
//!
//! let points: Vec<[f32; 3]> = (0..1000).map(|i| [(i % 10) as f32, (i / 10 % 10) as f32, (i / 100) as f32]).collect();
//! let chosen = farthest_point_sample(&points, 16, 0)?;
//! let centers: Vec<[f32; 3]> = chosen.iter().map(|&i| points[i as usize]).collect();
//! let groups = ball_query(&points, &centers, 1.5, 32)?;
//! assert_eq!(groups.indices.len(), 16 * 32);
//! let back = three_nn(&centers, &points)?;
//! assert_eq!(back.weights.len(), 1000 * 3);
//! # Ok::<(), pointops::PointError>(())
//! ```

mod array;
mod distance;
mod error;
mod fps;
mod grid;
mod index;
mod neighbors;
mod normals;
mod search;
mod simd;
mod validate;
pub mod voxel;

pub use array::{array_from_points, points_from_array};
pub use distance::squared_distance;
pub use error::PointError;
pub use fps::{farthest_point_sample, farthest_point_sample_batch};
pub use index::{IndexKind, NeighborIndex};
pub use neighbors::{
    BallQuery, Knn, ThreeNn, ball_query, ball_query_batch, ball_query_nearest, ball_query_nearest_batch, knn,
    knn_batch, three_nn, three_nn_batch,
};
pub use normals::{pca_normals, vertex_normals};
