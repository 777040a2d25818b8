//! Inverse index lists, computed on the device.

use super::kernels::lists;
use super::launch::{Buffer, UNITS};
use burn::tensor::{DType, Shape};
use burn_cubecl::ops::numeric::zeros;
use cubecl::{CubeCount, CubeDim};

/// For each row, the positions in an index that refer to it.
pub(super) struct Lists {
    /// Start of each row's list, `[rows + 1]`.
    pub starts: Buffer,
    /// The lists, one after another, `[positions]`.
    pub places: Buffer,
}

impl Lists {
    /// Inverts `indices`, with each list in ascending order. Indices and `rows` are divided into `clouds` equal parts,
    /// and indices refer to rows of the same part; one that does not counts as the nearest row that does.
    pub fn new(indices: &Buffer, rows: usize, clouds: usize) -> Self {
        let Lists { starts, places: unsorted } = Self::unsorted(indices, rows, clouds);
        let sorted = indices.indices_beside([indices.len()]);
        let (cubes, dim) = indices.each(indices.len());
        // SAFETY: the lists hold positions in `indices`, each in the list of the row that `row_at` gives for it, and
        // `starts` has an end for every row. A position's rank is below the length of its list.
        unsafe {
            lists::sort::launch_unchecked(
                indices.client(),
                cubes,
                dim,
                indices.arg(),
                starts.arg(),
                unsorted.arg(),
                sorted.arg(),
                rows / clouds,
                indices.len() / clouds,
            );
        }
        Lists { starts, places: sorted }
    }

    /// [`Lists::new`] with lists in an order that may differ from run to run.
    fn unsorted(indices: &Buffer, rows: usize, clouds: usize) -> Self {
        let places = indices.len();
        assert!(
            clouds > 0 && rows.is_multiple_of(clouds) && places.is_multiple_of(clouds) && (rows > 0 || places == 0),
            "{rows} rows and {places} indices do not divide into {clouds} clouds"
        );
        let tensor = indices.clone().tensor();
        let counts = Buffer::indices(zeros(tensor.device.clone(), Shape::new([rows.max(1)]), DType::I32));
        let (starts, cursors) = (indices.indices_beside([rows + 1]), indices.indices_beside([rows]));
        let unsorted = indices.indices_beside([places]);
        let client = indices.client();
        let units = indices.units(UNITS);
        let each = (rows / clouds).div_ceil(units);
        let per_place = || indices.each(places);
        // SAFETY: `row_at` gives a row of the position's cloud whatever the indices are. So the counts of a cloud add up
        // to its positions, the lists fill `unsorted` exactly, and each cursor stays within its list.
        unsafe {
            let (cubes, dim) = per_place();
            lists::count::launch_unchecked(
                client,
                cubes,
                dim,
                indices.arg(),
                counts.arg(),
                rows / clouds,
                places / clouds,
            );
            lists::prefix_sums::launch_unchecked(
                client,
                CubeCount::Static(clouds as u32, 1, 1),
                CubeDim::new_1d(units as u32),
                counts.arg(),
                starts.arg(),
                cursors.arg(),
                rows / clouds,
                places / clouds,
                each,
                units,
            );
            let (cubes, dim) = per_place();
            lists::fill::launch_unchecked(
                client,
                cubes,
                dim,
                indices.arg(),
                cursors.arg(),
                unsorted.arg(),
                rows / clouds,
                places / clouds,
            );
        }
        Lists { starts, places: unsorted }
    }
}
