//! Geometry on a GPU.

use super::kernels::{geometry, sampling, voxels};
use super::launch::{Buffer, UNITS, ZERO};
use crate::geometry::{GeometryBackend, VoxelRounding, Weighting};
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{CubeCount, CubeDim};

/// Most points that a unit keeps in registers.
const MOST_IN_REGISTERS: usize = 16;
/// Points per unit and box in sampling by boxes.
const SLOTS: usize = 8;
/// Most units of a cube in sampling by boxes.
const BOX_UNITS: usize = 256;
/// Most boxes of a plane: the registers of a unit hold no more points.
const MOST_BOXES: usize = 4;
/// Clouds of at least this many points are worth sorting, which takes a launch of its own.
const WORTH_AN_ORDER: usize = 512;
/// Units of a cube that sorts the points of a cloud.
const ORDER_UNITS: usize = 1024;
/// Queries per cube, and points in its shared memory at a time.
const QUERIES: usize = 128;
/// Centers of balls that a plane looks for at a time.
const CENTERS: usize = 4;

impl GeometryBackend for CubeBackend {
    fn points_farthest(coord: CubeTensor, clouds: usize, count: usize) -> CubeTensor {
        let coord = Buffer::floats(coord);
        let n = coord.rows() / clouds;
        let samples = coord.indices_beside([clouds * count]);
        if count == 0 {
            return samples.tensor();
        }
        let units = coord.units(1024.min(n.next_power_of_two()));
        let (cubes, dim) = (CubeCount::Static(clouds as u32, 1, 1), CubeDim::new_1d(units as u32));
        let client = coord.client();
        // SAFETY: every unit stays within the `n` points and `count` samples of its cloud, as the shapes say.
        unsafe {
            if let Some(plan) = Boxes::plan(&coord, n) {
                sampling::farthest_points_by_boxes::launch_unchecked(
                    client,
                    cubes,
                    CubeDim::new_1d((plan.planes * plan.plane) as u32),
                    coord.arg(),
                    near_each_other(&coord, clouds).arg(),
                    samples.arg(),
                    n,
                    count,
                    ZERO,
                    plan.planes,
                    plan.groups,
                    plan.slots,
                    plan.plane,
                );
            } else if n <= units * MOST_IN_REGISTERS {
                let per = n.div_ceil(units);
                sampling::farthest_points::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    coord.arg(),
                    samples.arg(),
                    n,
                    count,
                    ZERO,
                    units,
                    per,
                );
            } else {
                let nearest = coord.floats_beside([clouds * n]);
                sampling::farthest_points_of_many::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    coord.arg(),
                    nearest.arg(),
                    samples.arg(),
                    n,
                    count,
                    ZERO,
                    units,
                );
            }
        }
        samples.tensor()
    }

    fn points_ball(coord: CubeTensor, centers: CubeTensor, clouds: usize, radius: f32, k: usize) -> CubeTensor {
        let (coord, centers) = (Buffer::floats(coord), Buffer::floats(centers));
        let members = coord.indices_beside([centers.rows() * k]);
        let (n, m) = (coord.rows() / clouds, centers.rows() / clouds);
        let client = coord.client();
        // SAFETY: every unit or plane reads the `n` points of its cloud and writes the `k` members of its centers.
        unsafe {
            if let Some(plane) = coord.plane().filter(|plane| (8..=32).contains(plane)) {
                let units = coord.units(UNITS);
                let per_cube = units / plane * CENTERS;
                geometry::ball_query_by_planes::launch_unchecked(
                    client,
                    CubeCount::Static(m.div_ceil(per_cube) as u32, clouds as u32, 1),
                    CubeDim::new_1d(units as u32),
                    coord.arg(),
                    centers.arg(),
                    members.arg(),
                    n,
                    m,
                    k,
                    radius * radius,
                    ZERO,
                    units,
                    plane,
                    CENTERS,
                );
            } else {
                let (cubes, dim) = queries(m, clouds);
                geometry::ball_query::launch_unchecked(
                    client,
                    cubes,
                    dim,
                    coord.arg(),
                    centers.arg(),
                    members.arg(),
                    n,
                    m,
                    k,
                    radius * radius,
                    ZERO,
                    QUERIES,
                );
            }
        }
        members.tensor()
    }

    fn points_nearest(coord: CubeTensor, queries: CubeTensor, clouds: usize, k: usize) -> CubeTensor {
        nearest(coord, queries, clouds, k, None).0
    }

    fn points_three_nearest(
        coord: CubeTensor,
        queries: CubeTensor,
        clouds: usize,
        weighting: Weighting,
    ) -> (CubeTensor, CubeTensor) {
        nearest(coord, queries, clouds, 3, Some(weighting))
    }

    fn points_take(coord: CubeTensor, other: CubeTensor, indices: CubeTensor) -> (CubeTensor, CubeTensor) {
        let (coord, other, indices) = (Buffer::floats(coord), Buffer::floats(other), Buffer::indices(indices));
        let [a, b] = [(); 2].map(|()| coord.floats_beside([indices.len(), 3]));
        let (cubes, dim) = coord.each(a.len());
        // SAFETY: a unit writes its own value of both, and the kernel takes indices within the rows of `coord`, of which
        // `geometry::take` asserts that there are some, and as many of `other`.
        unsafe {
            geometry::take::launch_unchecked(
                coord.client(),
                cubes,
                dim,
                coord.arg(),
                other.arg(),
                indices.arg(),
                a.arg(),
                b.arg(),
            );
        }
        (a.tensor(), b.tensor())
    }

    fn points_voxel_first(coord: CubeTensor, clouds: usize, size: f32, rounding: VoxelRounding) -> CubeTensor {
        let coord = Buffer::floats(coord);
        let (points, n) = (coord.rows(), coord.rows() / clouds);
        let each = Self::float_reshape(coord.clone().tensor(), Shape::new([clouds, n, 3]));
        let lowest = Buffer::floats(Self::float_min_dim(each, 1));
        let len = (2 * n).next_power_of_two();
        let cells = coord.beside([points, 3], DType::U32);
        let slots = coord.beside([clouds * len], DType::U32);
        let owners = coord.indices_beside([points]);
        let client = coord.client();
        // SAFETY: every unit works on its own value or point. The search for a point stays within the `len` slots of
        // its cloud, and ends because at least half of them are free (`enter`) and its voxel has a slot (`owners`).
        unsafe {
            let (cubes, dim) = coord.each(points * 3);
            let ceil = rounding == VoxelRounding::Ceil;
            voxels::cells::launch_unchecked(client, cubes, dim, coord.arg(), lowest.arg(), cells.arg(), n, size, ceil);
            let (cubes, dim) = coord.each(slots.len());
            voxels::free::launch_unchecked(client, cubes, dim, slots.arg());
            let (cubes, dim) = coord.each(points);
            voxels::enter::launch_unchecked(client, cubes, dim, cells.arg(), slots.arg(), n, len);
            let (cubes, dim) = coord.each(points);
            voxels::owners::launch_unchecked(client, cubes, dim, cells.arg(), slots.arg(), owners.arg(), n, len);
        }
        owners.tensor()
    }
}

/// The rows of each cloud, in an order that keeps nearby points together.
fn near_each_other(coord: &Buffer, clouds: usize) -> Buffer {
    let order = coord.indices_beside([coord.rows()]);
    let units = coord.units(ORDER_UNITS);
    // SAFETY: a cube reads the points of its cloud; it makes room for as many as each cell has, and so writes each of
    // its places once.
    unsafe {
        sampling::near_each_other::launch_unchecked(
            coord.client(),
            CubeCount::Static(clouds as u32, 1, 1),
            CubeDim::new_1d(units as u32),
            coord.arg(),
            order.arg(),
            coord.rows() / clouds,
            ZERO,
            units,
        );
    }
    order
}

/// How the points of a cloud are divided into boxes.
struct Boxes {
    plane: usize,
    planes: usize,
    groups: usize,
    slots: usize,
}

impl Boxes {
    /// `None` if the cloud is too small to be worth it, or too large, or the device has no planes that can do it.
    fn plan(coord: &Buffer, n: usize) -> Option<Self> {
        let plane = coord.plane().filter(|plane| (8..=32).contains(plane))?;
        let units = coord.units(BOX_UNITS);
        let slots = n.div_ceil(units).min(SLOTS);
        let groups = n.div_ceil(units * slots);
        let fits = n >= WORTH_AN_ORDER && plane <= units && groups <= MOST_BOXES.min(plane);
        fits.then_some(Boxes { plane, planes: units / plane, groups, slots })
    }
}

/// Cubes for `m` queries per cloud.
fn queries(m: usize, clouds: usize) -> (CubeCount, CubeDim) {
    (CubeCount::Static(m.div_ceil(QUERIES) as u32, clouds as u32, 1), CubeDim::new_1d(QUERIES as u32))
}

/// Most neighbours, which each unit keeps in memory of its own.
const MOST_NEIGHBORS: usize = 4096;

/// The `k` nearest points, and the weights of three.
fn nearest(
    coord: CubeTensor,
    of: CubeTensor,
    clouds: usize,
    k: usize,
    weighting: Option<Weighting>,
) -> (CubeTensor, CubeTensor) {
    assert!(k <= MOST_NEIGHBORS, "a GPU finds at most {MOST_NEIGHBORS} neighbours of a point, not {k}");
    let weighted = weighting.is_some();
    let (coord, of) = (Buffer::floats(coord), Buffer::floats(of));
    let indices = coord.indices_beside([of.rows() * k]);
    let weights = coord.floats_beside(if weighted { [of.rows(), 3] } else { [1, 1] });
    let (n, m) = (coord.rows() / clouds, of.rows() / clouds);
    let (cubes, dim) = queries(m, clouds);
    // SAFETY: every unit reads the `n` points of its cloud and writes the `k` indices of its query, and three weights
    // if `weighted`.
    unsafe {
        geometry::nearest::launch_unchecked(
            coord.client(),
            cubes,
            dim,
            coord.arg(),
            of.arg(),
            indices.arg(),
            weights.arg(),
            n,
            m,
            ZERO,
            k,
            weighted,
            weighting == Some(Weighting::InverseDistance),
            QUERIES,
        );
    }
    (indices.tensor(), weights.tensor())
}
