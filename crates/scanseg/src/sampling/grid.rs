//! Columns that cover a scene.

use super::Column;
use crate::config::Tiling;
use crate::scene::{SceneError, ScenePoints, most_columns};
use std::collections::BTreeMap;

/// The disjoint columns that cover a scene, x slowest. They begin at the lowest x and y of the scene without its strays
/// ([`pointops::main_extent`]), so that a stray does not move them. Strays outside get columns of the same grid, which
/// follow the others.
///
/// # Errors
/// If there would be too many.
pub(crate) fn columns(scene: &ScenePoints, size: f32) -> Result<Vec<Column>, SceneError> {
    Extent::of(scene, size)?.disjoint(0.0)
}

/// The grids of a tiling; each of them covers the scene.
///
/// # Errors
/// If there would be too many columns.
pub(crate) fn grids(scene: &ScenePoints, size: f32, tiling: Tiling) -> Result<Vec<Vec<Column>>, SceneError> {
    let extent = Extent::of(scene, size)?;
    Ok(match tiling {
        Tiling::Protocol | Tiling::Disjoint => vec![extent.disjoint(0.0)?],
        Tiling::Sliding => vec![extent.sliding(0.0)?],
        Tiling::Blended => vec![extent.sliding(size / 2.0)?],
        Tiling::TwoGrids => vec![extent.disjoint(0.0)?, extent.disjoint(size / 2.0)?],
    })
}

/// Where a scene without its strays is, and how large its columns are.
struct Extent<'a> {
    scene: &'a ScenePoints,
    low: [f32; 2],
    high: [f32; 2],
    size: f32,
}

impl<'a> Extent<'a> {
    /// Checks that its disjoint columns are not too many. The other grids have a few times as many, so that a scene that
    /// can be used with one tiling can be used with all.
    fn of(scene: &'a ScenePoints, size: f32) -> Result<Self, SceneError> {
        let (low, high) = pointops::main_extent(&scene.coord);
        let extent = Extent { scene, low: [low[0], low[1]], high: [high[0], high[1]], size };
        let [x, y] = extent.count(extent.low);
        extent.check(x.saturating_mul(y))?;
        Ok(extent)
    }

    /// How many columns along x and y a grid has that begins at `low`.
    fn count(&self, low: [f32; 2]) -> [usize; 2] {
        [0, 1].map(|a| (((self.high[a] - low[a]) / self.size).ceil() as usize).max(1))
    }

    fn check(&self, columns: usize) -> Result<(), SceneError> {
        if columns <= most_columns(self.size) {
            return Ok(());
        }
        let width = [0, 1].map(|a| self.high[a] - self.low[a]);
        Err(SceneError::TooWide { id: self.scene.id.clone(), width, columns, size: self.size, remedy: self.remedy() })
    }

    /// What to do about too many columns: most of the scene may be small enough.
    fn remedy(&self) -> String {
        let inner = [0, 1].map(|axis| {
            let mut values: Vec<f32> = self.scene.coord.iter().map(|p| p[axis]).collect();
            values.sort_unstable_by(f32::total_cmp);
            values[values.len() - 1 - values.len() / 50] - values[values.len() / 50]
        });
        let columns = inner.map(|width| (width / self.size).ceil().max(1.0)).iter().product::<f32>();
        match columns as usize <= most_columns(self.size) {
            true => format!("most of it lies within {:.0} × {:.0} m: remove its stray points", inner[0], inner[1]),
            false if self.size < 1.0 => "give coordinates in metres, or set a larger crop.size".to_owned(),
            false => "give coordinates in metres, or cut the scan into parts".to_owned(),
        }
    }

    /// A grid that begins `shift` metres before the scene.
    fn disjoint(&self, shift: f32) -> Result<Vec<Column>, SceneError> {
        let low = self.low.map(|v| v - shift);
        let count = self.count(low);
        // Where the columns begin and the last one ends. The end is the scene's own: `low + count · size` may round to
        // less, and then the outermost points would be in no column.
        let spans = [0, 1].map(|axis| {
            let mut borders: Vec<f32> = (0..=count[axis]).map(|i| low[axis] + i as f32 * self.size).collect();
            borders[count[axis]] = borders[count[axis]].max(self.high[axis]);
            borders.windows(2).map(|pair| (pair[0], pair[1])).collect()
        });
        self.with_strays(spans)
    }

    /// Columns at half a column's distance that cover the scene and `around` metres; the last ones are moved back, so that
    /// they end where that ends.
    fn sliding(&self, around: f32) -> Result<Vec<Column>, SceneError> {
        let (size, stride) = (self.size, self.size / 2.0);
        let (low, high) = (self.low.map(|v| v - around), self.high.map(|v| v + around));
        let count = [0, 1].map(|a| ((high[a] - low[a] - size) / stride).max(0.0).ceil() as usize + 1);
        let spans = [0, 1].map(|axis| {
            let span = |i: usize| {
                let from = low[axis] + i as f32 * stride;
                let to = if i + 1 == count[axis] { high[axis] } else { from + size };
                (from.min(to - size), to)
            };
            (0..count[axis]).map(span).collect()
        });
        self.with_strays(spans)
    }

    /// The columns between the ends along x and y, and those for points that are in none of them.
    fn with_strays(&self, [x, y]: [Vec<(f32, f32)>; 2]) -> Result<Vec<Column>, SceneError> {
        let column = |x: (f32, f32), y: (f32, f32)| Column { low: [x.0, y.0], high: [x.1, y.1] };
        let mut columns: Vec<Column> = x.iter().flat_map(|&x| y.iter().map(move |&y| column(x, y))).collect();
        let (low, high) = (columns[0].low, columns[columns.len() - 1].high);
        let whole = Column { low, high };
        let mut outside: BTreeMap<[i64; 2], Column> = BTreeMap::new();
        for p in self.scene.coord.iter().filter(|p| !whole.contains(p, 0.0)) {
            let cell = [0, 1].map(|a| ((p[a] - low[a]) / self.size).floor() as i64);
            let from = [0, 1].map(|a| low[a] + cell[a] as f32 * self.size);
            let column = outside.entry(cell).or_insert(Column { low: from, high: from.map(|v| v + self.size) });
            // far away, borders are rounded
            column.low = [0, 1].map(|a| column.low[a].min(p[a]));
            column.high = [0, 1].map(|a| column.high[a].max(p[a]));
        }
        self.check(outside.len())?;
        columns.extend(outside.into_values());
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::tests::scene;

    fn floor() -> Vec<[f32; 3]> {
        (0..40_000).map(|i| [(i % 200) as f32 * 0.02 - 1.0, (i / 200) as f32 * 0.02 + 7.0, 0.3]).collect()
    }

    #[test]
    fn the_last_column_holds_the_outermost_point_despite_rounding() {
        let mut would_miss = 0;
        for i in 0..4000 {
            let low = i as f32 * 0.001_7 - 3.0;
            let high = low + 4.5;
            for high in [high.next_down(), high, high.next_up()] {
                would_miss += (low + ((high - low) / 1.5).ceil() * 1.5 < high) as usize;
                let scene = scene(vec![[low, 0.0, 0.0], [high, 0.0, 0.0]]);
                for tiling in [Tiling::Disjoint, Tiling::Sliding, Tiling::Blended, Tiling::TwoGrids] {
                    for columns in grids(&scene, 1.5, tiling).unwrap() {
                        assert!(columns.iter().any(|column| column.contains(&scene.coord[0], 0.0)), "{low} {high}");
                        assert!(columns.last().unwrap().high[0] >= high, "{low} {high}");
                    }
                }
            }
        }
        assert!(would_miss > 0, "no case would miss a point without the fix");
    }

    #[test]
    fn strays_leave_the_columns_where_they_are_and_get_their_own() {
        for (tiling, count) in
            [(Tiling::Disjoint, 9), (Tiling::Sliding, 25), (Tiling::Blended, 49), (Tiling::TwoGrids, 9)]
        {
            let grid = |coord| grids(&scene(coord), 1.5, tiling).unwrap().swap_remove(0);
            let clean = grid(floor());
            assert_eq!(clean.len(), count);
            for stray in [[31.0, 8.0, 1.0], [0.0, -26.0, 1.0], [-4.0, 2.0, 5.0], [1e6, 1e6, 0.0]] {
                let mut coord = floor();
                coord.push(stray);
                let with = grid(coord);
                assert_eq!(with[..count], clean[..]);
                assert!(with.len() == count + 1 && with[count].contains(&stray, 0.0), "{stray:?}");
            }
            // above and below the room, a stray is in one of its columns
            let mut coord = floor();
            coord.extend([[0.0, 8.0, -2.0], [0.0, 8.0, 30.0]]);
            assert_eq!(grid(coord), clean);
        }
    }

    #[test]
    fn sliding_patches_overlap_by_half_and_end_with_the_scene() {
        // 4.49 × 0.98 m
        let coord = (0..22_500).map(|i| [(i % 450) as f32 * 0.01, (i / 450) as f32 * 0.02, 0.0]).collect();
        let scene = scene(coord);
        let patches = grids(&scene, 1.5, Tiling::Sliding).unwrap().swap_remove(0);
        let starts: Vec<f32> = patches.iter().map(|patch| (patch.low[0] * 1000.0).round() / 1000.0).collect();
        assert_eq!(starts, [0.0, 0.75, 1.5, 2.25, 2.99]);
        for patch in &patches {
            assert!(
                (patch.high[0] - patch.low[0] - 1.5).abs() < 1e-5 && (patch.high[1] - patch.low[1] - 1.5).abs() < 1e-5
            );
        }
        assert_eq!(patches[4].high, [449.0 * 0.01, 49.0 * 0.02]);
    }

    #[test]
    fn the_second_grid_begins_half_a_column_before() {
        let scene = scene(floor());
        let two = grids(&scene, 1.5, Tiling::TwoGrids).unwrap();
        assert_eq!(two[0], columns(&scene, 1.5).unwrap());
        assert_eq!((two[1].len(), two[1][0].low), (16, [-1.75, 6.25]));
        for grid in two {
            assert!(scene.coord.iter().all(|p| grid.iter().any(|column| column.contains(p, 0.0))));
        }
    }

    #[test]
    fn a_scene_in_millimetres_is_too_wide() {
        let message = columns(&scene(floor().iter().map(|p| p.map(|v| v * 1000.0)).collect()), 1.5).unwrap_err();
        assert!(message.to_string().contains("is 3980 × 3980 m wide"), "{message}");
    }

    #[test]
    fn rooms_may_have_columns_of_voxels() {
        assert_eq!(columns(&scene(floor()), 0.048).unwrap().len(), 83 * 83);
        let wide = floor().iter().map(|p| p.map(|v| v * 3.0)).collect();
        assert_eq!(columns(&scene(wide), 0.048).unwrap().len(), 249 * 249);
        assert!(columns(&scene(floor()), 0.002).is_err());
    }
}
