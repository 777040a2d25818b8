//! Columns of the full height of a scene.

use crate::scene::{MOST_COLUMNS, SceneError, ScenePoints};
use std::collections::BTreeMap;

/// A column over a rectangle of the floor. It has no lower or upper end: points below the floor belong to it as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Column {
    /// Lowest x and y.
    pub low: [f32; 2],
    /// Highest x and y.
    pub high: [f32; 2],
}

impl Column {
    /// Whether a point is in the column or at most `slack` metres outside.
    pub fn contains(&self, point: &[f32; 3], slack: f32) -> bool {
        (0..2).all(|a| point[a] >= self.low[a] - slack && point[a] <= self.high[a] + slack)
    }

    /// Indices of the points of a scene in the column and in a margin around it.
    pub fn points(&self, scene: &ScenePoints, margin: f32) -> Vec<usize> {
        scene.coord.iter().enumerate().filter(|(_, p)| self.contains(p, margin)).map(|(i, _)| i).collect()
    }

    /// Its middle, on the floor of the scene: the origin of what a network sees.
    pub fn origin(&self, scene: &ScenePoints) -> [f32; 3] {
        let middle = |a: usize| (self.low[a] + self.high[a]) / 2.0;
        [middle(0), middle(1), scene.vertical.floor]
    }
}

/// The columns that cover a scene, x slowest. They begin at the lowest x and y of the scene without its strays
/// ([`pointops::main_extent`]), so that a stray does not move them. Strays outside get columns of the same grid, which
/// follow the others.
///
/// # Errors
/// If there would be too many.
pub(crate) fn columns(scene: &ScenePoints, size: f32) -> Result<Vec<Column>, SceneError> {
    let (low, high) = pointops::main_extent(&scene.coord);
    let width = [high[0] - low[0], high[1] - low[1]];
    let too_wide = |columns| Err(SceneError::TooWide { id: scene.id.clone(), width, columns, size });
    let count = width.map(|w| ((w / size).ceil() as usize).max(1));
    let main = count[0].saturating_mul(count[1]);
    if main > MOST_COLUMNS {
        return too_wide(main);
    }
    // Where the columns begin and the last one ends along an axis. The end is the scene's own: `low + count · size` may
    // round to less, and then the outermost points would be in no column.
    let borders = |axis: usize| {
        let mut borders: Vec<f32> = (0..=count[axis]).map(|i| low[axis] + i as f32 * size).collect();
        borders[count[axis]] = borders[count[axis]].max(high[axis]);
        borders
    };
    let (x, y) = (borders(0), borders(1));
    let mut columns = Vec::new();
    for x in x.windows(2) {
        for y in y.windows(2) {
            columns.push(Column { low: [x[0], y[0]], high: [x[1], y[1]] });
        }
    }
    let whole = Column { low: [x[0], y[0]], high: [x[count[0]], y[count[1]]] };
    let mut outside: BTreeMap<[i64; 2], Column> = BTreeMap::new();
    for p in scene.coord.iter().filter(|p| !whole.contains(p, 0.0)) {
        let cell = [0, 1].map(|a| ((p[a] - low[a]) / size).floor() as i64);
        let from = [0, 1].map(|a| low[a] + cell[a] as f32 * size);
        let column = outside.entry(cell).or_insert(Column { low: from, high: from.map(|v| v + size) });
        // far away, borders are rounded
        column.low = [0, 1].map(|a| column.low[a].min(p[a]));
        column.high = [0, 1].map(|a| column.high[a].max(p[a]));
    }
    columns.extend(outside.into_values());
    if columns.len() > MOST_COLUMNS { too_wide(columns.len()) } else { Ok(columns) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::FeatureLayout;

    fn scene(coord: Vec<[f32; 3]>) -> ScenePoints {
        let vertical = pointops::vertical_extent(&coord).unwrap();
        let (id, features) = ("scene".into(), Vec::new());
        ScenePoints { id, coord, features, layout: FeatureLayout::default(), vertical, classes: None }
    }

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
                assert!(columns(&scene, 1.5).unwrap().last().unwrap().high[0] >= high, "{low} {high}");
            }
        }
        assert!(would_miss > 0, "no case would miss a point without the fix");
    }

    #[test]
    fn strays_leave_the_columns_where_they_are_and_get_their_own() {
        let clean = columns(&scene(floor()), 1.5).unwrap();
        assert_eq!(clean.len(), 9);
        for stray in [[31.0, 8.0, 1.0], [0.0, -26.0, 1.0], [-4.0, 2.0, 5.0], [1e6, 1e6, 0.0]] {
            let mut coord = floor();
            coord.push(stray);
            let with = columns(&scene(coord), 1.5).unwrap();
            assert_eq!(with[..9], clean[..]);
            assert!(with.len() == 10 && with[9].contains(&stray, 0.0), "{stray:?}");
        }
        // above and below the room, a stray is in one of its columns
        let mut coord = floor();
        coord.extend([[0.0, 8.0, -2.0], [0.0, 8.0, 30.0]]);
        assert_eq!(columns(&scene(coord), 1.5).unwrap(), clean);
    }

    #[test]
    fn a_scene_in_millimetres_is_too_wide() {
        let message = columns(&scene(floor().iter().map(|p| p.map(|v| v * 1000.0)).collect()), 1.5).unwrap_err();
        assert!(message.to_string().contains("is 3980 × 3980 m wide"), "{message}");
    }
}
