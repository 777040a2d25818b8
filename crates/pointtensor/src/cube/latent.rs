//! LatentGNN's operations on a GPU: scaled products, and kernels for the steps between them. The formulas are those of
//! [`crate::generic`].

use super::kernels::latent::{self, LANES};
use super::launch::{Buffer, UNITS};
use super::matmul::{Factor, Scale, product_of};
use crate::kernels::bipartite::UnitLength;
use crate::kernels::unit::LARGEST_INVERSE;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{CubeCount, CubeDim};

/// Columns per cube of column sums.
const WIDTH: usize = 32;

/// Clouds of equal size and their latent nodes.
struct Clouds {
    clouds: usize,
    n: usize,
    nodes: usize,
}

impl Clouds {
    fn new(relation: &Buffer, clouds: usize) -> Self {
        Clouds { clouds, n: relation.rows() / clouds, nodes: relation.columns() }
    }

    /// `[clouds · points, columns]` as one matrix per cloud.
    fn points(&self, x: &Buffer) -> Factor {
        Factor::rows(x.clone(), [self.clouds, self.n, x.columns()])
    }

    /// `[clouds · nodes, columns]` as one matrix per cloud.
    fn latent(&self, x: &Buffer) -> Factor {
        Factor::rows(x.clone(), [self.clouds, self.nodes, x.columns()])
    }
}

/// Cubes with [`LANES`] units per row.
fn by_rows(x: &Buffer) -> (CubeCount, CubeDim) {
    x.each(x.rows() * LANES)
}

fn inverse_lengths(x: &Buffer) -> Buffer {
    let (rows, columns) = (x.rows(), x.columns());
    let inverse = x.floats_beside([rows]);
    let (cubes, dim) = by_rows(x);
    // SAFETY: units stay within their row.
    unsafe {
        latent::inverse_lengths::launch_unchecked(
            x.client(),
            cubes,
            dim,
            x.arg(),
            inverse.arg(),
            rows,
            columns,
            LARGEST_INVERSE,
            UNITS,
        );
    }
    inverse
}

/// `1 / length` of the columns of each cloud, `[clouds · columns]`.
fn inverse_column_lengths(x: &Buffer, of: &Clouds) -> Buffer {
    let inverse = x.floats_beside([of.clouds * of.nodes]);
    let cubes = CubeCount::Static(of.nodes.div_ceil(WIDTH) as u32, of.clouds as u32, 1);
    // SAFETY: units stay within their cloud and column.
    unsafe {
        latent::inverse_column_lengths::launch_unchecked(
            x.client(),
            cubes,
            CubeDim::new_1d(UNITS as u32),
            x.arg(),
            inverse.arg(),
            of.n,
            of.nodes,
            LARGEST_INVERSE,
            WIDTH,
            UNITS,
        );
    }
    inverse
}

/// The gradient with respect to rows from that of the rows scaled to length 1, plus `besides`.
fn across(x: &Buffer, inverse: &Buffer, gradient: &Buffer, besides: Option<&Buffer>) -> Buffer {
    let (rows, columns) = (x.rows(), x.columns());
    let out = x.floats_beside([rows, columns]);
    // a buffer that is not read; it must not be another argument
    let none = x.floats_beside([1]);
    let (cubes, dim) = by_rows(x);
    // SAFETY: units stay within their row, and all matrices have its shape.
    unsafe {
        latent::across::launch_unchecked(
            x.client(),
            cubes,
            dim,
            x.arg(),
            inverse.arg(),
            gradient.arg(),
            besides.unwrap_or(&none).arg(),
            out.arg(),
            rows,
            columns,
            LARGEST_INVERSE,
            besides.is_some(),
            UNITS,
        );
    }
    out
}

pub(super) fn to_latent(
    relation: CubeTensor,
    features: CubeTensor,
    clouds: usize,
    unit: UnitLength,
) -> (CubeTensor, CubeTensor) {
    let (relation, features) = (Buffer::floats(relation), Buffer::floats(features));
    let of = Clouds::new(&relation, clouds);
    let inverse = match unit {
        UnitLength::OverPoints => inverse_column_lengths(&relation, &of),
        UnitLength::OverNodes => inverse_lengths(&relation),
    };
    let scale = match unit {
        UnitLength::OverPoints => Scale::Rows(&inverse),
        UnitLength::OverNodes => Scale::Common(&inverse),
    };
    let latent = product_of(of.points(&relation).transposed(), of.points(&features).transposed(), scale);
    (latent.tensor(), inverse.tensor())
}

pub(super) fn to_latent_backward(
    [relation, features, latent, inverse, gout]: [CubeTensor; 5],
    clouds: usize,
    unit: UnitLength,
) -> (CubeTensor, CubeTensor) {
    let [relation, features, latent, inverse, gout] = [relation, features, latent, inverse, gout].map(Buffer::floats);
    let of = Clouds::new(&relation, clouds);
    if unit == UnitLength::OverNodes {
        let scaled = product_of(of.points(&features), of.latent(&gout), Scale::None);
        let of_features = product_of(of.points(&relation), of.latent(&gout).transposed(), Scale::Rows(&inverse));
        return (across(&relation, &inverse, &scaled, None).tensor(), of_features.tensor());
    }
    let (rows, columns) = (gout.rows(), gout.columns());
    let (scaled_gout, along) = (gout.floats_beside([rows, columns]), gout.floats_beside([rows]));
    let out = relation.floats_beside([relation.rows(), relation.columns()]);
    let (cubes, dim) = by_rows(&gout);
    // SAFETY: units stay within their row.
    unsafe {
        latent::along_nodes::launch_unchecked(
            gout.client(),
            cubes,
            dim,
            latent.arg(),
            inverse.arg(),
            gout.arg(),
            scaled_gout.arg(),
            along.arg(),
            rows,
            columns,
            LARGEST_INVERSE,
            UNITS,
        );
    }
    let scaled = product_of(of.points(&features), of.latent(&scaled_gout), Scale::None);
    let of_features = product_of(of.points(&relation), of.latent(&scaled_gout).transposed(), Scale::None);
    let (cubes, dim) = relation.each(out.len());
    // SAFETY: one unit per value of the relation, and one `along` per node of a cloud.
    unsafe {
        latent::minus_along_nodes::launch_unchecked(
            relation.client(),
            cubes,
            dim,
            scaled.arg(),
            relation.arg(),
            along.arg(),
            out.arg(),
            of.n,
            of.nodes,
        );
    }
    (out.tensor(), of_features.tensor())
}

pub(super) fn from_latent(relation: CubeTensor, latent: CubeTensor, clouds: usize) -> (CubeTensor, CubeTensor) {
    let (relation, latent) = (Buffer::floats(relation), Buffer::floats(latent));
    let of = Clouds::new(&relation, clouds);
    let inverse = inverse_lengths(&relation);
    let features = product_of(of.points(&relation), of.latent(&latent).transposed(), Scale::Rows(&inverse));
    (features.tensor(), inverse.tensor())
}

pub(super) fn from_latent_backward(
    [relation, latent, inverse, gout]: [CubeTensor; 4],
    clouds: usize,
) -> (CubeTensor, CubeTensor) {
    let [relation, latent, inverse, gout] = [relation, latent, inverse, gout].map(Buffer::floats);
    let of = Clouds::new(&relation, clouds);
    let scaled = product_of(of.points(&gout), of.latent(&latent), Scale::None);
    let of_latent =
        product_of(of.points(&relation).transposed(), of.points(&gout).transposed(), Scale::Common(&inverse));
    (across(&relation, &inverse, &scaled, None).tensor(), of_latent.tensor())
}

/// Rows scaled to length 1, and `1 / length`.
fn units(x: &Buffer) -> (Buffer, Buffer) {
    let (rows, columns) = (x.rows(), x.columns());
    let (out, inverse) = (x.floats_beside([rows, columns]), x.floats_beside([rows]));
    let (cubes, dim) = by_rows(x);
    // SAFETY: units stay within their row.
    unsafe {
        latent::unit_rows::launch_unchecked(
            x.client(),
            cubes,
            dim,
            x.arg(),
            out.arg(),
            inverse.arg(),
            rows,
            columns,
            LARGEST_INVERSE,
            UNITS,
        );
    }
    (out, inverse)
}

pub(super) fn unit_rows(x: CubeTensor) -> (CubeTensor, CubeTensor) {
    let (out, inverse) = units(&Buffer::floats(x));
    (out.tensor(), inverse.tensor())
}

pub(super) fn unit_rows_backward(x: CubeTensor, inverse: CubeTensor, gout: CubeTensor) -> CubeTensor {
    let [x, inverse, gout] = [x, inverse, gout].map(Buffer::floats);
    across(&x, &inverse, &gout, None).tensor()
}

pub(super) fn propagate(x: CubeTensor, clouds: usize) -> (CubeTensor, CubeTensor, CubeTensor) {
    let x = Buffer::floats(x);
    let nodes = x.rows() / clouds;
    let each = |x: &Buffer| Factor::rows(x.clone(), [clouds, nodes, x.columns()]);
    let (unit, inverse) = units(&x);
    let similarity = product_of(each(&unit), each(&unit), Scale::None);
    let affinity = x.floats_beside([x.rows(), nodes]);
    let (cubes, dim) = by_rows(&affinity);
    // SAFETY: units stay within their row.
    unsafe {
        latent::softmax::launch_unchecked(
            x.client(),
            cubes,
            dim,
            similarity.arg(),
            affinity.arg(),
            x.rows(),
            nodes,
            UNITS,
        );
    }
    let out = product_of(each(&affinity), each(&x).transposed(), Scale::None);
    (out.tensor(), affinity.tensor(), inverse.tensor())
}

pub(super) fn propagate_backward([x, affinity, inverse, gout]: [CubeTensor; 4], clouds: usize) -> CubeTensor {
    let [x, affinity, inverse, gout] = [x, affinity, inverse, gout].map(Buffer::floats);
    let (rows, nodes) = (x.rows(), x.rows() / clouds);
    let each = |x: &Buffer| Factor::rows(x.clone(), [clouds, nodes, x.columns()]);
    let of_affinity = product_of(each(&gout), each(&x), Scale::None);
    let [of_similarity, both] = [(); 2].map(|()| x.floats_beside([rows, nodes]));
    let (cubes, dim) = by_rows(&affinity);
    // SAFETY: units stay within their row, and within their cloud's square matrix.
    unsafe {
        latent::softmax_gradient::launch_unchecked(
            x.client(),
            cubes,
            dim,
            of_affinity.arg(),
            affinity.arg(),
            of_similarity.arg(),
            rows,
            nodes,
            UNITS,
        );
        let (cubes, dim) = x.each(both.len());
        latent::add_transposed::launch_unchecked(x.client(), cubes, dim, of_similarity.arg(), both.arg(), nodes);
    }
    let of_unit = product_of(each(&both), each(&x).transposed(), Scale::Common(&inverse));
    let taken = product_of(each(&affinity).transposed(), each(&gout).transposed(), Scale::None);
    across(&x, &inverse, &of_unit, Some(&taken)).tensor()
}
