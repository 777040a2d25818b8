//! Points of a scene as input of a network.

use crate::scene::{FeatureLayout, ScenePoints};

/// Points drawn from a scene.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InputPoints {
    /// Coordinates relative to the middle of a column on the floor, `[points]`, in metres.
    pub coord: Vec<[f32; 3]>,
    /// Features, `[points · channels]`.
    pub features: Vec<f32>,
    /// Where the features of a point are.
    pub layout: FeatureLayout,
}

impl InputPoints {
    /// Takes points of a scene by their indices.
    pub fn gather(scene: &ScenePoints, points: &[usize], origin: [f32; 3]) -> Self {
        let relative = |p: &usize| std::array::from_fn(|axis| scene.coord[*p][axis] - origin[axis]);
        let channels = scene.layout.channels;
        InputPoints {
            coord: points.iter().map(relative).collect(),
            features: points.iter().flat_map(|p| scene.features[p * channels..][..channels].iter().copied()).collect(),
            layout: scene.layout,
        }
    }

    /// Changes coordinates, and heights with them.
    pub fn map_coord(&mut self, mut change: impl FnMut([f32; 3]) -> [f32; 3]) {
        let FeatureLayout { channels, height, .. } = self.layout;
        for (point, p) in self.coord.iter_mut().enumerate() {
            let to = change(*p);
            if let Some(at) = height {
                self.features[point * channels + at] += to[2] - p[2];
            }
            *p = to;
        }
    }

    /// Changes normals, if they are features.
    pub fn map_normals(&mut self, change: impl FnMut([f32; 3]) -> [f32; 3]) {
        self.map_three(self.layout.normal, change);
    }

    /// Transforms covariances, if they are features, as a matrix transforms the coordinates.
    pub fn map_covariances(&mut self, matrix: [[f32; 3]; 3]) {
        let Some(first) = self.layout.covariance else { return };
        for point in self.features.chunks_exact_mut(self.layout.channels) {
            let own = &mut point[first..first + 6];
            let [xx, yy, zz, xy, xz, yz] = std::array::from_fn(|i| own[i]);
            let columns = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]].map(|column| times(matrix, column));
            let rows: [[f32; 3]; 3] = std::array::from_fn(|i| columns.map(|column| column[i]));
            let [[xx, xy, xz], [_, yy, yz], [_, _, zz]] = rows.map(|row| times(matrix, row));
            let trace = xx + yy + zz;
            if trace > 0.0 {
                own.copy_from_slice(&[xx, yy, zz, xy, xz, yz].map(|v| v / trace));
            }
        }
    }

    /// Changes colours, if they are features.
    pub fn map_colors(&mut self, change: impl FnMut([f32; 3]) -> [f32; 3]) {
        self.map_three(self.layout.color, change);
    }

    /// Changes three channels of all points.
    fn map_three(&mut self, first: Option<usize>, mut change: impl FnMut([f32; 3]) -> [f32; 3]) {
        let Some(first) = first else { return };
        for point in self.features.chunks_exact_mut(self.layout.channels) {
            let own = &mut point[first..first + 3];
            own.copy_from_slice(&change([own[0], own[1], own[2]]));
        }
    }
}

/// The product of a matrix and a vector.
pub(crate) fn times(matrix: [[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}
