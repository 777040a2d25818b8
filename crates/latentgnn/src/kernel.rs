//! One low-rank affinity: from points to latent nodes, among these, and back.

use crate::clouds::Clouds;
use crate::macs::{Macs, product};
use crate::projection::{Projection, Setting};
use burn::module::Module;
use burn::tensor::Tensor;
use pointtensor::functional::{UnitLength, from_latent, propagate, to_latent};

/// Reduced features that kernels read, scaled to length 1.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// `[rows, reduced]`
    pub rows: Tensor<2>,
    /// The same as `[batch · points, reduced]`, 0 where there is padding.
    pub places: Tensor<2>,
}

/// One kernel Ψ F Ψᵀ of [`crate::LatentGnn`].
#[derive(Module, Debug)]
pub struct LatentKernel {
    /// ψ: how strongly every point belongs to every latent node, `reduced` to `latent_dim`. In symmetric mode it serves both ways.
    pub to_latent: Projection,
    /// ψ of the way back; none in symmetric mode.
    pub to_visible: Option<Projection>,
    /// Graph convolution on the result, `reduced` to `reduced`, if there is one.
    pub graph_conv: Option<Projection>,
}

impl LatentKernel {
    pub(crate) fn new(reduced: usize, latent: usize, symmetric: bool, graph_conv: bool, setting: &Setting) -> Self {
        LatentKernel {
            to_latent: setting.projection(reduced, latent),
            to_visible: (!symmetric).then(|| setting.projection(reduced, latent)),
            graph_conv: graph_conv.then(|| setting.projection(reduced, reduced)),
        }
    }

    /// Number of latent nodes.
    pub fn latent_dim(&self) -> usize {
        self.to_latent.channels()[1]
    }

    /// Context of every point, `[rows, reduced]`, from the features of the visible → latent side and the rows of the latent →
    /// visible side.
    pub(crate) fn forward(&self, source: &Side, target: Tensor<2>, clouds: &Clouds) -> Tensor<2> {
        let batch = clouds.batch();
        let inward = clouds.to_places(self.to_latent.forward(source.rows.clone(), true));
        let (latent, outward) = match &self.to_visible {
            Some(to_visible) => {
                let latent = to_latent(inward, source.places.clone(), batch, UnitLength::OverPoints);
                (latent, clouds.to_places(to_visible.forward(target, true)))
            }
            None => (to_latent(inward.clone(), source.places.clone(), batch, UnitLength::OverNodes), inward),
        };
        let visible = clouds.places_to_rows(from_latent(outward, propagate(latent, batch), batch));
        match &self.graph_conv {
            Some(graph_conv) => graph_conv.forward(visible, true),
            None => visible,
        }
    }

    pub(crate) fn set_momentum(&mut self, momentum: f64) {
        for projection in self.projections_mut() {
            projection.norm.momentum = momentum;
        }
    }

    fn projections(&self) -> impl Iterator<Item = &Projection> {
        std::iter::once(&self.to_latent).chain(&self.to_visible).chain(&self.graph_conv)
    }

    fn projections_mut(&mut self) -> impl Iterator<Item = &mut Projection> {
        std::iter::once(&mut self.to_latent).chain(&mut self.to_visible).chain(&mut self.graph_conv)
    }

    pub(crate) fn learned(&self) -> usize {
        self.projections().map(Projection::learned).sum()
    }

    pub(crate) fn macs(&self, points: usize) -> Macs {
        let [reduced, latent] = self.to_latent.channels();
        Macs {
            projections: self.projections().map(|projection| projection.macs(points)).sum(),
            affinity: 2 * product(points, reduced, latent),
            latent: 2 * product(latent, reduced, latent),
        }
    }
}
