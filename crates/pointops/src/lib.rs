//! Geometry of point sets on the CPU: farthest point sampling, ball query, nearest neighbours, voxels, normals.
//!
//! A point is `[f32; 3]` in metres, a set of points `&[[f32; 3]]`, an index `u32`, a label `i32`. Every operation
//! checks its arguments and returns a [`PointError`] for empty sets, coordinates that are not finite and impossible
//! counts. Results are exact, and the same to the bit on every machine and at any number of threads; ties go to the
//! lowest index.
//!
//! | task | function |
//! |---|---|
//! | sample well-spread points | [`farthest_point_sample`], [`farthest_point_sample_batch`] for clouds of equal size |
//! | group points around centers as in PointNet++ | [`ball_query`], [`ball_query_batch`] |
//! | find the `k` nearest points | [`knn`], [`knn_batch`]; of points at the same place one alone: [`knn_distinct`], [`knn_distinct_batch`] |
//! | interpolate features from fewer points to more | [`three_nn`], [`three_nn_batch`] |
//! | run several queries on the same points | [`NeighborIndex`], over a grid, a k-d tree or brute force |
//! | group points by voxel, downsample, label voxels | [`voxelize`], [`voxel_downsample`], [`voxel_first_ceil`] |
//! | compute normals of a mesh or of points alone | [`vertex_normals`], [`pca_normals`] |
//! | tell how surfaces lie without a sign | [`covariances`] |
//! | put points on the faces of a mesh that has few vertices | [`fill_faces`] |
//! | cut surfaces into patches, or any graph | [`SurfaceGraph`], [`graph_segments`] |
//! | find the bounding box | [`bounds`]; without strays: [`main_extent`], [`vertical_extent`] |
//! | make a tilted scan level, see how far it is tilted, and which axis is vertical | [`level()`], [`tilt`], [`level_axis`] |
//!
//! # Other libraries
//!
//! Sampling, ball query and weights are those of the code of PointNet++'s authors (`charlesq34/pointnet2`). Libraries
//! that a network may have been trained with differ in details:
//!
//! | library | farthest point sampling | ball query | interpolation weights |
//! |---|---|---|---|
//! | this crate | all points, first of the farthest | `d < r`, first `k` in index order, the first fills up, 0 if there are none | [`Weighting`], `1 / d²` unless asked otherwise |
//! | `erikwijmans/Pointnet2_PyTorch` | skips points with `x² + y² + z² <= 1e-3`, so none within 3 cm of the origin is chosen; distances above 1e5 m count as equal | the same | `1 / (d + 1e-8)` |
//! | `mmcv`, `mmdetection3d` | all points; distances above 1e5 m count as equal | `d = 0` or `r_min <= d < r_max` | `1 / (d + 1e-8)` |
//! | PyTorch3D | never a point twice; may start anywhere | `d < r`, first `k` in index order, −1 fills up | none; its neighbours come with `d²` |
//!
//! Where points are equally far, the two CUDA samplers choose by the order of their threads, this crate the lowest
//! index.
//!
//! Not for points that move between queries (an index is built once), other dimensions than three, or approximate
//! results.
//!
//! ```
//! use pointops::{Weighting, ball_query, farthest_point_sample, three_nn};
//!
//! let points: Vec<[f32; 3]> = (0..1000).map(|i| [(i % 10) as f32, (i / 10 % 10) as f32, (i / 100) as f32]).collect();
//! let chosen = farthest_point_sample(&points, 16, 0)?;
//! let centers: Vec<[f32; 3]> = chosen.iter().map(|&i| points[i as usize]).collect();
//! let groups = ball_query(&points, &centers, 1.5, 32)?;
//! assert_eq!(groups.indices.len(), 16 * 32);
//! let back = three_nn(&centers, &points, Weighting::InverseSquaredDistance)?;
//! assert_eq!(back.weights.len(), 1000 * 3);
//! # Ok::<(), pointops::PointError>(())
//! ```

mod bounds;
mod disjoint_sets;
mod distance;
mod error;
mod extent;
mod fps;
mod grid;
mod index;
mod level;
mod neighbors;
mod normals;
mod search;
mod segments;
mod simd;
mod surface;
mod validate;
mod voxel;

pub use bounds::bounds;
pub use disjoint_sets::DisjointSets;
pub use distance::squared_distance;
pub use error::PointError;
pub use extent::{VerticalExtent, main_extent, vertical_extent};
pub use fps::{farthest_point_sample, farthest_point_sample_batch};
pub use index::{IndexKind, NeighborIndex};
pub use level::{Level, level, level_axis, tilt};
pub use neighbors::{
    BallQuery, Knn, MAX_GROUP, ThreeNn, Weighting, ball_query, ball_query_batch, knn, knn_batch, knn_distinct,
    knn_distinct_batch, three_nn, three_nn_batch,
};
pub use normals::{covariances, pca_normals, vertex_normals};
pub use segments::{Edge, GraphSegments, SurfaceGraph, graph_segments, sort_edges};
pub use surface::{FacePoint, FaceSize, face_size, fill_faces};
pub use voxel::{
    VoxelDownsample, VoxelMap, pointnet2_compat_voxel_first, voxel_downsample, voxel_first_ceil, voxelize,
    voxelize_ceil,
};
