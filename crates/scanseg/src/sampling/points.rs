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
