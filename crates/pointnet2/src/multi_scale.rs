//! Set abstraction at several scales around the same centers.

use crate::pyramid::PointPyramid;
use crate::set_abstraction::SetAbstraction;
use burn::module::Module;
use burn::tensor::Tensor;

/// Several set abstractions around the same centers, each with a grouping and weights of its own, and their features side by side:
/// multi-scale grouping (Qi et al. 2017b, section 3.3).
///
/// Every scale takes (relative coordinate, features), as [`SetAbstraction`] does. The authors' code puts the coordinate last here,
/// which matters only to those who bring its weights.
#[derive(Module, Debug)]
pub struct MultiScaleAbstraction {
    /// One a grouping of the level, in its order.
    pub scales: Vec<SetAbstraction>,
}

impl MultiScaleAbstraction {
    /// Features of the centers of level `level` (from 1).
    ///
    /// # Shapes
    /// - `features`: `[clouds · points below, in_channels]`, `None` if there are none
    /// - result: `[clouds · points, channels of all scales]`
    pub fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        assert_eq!(pyramid.groups[level - 1].len(), self.scales.len(), "groupings of the level and scales");
        let scales = self.scales.iter().enumerate();
        Tensor::cat(scales.map(|(i, scale)| scale.forward_grouping(pyramid, level, i, features.clone())).collect(), 1)
    }

    /// Channels of the result.
    pub fn out_channels(&self) -> usize {
        self.scales.iter().map(SetAbstraction::out_channels).sum()
    }

    /// Sets the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.scales.iter_mut().for_each(|scale| scale.set_momentum(momentum));
    }
}
