//! Sampling, neighbours and voxels of batches of point clouds: on the CPU through the `pointops` crate, on a GPU with
//! kernels that return the same indices.
//!
//! A batch is `clouds` clouds of equal size, one after another: `[clouds · points, 3]` in metres. Indices are rows of
//! the whole batch, so [`crate::functional`] takes them as they are; [`cloud_rows`] turns the indices of `pointops`
//! into such rows. No gradient flows through these functions.
//!
//! Coordinates must be finite. Shapes are asserted; `pointops` has the same operations on slices, with typed errors.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use pointtensor::geometry;
//!
//! let device = Device::flex();
//! // Two clouds of three points each.
//! let coord = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [9.0, 0.0, 0.0], [5.0, 0.0, 0.0], [6.0, 0.0, 0.0], [7.5, 0.0, 0.0]];
//! let coord = Tensor::<2>::from_floats(coord, &device);
//! let samples = geometry::farthest_point_sample(coord.clone(), 2, 2);
//! let [centers, _] = geometry::take([coord.clone(), coord.clone()], samples.clone());
//! let groups = geometry::ball_query(coord, centers, 2, 1.2, 2);
//! assert_eq!(samples.into_data().try_to_vec::<i32>().unwrap(), [0, 2, 3, 5]);
//! assert_eq!(groups.into_data().try_to_vec::<i32>().unwrap(), [0, 1, 2, 2, 3, 4, 5, 5]);
//! ```

use burn::backend::{
    Backend, Dispatch, Flex, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{Int, Tensor, TensorData};
use burn_flex::FlexTensor;
use pointops::{MAX_GROUP, PointError};

pub use pointops::Weighting;

/// Geometry that a backend implements.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait GeometryBackend: Backend {
    /// Farthest point sampling of `count` points per cloud, starting from its first point, `[clouds · count]`.
    fn points_farthest(coord: FloatTensor<Self>, clouds: usize, count: usize) -> IntTensor<Self>;

    /// The first `k` points strictly within `radius` of each center, `[centers · k]`.
    fn points_ball(
        coord: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        clouds: usize,
        radius: f32,
        k: usize,
    ) -> IntTensor<Self>;

    /// The `k` nearest points of each query, `[queries · k]`.
    fn points_nearest(coord: FloatTensor<Self>, queries: FloatTensor<Self>, clouds: usize, k: usize)
    -> IntTensor<Self>;

    /// The three nearest points of each query and their weights, `[queries · 3]` and `[queries, 3]`.
    fn points_three_nearest(
        coord: FloatTensor<Self>,
        queries: FloatTensor<Self>,
        clouds: usize,
        weighting: Weighting,
    ) -> (IntTensor<Self>, FloatTensor<Self>);

    /// The same rows of two sets of coordinates, each `[rows, 3]`.
    fn points_take(
        coord: FloatTensor<Self>,
        other: FloatTensor<Self>,
        indices: IntTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The first point in the voxel of each point, `[clouds · points]`.
    fn points_voxel_first(
        coord: FloatTensor<Self>,
        clouds: usize,
        size: f32,
        rounding: VoxelRounding,
    ) -> IntTensor<Self>;
}

/// How a coordinate is rounded to a voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoxelRounding {
    /// `floor((p - min) / size)`, as in grid sampling.
    Floor,
    /// `ceil((p - min) / size)`, as in PointNet++'s ScanNet evaluation.
    Ceil,
}

/// Samples `count` points of each cloud: first its first point, then always the point farthest from all chosen before.
/// See [`pointops::farthest_point_sample`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - result: `[clouds · count]`
pub fn farthest_point_sample(coord: Tensor<2>, clouds: usize, count: usize) -> Tensor<1, Int> {
    let points = points_per_cloud(&coord, clouds, "farthest_point_sample");
    assert!(count <= points, "farthest_point_sample: cannot sample {count} of {points} points");
    Tensor::from_dispatch(Dispatch::points_farthest(coord.inner().into_dispatch(), clouds, count))
}

/// The same rows of two sets of coordinates, such as the sampled points in two coordinate systems. An index that is out
/// of range panics on the CPU and means the nearest row on a GPU, see [`crate::functional`].
///
/// # Shapes
/// - `coord`: `[rows, 3]` each
/// - `indices`: `[m]`
/// - result: `[m, 3]` each
pub fn take(coord: [Tensor<2>; 2], indices: Tensor<1, Int>) -> [Tensor<2>; 2] {
    let [coord, other] = coord;
    let (dims, others) = (coord.dims(), other.dims());
    assert!(dims == others && dims[1] == 3, "take: coordinates of shapes {dims:?} and {others:?}");
    assert!(dims[0] > 0 || indices.dims() == [0], "take: there are no rows to take");
    let (coord, other) = (coord.inner().into_dispatch(), other.inner().into_dispatch());
    let (coord, other) = Dispatch::points_take(coord, other, indices.into_dispatch());
    [Tensor::from_dispatch(coord), Tensor::from_dispatch(other)]
}

/// The first `k` points, in index order, strictly within `radius` metres of each center. If there are fewer, the first
/// one fills the remaining places. See [`pointops::ball_query`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `centers`: `[clouds · m, 3]`
/// - result: `[clouds · m · k]`
pub fn ball_query(coord: Tensor<2>, centers: Tensor<2>, clouds: usize, radius: f32, k: usize) -> Tensor<1, Int> {
    let points = points_per_cloud(&coord, clouds, "ball_query");
    points_per_cloud(&centers, clouds, "ball_query");
    assert!(radius > 0.0 && k > 0, "ball_query: radius {radius} and k {k} must be positive");
    assert!(k <= points.max(MAX_GROUP), "ball_query: groups of {k} members among {points} points are too large");
    let (coord, centers) = (coord.inner().into_dispatch(), centers.inner().into_dispatch());
    Tensor::from_dispatch(Dispatch::points_ball(coord, centers, clouds, radius, k))
}

/// The `k` nearest points of each query, nearest first; ties go to the lowest index. See [`pointops::knn`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `queries`: `[clouds · m, 3]`
/// - result: `[clouds · m · k]`
///
/// # Panics
/// If `k` is 0 or more than the points of a cloud; on a GPU also if it is more than 4096.
pub fn knn(coord: Tensor<2>, queries: Tensor<2>, clouds: usize, k: usize) -> Tensor<1, Int> {
    let points = points_per_cloud(&coord, clouds, "knn");
    points_per_cloud(&queries, clouds, "knn");
    assert!((1..=points).contains(&k), "knn: cannot find {k} neighbours among {points} points");
    Tensor::from_dispatch(Dispatch::points_nearest(
        coord.inner().into_dispatch(),
        queries.inner().into_dispatch(),
        clouds,
        k,
    ))
}

/// The three nearest points of each query and their interpolation weights. See [`pointops::three_nn`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `queries`: `[clouds · m, 3]`
/// - result: `[clouds · m · 3]` and `[clouds · m, 3]`
pub fn three_nn(
    coord: Tensor<2>,
    queries: Tensor<2>,
    clouds: usize,
    weighting: Weighting,
) -> (Tensor<1, Int>, Tensor<2>) {
    points_per_cloud(&coord, clouds, "three_nn");
    points_per_cloud(&queries, clouds, "three_nn");
    let (coord, queries) = (coord.inner().into_dispatch(), queries.inner().into_dispatch());
    let (indices, weights) = Dispatch::points_three_nearest(coord, queries, clouds, weighting);
    (Tensor::from_dispatch(indices), Tensor::from_dispatch(weights))
}

/// The first point, in index order, in the voxel of each point, without collisions. Voxels are counted from the lowest
/// coordinates of each cloud. See [`pointops::voxelize`].
///
/// To label each voxel by its first point, take `labels.select(0, result)`; a point is the first of its voxel where the
/// result is its own row.
///
/// There must be fewer than 2³¹ voxels along each axis.
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `size`: edge of a voxel in metres
/// - result: `[clouds · points]`
pub fn voxel_first(coord: Tensor<2>, clouds: usize, size: f32, rounding: VoxelRounding) -> Tensor<1, Int> {
    points_per_cloud(&coord, clouds, "voxel_first");
    assert!(size.is_normal() && size > 0.0, "voxel_first: the voxel size {size} m must be positive");
    Tensor::from_dispatch(Dispatch::points_voxel_first(coord.inner().into_dispatch(), clouds, size, rounding))
}

/// Turns the indices of `pointops`, which count within each cloud, into rows of a batch of `clouds` clouds of `points`
/// points.
///
/// ```
/// // Two clouds of 100 points, two indices in each.
/// assert_eq!(pointtensor::geometry::cloud_rows(&[4, 0, 0, 7], 2, 100), [4, 0, 100, 107]);
/// ```
///
/// # Panics
/// If the indices do not divide evenly among the clouds.
pub fn cloud_rows(indices: &[u32], clouds: usize, points: usize) -> Vec<i32> {
    into_rows(indices.to_vec(), clouds, points)
}

/// [`cloud_rows`] in the memory of `indices`.
fn into_rows(mut indices: Vec<u32>, clouds: usize, points: usize) -> Vec<i32> {
    assert!(
        clouds > 0 && indices.len().is_multiple_of(clouds),
        "cloud_rows: {} indices do not divide evenly among {clouds} clouds",
        indices.len()
    );
    let per_cloud = (indices.len() / clouds).max(1);
    for (cloud, indices) in indices.chunks_exact_mut(per_cloud).enumerate() {
        let first = (cloud * points) as u32;
        indices.iter_mut().for_each(|index| *index += first);
    }
    indices.into_iter().map(|row| row as i32).collect()
}

fn points_per_cloud(coord: &Tensor<2>, clouds: usize, operation: &str) -> usize {
    let [rows, axes] = coord.dims();
    assert!(
        axes == 3 && clouds > 0 && rows > 0 && rows.is_multiple_of(clouds),
        "{operation}: coordinates of shape [{rows}, {axes}] are not {clouds} clouds of equal size"
    );
    assert!(rows <= i32::MAX as usize, "{operation}: {rows} rows are more than 32-bit indices can number");
    rows / clouds
}

/// Coordinates of a CPU tensor, read in place where they are contiguous.
struct Coord(FlexTensor);

impl Coord {
    fn new(tensor: FlexTensor) -> Self {
        Coord(tensor.to_contiguous())
    }

    fn points(&self) -> &[[f32; 3]] {
        let values: &[f32] =
            self.0.as_slice().unwrap_or_else(|| panic!("coordinates must be f32, not {:?}", self.0.dtype()));
        values.as_chunks().0
    }
}

/// A tensor of the rows that `indices` name, which count within each cloud of `points` points.
fn rows(indices: Result<Vec<u32>, PointError>, clouds: usize, points: usize) -> FlexTensor {
    let rows = into_rows(indices.unwrap_or_else(|error| panic!("{error}")), clouds, points);
    let len = rows.len();
    FlexTensor::from_data(TensorData::new(rows, [len]))
}

impl GeometryBackend for Flex {
    fn points_farthest(coord: FlexTensor, clouds: usize, count: usize) -> FlexTensor {
        let coord = Coord::new(coord);
        let coord = coord.points();
        rows(pointops::farthest_point_sample_batch(coord, clouds, count, 0), clouds, coord.len() / clouds)
    }

    fn points_ball(coord: FlexTensor, centers: FlexTensor, clouds: usize, radius: f32, k: usize) -> FlexTensor {
        let (coord, centers) = (Coord::new(coord), Coord::new(centers));
        let found = pointops::ball_query_batch(coord.points(), centers.points(), clouds, radius, k);
        rows(found.map(|found| found.indices), clouds, coord.points().len() / clouds)
    }

    fn points_nearest(coord: FlexTensor, queries: FlexTensor, clouds: usize, k: usize) -> FlexTensor {
        let (coord, queries) = (Coord::new(coord), Coord::new(queries));
        let found = pointops::knn_batch(coord.points(), queries.points(), clouds, k);
        rows(found.map(|found| found.indices), clouds, coord.points().len() / clouds)
    }

    fn points_three_nearest(
        coord: FlexTensor,
        queries: FlexTensor,
        clouds: usize,
        weighting: Weighting,
    ) -> (FlexTensor, FlexTensor) {
        let (coord, queries) = (Coord::new(coord), Coord::new(queries));
        let (coord, queries) = (coord.points(), queries.points());
        let found = pointops::three_nn_batch(coord, queries, clouds, weighting);
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        let weights = FlexTensor::from_data(TensorData::new(found.weights, [queries.len(), 3]));
        (rows(Ok(found.indices), clouds, coord.len() / clouds), weights)
    }

    fn points_take(coord: FlexTensor, other: FlexTensor, indices: FlexTensor) -> (FlexTensor, FlexTensor) {
        let indices = indices.to_contiguous();
        let indices: &[i32] = indices.as_slice().expect("indices are i32");
        let take = |coord: FlexTensor| {
            let coord = Coord::new(coord);
            let points = coord.points();
            let taken: Vec<[f32; 3]> = indices.iter().map(|&row| points[row as usize]).collect();
            FlexTensor::from_data(TensorData::new(taken.into_flattened(), [indices.len(), 3]))
        };
        (take(coord), take(other))
    }

    fn points_voxel_first(coord: FlexTensor, clouds: usize, size: f32, rounding: VoxelRounding) -> FlexTensor {
        let coord = Coord::new(coord);
        let coord = coord.points();
        let points = coord.len() / clouds;
        let voxelize = match rounding {
            VoxelRounding::Floor => pointops::voxelize,
            VoxelRounding::Ceil => pointops::voxelize_ceil,
        };
        let mut first = Vec::with_capacity(coord.len());
        for cloud in coord.chunks_exact(points) {
            let map = voxelize(cloud, size).unwrap_or_else(|error| panic!("{error}"));
            first.extend(map.inverse.iter().map(|&voxel| map.first[voxel as usize]));
        }
        rows(Ok(first), clouds, points)
    }
}
