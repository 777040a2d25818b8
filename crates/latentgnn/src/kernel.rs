//! One low-rank affinity: from points to latent nodes, between them, and back.

use crate::clouds::Clouds;
use crate::macs::{Macs, product};
use crate::projection::{LayerInit, Projection};
use burn::module::Module;
use burn::tensor::Tensor;
use pointtensor::functional::{UnitLength, from_latent, propagate, to_latent};

/// Reduced features that the latent nodes gather, each row of length 1.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// `[rows, reduced]`
    pub rows: Tensor<2>,
    /// The same features with padding, which is 0: `[batch · points, reduced]`.
    pub places: Tensor<2>,
}

/// One kernel Ψ F Ψᵀ of [`crate::LatentGnn`].
#[derive(Module, Debug)]
pub struct LatentKernel {
    /// Ψ, how strongly each point belongs to each latent node, from `reduced` to `latent_dim` channels; for both ways
    /// if the block is symmetric.
    pub to_latent: Projection,
    /// Ψ of the way back to the points; none if the block is symmetric.
    pub to_visible: Option<Projection>,
    /// Graph convolution of the result, from `reduced` to `reduced` channels, if any.
    pub graph_conv: Option<Projection>,
}

impl LatentKernel {
    /// With a graph convolution if there is a way to initialise it.
    pub(crate) fn new(
        reduced: usize,
        latent: usize,
        symmetric: bool,
        init: &LayerInit,
        graph_conv: Option<&LayerInit>,
    ) -> Self {
        LatentKernel {
            to_latent: init.projection(reduced, latent),
            to_visible: (!symmetric).then(|| init.projection(reduced, latent)),
            graph_conv: graph_conv.map(|init| init.projection(reduced, reduced)),
        }
    }

    /// Number of latent nodes.
    pub fn latent_dim(&self) -> usize {
        self.to_latent.channels()[1]
    }

    /// Context of each point, `[rows, reduced]`, from the features that the latent nodes gather (`source`) and the rows
    /// from which the Ψ of the way back is computed (`target`). The graph convolution ends in a ReLU if `relu`.
    pub(crate) fn forward(&self, source: &Source, target: Tensor<2>, clouds: &Clouds, relu: bool) -> Tensor<2> {
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
            Some(graph_conv) => graph_conv.forward(visible, relu),
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

    pub(crate) fn learned_params(&self) -> usize {
        self.projections().map(Projection::learned_params).sum()
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
