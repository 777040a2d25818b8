//! Geometry of batches of point sets on tensors, as a burn backend extension: on the CPU the `pointops` crate, on a GPU kernels that
//! give the same indices.
//!
//! A batch is `clouds` point sets of equal size, one after another, `[clouds · points, 3]` in metres. Indices are rows of all clouds
//! together, so that they can be used with [`crate::functional`] as they are. No gradient flows through any of it.
//!
//! Coordinates must be finite; arguments are checked by shape. `pointops` has the same operations on slices, with typed errors.

use burn::backend::{
    Backend, Dispatch, Flex, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{Int, Tensor, TensorData};
use burn_flex::FlexTensor;
use pointops::PointError;

/// Geometry that a backend implements itself.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait GeometryBackend: Backend {
    /// Farthest point sampling of `count` points from the first one of every cloud, `[clouds · count]`.
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
    ) -> (IntTensor<Self>, FloatTensor<Self>);

    /// Rows of two sets of coordinates, each `[rows, 3]`.
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

/// How a coordinate becomes that of a voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoxelRounding {
    /// `floor((p - min) / size)`, as grids are sampled.
    Floor,
    /// `ceil((p - min) / size)`, as PointNet++'s ScanNet evaluation labels voxels.
    Ceil,
}

/// `count` points of every cloud, each the farthest from all chosen before it; the first is the cloud's first. See
/// [`pointops::farthest_point_sample`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - result: `[clouds · count]`
pub fn farthest_point_sample(coord: Tensor<2>, clouds: usize, count: usize) -> Tensor<1, Int> {
    let each = points_each(&coord, clouds, "farthest_point_sample");
    assert!(count <= each, "farthest_point_sample: {count} of {each} points");
    Tensor::from_dispatch(Dispatch::points_farthest(coord.inner().into_dispatch(), clouds, count))
}

/// The same rows of two sets of coordinates: what sampling chose, in metres of the scene and in others.
///
/// # Shapes
/// - `coord`: `[rows, 3]` each
/// - `indices`: `[m]`
/// - result: `[m, 3]` each
pub fn take(coord: [Tensor<2>; 2], indices: Tensor<1, Int>) -> [Tensor<2>; 2] {
    let [coord, other] = coord;
    assert!(coord.dims() == other.dims() && coord.dims()[1] == 3, "take: {:?} and {:?}", coord.dims(), other.dims());
    let (coord, other) = (coord.inner().into_dispatch(), other.inner().into_dispatch());
    let (coord, other) = Dispatch::points_take(coord, other, indices.into_dispatch());
    [Tensor::from_dispatch(coord), Tensor::from_dispatch(other)]
}

/// The first `k` points, in the order of their indices, strictly within `radius` metres of each center; places left over repeat the
/// first one found. See [`pointops::ball_query`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `centers`: `[clouds · m, 3]`
/// - result: `[clouds · m · k]`
pub fn ball_query(coord: Tensor<2>, centers: Tensor<2>, clouds: usize, radius: f32, k: usize) -> Tensor<1, Int> {
    points_each(&coord, clouds, "ball_query");
    points_each(&centers, clouds, "ball_query");
    assert!(radius > 0.0 && k > 0, "ball_query: radius {radius} and {k} places");
    let (coord, centers) = (coord.inner().into_dispatch(), centers.inner().into_dispatch());
    Tensor::from_dispatch(Dispatch::points_ball(coord, centers, clouds, radius, k))
}

/// The `k` nearest points of each query, nearest first, equally near ones by ascending index. See [`pointops::knn`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `queries`: `[clouds · m, 3]`
/// - result: `[clouds · m · k]`
pub fn knn(coord: Tensor<2>, queries: Tensor<2>, clouds: usize, k: usize) -> Tensor<1, Int> {
    let each = points_each(&coord, clouds, "knn");
    points_each(&queries, clouds, "knn");
    assert!((1..=each).contains(&k), "knn: {k} neighbours of {each} points");
    Tensor::from_dispatch(Dispatch::points_nearest(
        coord.inner().into_dispatch(),
        queries.inner().into_dispatch(),
        clouds,
        k,
    ))
}

/// The three nearest points of each query, and their weights in inverse-distance interpolation. See [`pointops::three_nn`].
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `queries`: `[clouds · m, 3]`
/// - result: `[clouds · m · 3]` and `[clouds · m, 3]`
pub fn three_nn(coord: Tensor<2>, queries: Tensor<2>, clouds: usize) -> (Tensor<1, Int>, Tensor<2>) {
    points_each(&coord, clouds, "three_nn");
    points_each(&queries, clouds, "three_nn");
    let (indices, weights) =
        Dispatch::points_three_nearest(coord.inner().into_dispatch(), queries.inner().into_dispatch(), clouds);
    (Tensor::from_dispatch(indices), Tensor::from_dispatch(weights))
}

/// The first point, by index, in the voxel of each point, without collisions; voxels are counted from the smallest coordinates of each
/// cloud. What `labels` a voxel has by its first point is `labels.select(0, result)`, and a point stands for its voxel where the result
/// is its own row. See [`pointops::voxel::voxelize`].
///
/// Voxels along an axis must be fewer than 2³¹.
///
/// # Shapes
/// - `coord`: `[clouds · points, 3]`
/// - `size`: edge of a voxel in metres
/// - result: `[clouds · points]`
pub fn voxel_first(coord: Tensor<2>, clouds: usize, size: f32, rounding: VoxelRounding) -> Tensor<1, Int> {
    points_each(&coord, clouds, "voxel_first");
    assert!(size.is_normal() && size > 0.0, "voxel_first: voxels of {size} m");
    Tensor::from_dispatch(Dispatch::points_voxel_first(coord.inner().into_dispatch(), clouds, size, rounding))
}

fn points_each(coord: &Tensor<2>, clouds: usize, operation: &str) -> usize {
    let [rows, axes] = coord.dims();
    assert!(
        axes == 3 && clouds > 0 && rows > 0 && rows.is_multiple_of(clouds),
        "{operation}: [{rows}, {axes}] is not {clouds} point sets of equal size"
    );
    rows / clouds
}

/// Points of a CPU tensor.
fn host_points(tensor: FlexTensor) -> Vec<[f32; 3]> {
    let tensor = tensor.to_contiguous();
    let values: &[f32] =
        tensor.as_slice().unwrap_or_else(|| panic!("coordinates must be f32, not {:?}", tensor.dtype()));
    bytemuck::cast_slice(values).to_vec()
}

/// Indices local to each cloud of `each` points as rows.
fn rows(indices: Result<Vec<u32>, PointError>, clouds: usize, each: usize) -> FlexTensor {
    let indices = indices.unwrap_or_else(|error| panic!("{error}"));
    let per_cloud = (indices.len() / clouds).max(1);
    let rows: Vec<i32> = indices.iter().enumerate().map(|(i, &p)| (i / per_cloud * each) as i32 + p as i32).collect();
    let len = rows.len();
    FlexTensor::from_data(TensorData::new(rows, [len]))
}

impl GeometryBackend for Flex {
    fn points_farthest(coord: FlexTensor, clouds: usize, count: usize) -> FlexTensor {
        let coord = host_points(coord);
        rows(pointops::farthest_point_sample_batch(&coord, clouds, count, 0), clouds, coord.len() / clouds)
    }

    fn points_ball(coord: FlexTensor, centers: FlexTensor, clouds: usize, radius: f32, k: usize) -> FlexTensor {
        let (coord, centers) = (host_points(coord), host_points(centers));
        let found = pointops::ball_query_batch(&coord, &centers, clouds, radius, k);
        rows(found.map(|found| found.indices), clouds, coord.len() / clouds)
    }

    fn points_nearest(coord: FlexTensor, queries: FlexTensor, clouds: usize, k: usize) -> FlexTensor {
        let (coord, queries) = (host_points(coord), host_points(queries));
        let found = pointops::knn_batch(&coord, &queries, clouds, k);
        rows(found.map(|found| found.indices), clouds, coord.len() / clouds)
    }

    fn points_three_nearest(coord: FlexTensor, queries: FlexTensor, clouds: usize) -> (FlexTensor, FlexTensor) {
        let (coord, queries) = (host_points(coord), host_points(queries));
        let found = pointops::three_nn_batch(&coord, &queries, clouds).unwrap_or_else(|error| panic!("{error}"));
        let weights = FlexTensor::from_data(TensorData::new(found.weights, [queries.len(), 3]));
        (rows(Ok(found.indices), clouds, coord.len() / clouds), weights)
    }

    fn points_take(coord: FlexTensor, other: FlexTensor, indices: FlexTensor) -> (FlexTensor, FlexTensor) {
        let indices = indices.to_contiguous();
        let indices: &[i32] = indices.as_slice().expect("indices are i32");
        let take = |coord: FlexTensor| {
            let coord = host_points(coord);
            let taken: Vec<f32> = indices.iter().flat_map(|&row| coord[row as usize]).collect();
            FlexTensor::from_data(TensorData::new(taken, [indices.len(), 3]))
        };
        (take(coord), take(other))
    }

    fn points_voxel_first(coord: FlexTensor, clouds: usize, size: f32, rounding: VoxelRounding) -> FlexTensor {
        let coord = host_points(coord);
        let each = coord.len() / clouds;
        let voxelize = match rounding {
            VoxelRounding::Floor => pointops::voxel::voxelize,
            VoxelRounding::Ceil => pointops::voxel::voxelize_ceil,
        };
        let mut first = Vec::with_capacity(coord.len());
        for cloud in coord.chunks_exact(each) {
            let map = voxelize(cloud, size).unwrap_or_else(|error| panic!("{error}"));
            first.extend(map.inverse.iter().map(|&voxel| map.first[voxel as usize]));
        }
        rows(Ok(first), clouds, each)
    }
}
