//! Columns of the full height of a scene.

use crate::scene::ScenePoints;

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

    /// Indices of the points of a scene in the column and in a margin around it. For many columns [`ColumnIndex`] is
    /// quicker.
    ///
    /// [`ColumnIndex`]: super::ColumnIndex
    pub fn points(&self, scene: &ScenePoints, margin: f32) -> Vec<usize> {
        scene.coord.iter().enumerate().filter(|(_, p)| self.contains(p, margin)).map(|(i, _)| i).collect()
    }

    /// Its middle, on the floor of the scene: the origin of what a network sees.
    pub fn origin(&self, scene: &ScenePoints) -> [f32; 3] {
        let middle = |a: usize| (self.low[a] + self.high[a]) / 2.0;
        [middle(0), middle(1), scene.vertical.floor]
    }
}
