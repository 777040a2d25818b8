//! Points of a scene as input of a network.

use crate::scene::ScenePoints;

/// Points drawn from a scene.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InputPoints {
    /// Coordinates relative to the middle of a column on the floor, `[points]`, in metres.
    pub coord: Vec<[f32; 3]>,
    /// Features, `[points · channels]`.
    pub features: Vec<f32>,
    /// Channels of a point's features.
    pub channels: usize,
    /// First channel of the normal, if it is a feature.
    pub normal_at: Option<usize>,
    /// Channel of the height, if it is a feature.
    pub height_at: Option<usize>,
}

impl InputPoints {
    /// Takes points of a scene by their indices.
    pub fn gather(scene: &ScenePoints, points: &[usize], origin: [f32; 3]) -> Self {
        let relative = |p: &usize| std::array::from_fn(|axis| scene.coord[*p][axis] - origin[axis]);
        let channels = scene.channels;
        InputPoints {
            coord: points.iter().map(relative).collect(),
            features: points.iter().flat_map(|p| scene.features[p * channels..][..channels].iter().copied()).collect(),
            channels,
            normal_at: scene.normal_at,
            height_at: scene.height_at,
        }
    }

    /// Moves a point, and with it its height.
    pub fn shift(&mut self, point: usize, by: [f32; 3]) {
        (0..3).for_each(|axis| self.coord[point][axis] += by[axis]);
        if let Some(at) = self.height_at {
            self.features[point * self.channels + at] += by[2];
        }
    }
}
