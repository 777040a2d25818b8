//! Type-erased networks, and the table of all kinds.

use crate::optimizer::Optimizer;
use crate::parameters::{self, Entry, Parameter};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use pointcnn::PointCnnConfig;
use pointmodel::{BoxError, HostTensor, NetworkConfig, NetworkShape, Prepared, SearchOn, Summary};
use pointnet2::{PointNet2Config, PointNetConfig, PointNextConfig};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};
use voxelcnn::VoxelCnnConfig;

/// Every network that `model.kind` can name, with the defaults of its keys. A new network takes one line here.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "pointnet2-ssg", read: |keys| read(PointNet2Config::ssg(), keys) },
    Kind { name: "pointnet2-msg", read: |keys| read(PointNet2Config::msg(), keys) },
    Kind { name: "pointnet", read: |keys| read(PointNetConfig::default(), keys) },
    Kind { name: "voxelcnn", read: |keys| read(VoxelCnnConfig::default(), keys) },
    Kind { name: "pointcnn", read: |keys| read(PointCnnConfig::default(), keys) },
    Kind { name: "pointnext-s", read: |keys| read(PointNextConfig::s(), keys) },
    Kind { name: "pointnext-b", read: |keys| read(PointNextConfig::b(), keys) },
];

/// A kind of network.
pub(crate) struct Kind {
    pub name: &'static str,
    /// Reads the keys of its table, without `kind`.
    pub read: fn(toml::Table) -> Result<Architecture, toml::de::Error>,
}

/// Missing keys take their values from `preset`.
fn read<C: NetworkConfig>(preset: C, keys: toml::Table) -> Result<Architecture, toml::de::Error> {
    let mut table = toml::Table::try_from(&preset).expect("a network's configuration can be written as TOML");
    table.extend(keys);
    Ok(Arc::new(Typed(table.try_into::<C>()?)))
}

/// The configuration of a network of any kind.
pub(crate) type Architecture = Arc<dyn AnyConfig>;

/// [`NetworkConfig`], type-erased.
pub(crate) trait AnyConfig: Debug + Send + Sync {
    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError>;
    fn init(&self, shape: &NetworkShape, device: &Device) -> Box<dyn AnyNetwork>;
    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Geometry, BoxError>;
    fn crop(&self) -> Option<[f32; 2]>;
    fn scores_scenes(&self) -> bool;
    /// See [`pointmodel::SceneScorer`]; `None` if the network takes clouds only.
    fn score_scene(
        &self,
        network: &dyn AnyNetwork,
        coord: &[[f32; 3]],
        device: &Device,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Option<Vec<f32>>;
    /// Number of values of the network's parameters and running statistics; allocates none of them.
    fn values(&self, shape: &NetworkShape) -> usize;
    /// Its keys, to serialize.
    fn keys(&self) -> &dyn erased_serde::Serialize;
}

/// The geometry of a batch, as its network prepared it.
pub(crate) type Geometry = Box<dyn AnyPrepared>;

/// [`Prepared`], type-erased.
pub(crate) trait AnyPrepared: Send + Sync {
    /// A copy, for [`bench`](crate::bench()).
    fn copy(&self) -> Geometry;
    fn into_device(self: Box<Self>, device: &Device) -> Box<dyn Any>;
    fn tensors(&self) -> Vec<HostTensor>;
}

/// [`pointmodel::Network`], type-erased.
pub(crate) trait AnyNetwork: Send {
    fn forward(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> Tensor<2>;
    fn forward_training(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> (Tensor<2>, Option<Tensor<1>>);
    /// Updates the weights with the gradients of `loss`; also returns how long the gradients took.
    fn update(
        self: Box<Self>,
        optimizer: &mut Optimizer,
        loss: Tensor<1>,
        rate: f64,
    ) -> (Box<dyn AnyNetwork>, Duration);
    /// Moves weights and running statistics towards those of `newest`, a network of the same configuration: the old ones
    /// count `keep`, the new ones the rest.
    fn follow(self: Box<Self>, newest: &dyn AnyNetwork, keep: f64) -> Box<dyn AnyNetwork>;
    fn as_any(&self) -> &dyn Any;
    fn valid(&self) -> Box<dyn AnyNetwork>;
    fn weights(&self) -> BTreeMap<String, Entry>;
    /// Parameters and running statistics, without their values.
    fn parameters(&self) -> Vec<Parameter>;
    fn with_weights(self: Box<Self>, weights: &BTreeMap<String, Entry>) -> Result<Box<dyn AnyNetwork>, String>;
    fn learned_parameters(&self) -> usize;
    fn set_momentum(&mut self, momentum: f64);
    fn summary(&self, points: usize) -> Summary;
}

/// Implements the traits above for a network, its configuration and its geometry.
#[derive(Debug)]
struct Typed<T>(T);

impl<C: NetworkConfig> AnyConfig for Typed<C> {
    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        self.0.validate(shape)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> Box<dyn AnyNetwork> {
        // burn draws parameters on first use and gives them random ids; drawn at once and numbered in order, two
        // networks of one configuration are identical, and so are the states of their optimisers
        Box::new(Typed(self.0.init(shape, device).materialize().map(&mut Numbering(0))))
    }

    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Geometry, BoxError> {
        Ok(Box::new(Typed(self.0.prepare(coord, clouds, search)?)))
    }

    fn crop(&self) -> Option<[f32; 2]> {
        self.0.crop()
    }

    fn scores_scenes(&self) -> bool {
        self.0.scene_scorer().is_some()
    }

    fn score_scene(
        &self,
        network: &dyn AnyNetwork,
        coord: &[[f32; 3]],
        device: &Device,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Option<Vec<f32>> {
        let scorer = self.0.scene_scorer()?;
        let network: &Typed<C::Network> = network.as_any().downcast_ref().expect("the configuration's own network");
        Some(scorer(&self.0, &network.0, coord, device, progress))
    }

    fn values(&self, shape: &NetworkShape) -> usize {
        let mut count = CountAll(0);
        // parameters are drawn on first use, which this is not
        self.0.init(shape, &Device::flex()).visit(&mut count);
        count.0
    }

    fn keys(&self) -> &dyn erased_serde::Serialize {
        &self.0
    }
}

impl<P: Prepared> AnyPrepared for Typed<P> {
    fn copy(&self) -> Geometry {
        Box::new(Typed(self.0.clone()))
    }

    fn into_device(self: Box<Self>, device: &Device) -> Box<dyn Any> {
        Box::new(self.0.into_device(device))
    }

    fn tensors(&self) -> Vec<HostTensor> {
        self.0.tensors()
    }
}

/// The geometry, in the type that its own network takes.
fn own<N: pointmodel::Network>(geometry: &dyn Any) -> &<N::Prepared as Prepared>::OnDevice {
    geometry.downcast_ref().expect("geometry that the network's own configuration prepared")
}

impl<N: pointmodel::Network> AnyNetwork for Typed<N> {
    fn forward(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> Tensor<2> {
        self.0.forward(own::<N>(geometry), features)
    }

    fn forward_training(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> (Tensor<2>, Option<Tensor<1>>) {
        self.0.forward_training(own::<N>(geometry), features)
    }

    fn update(
        self: Box<Self>,
        optimizer: &mut Optimizer,
        loss: Tensor<1>,
        rate: f64,
    ) -> (Box<dyn AnyNetwork>, Duration) {
        let begin = Instant::now();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.0);
        let backward = begin.elapsed();
        (Box::new(Typed(optimizer.step(rate, self.0, gradients))), backward)
    }

    fn follow(self: Box<Self>, newest: &dyn AnyNetwork, keep: f64) -> Box<dyn AnyNetwork> {
        let newest: &Self = newest.as_any().downcast_ref().expect("a network of the same configuration");
        Box::new(Typed(parameters::follow(self.0, &newest.0, keep)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn valid(&self) -> Box<dyn AnyNetwork> {
        Box::new(Typed(self.0.valid()))
    }

    fn weights(&self) -> BTreeMap<String, Entry> {
        parameters::collect(&self.0)
    }

    fn parameters(&self) -> Vec<Parameter> {
        parameters::all(&self.0).0
    }

    fn with_weights(self: Box<Self>, weights: &BTreeMap<String, Entry>) -> Result<Box<dyn AnyNetwork>, String> {
        Ok(Box::new(Typed(parameters::apply(self.0, weights)?)))
    }

    fn learned_parameters(&self) -> usize {
        let mut count = Count(0);
        self.0.visit(&mut count);
        count.0
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.0.set_momentum(momentum);
    }

    fn summary(&self, points: usize) -> Summary {
        self.0.summary(points)
    }
}

/// Counts the values of the parameters that require gradients.
struct Count(usize);

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            self.0 += param.shape().num_elements();
        }
    }
}

/// Counts all values without drawing them.
struct CountAll(usize);

impl ModuleVisitor for CountAll {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0 = self.0.saturating_add(param.lazy_shape().iter().fold(1usize, |len, dim| len.saturating_mul(*dim)));
    }
}

/// Numbers parameters in the order in which they are visited.
struct Numbering(u64);

impl ModuleMapper for Numbering {
    fn map_float<const D: usize>(&mut self, mut param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        param.id = ParamId::from(self.0);
        param
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(config: &PointNetConfig, shape: &NetworkShape) -> (Box<dyn AnyNetwork>, Geometry) {
        let device = Device::flex().autodiff();
        let coord: Vec<[f32; 3]> = (0..shape.points).map(|i| [i as f32 * 0.1, (i % 3) as f32, 0.5]).collect();
        let config = Typed(config.clone());
        (config.init(shape, &device), config.prepare(&coord, 1, SearchOn::Host).unwrap())
    }

    #[test]
    fn an_average_follows_weights_and_statistics_and_shares_none_of_them() {
        let config = PointNetConfig { dropout: 0.0, ..PointNetConfig::default() };
        let shape = NetworkShape { points: 20, in_channels: 0, outputs: 3 };
        let (old, _) = network(&config, &shape);
        let (mut new, geometry) = network(&config, &shape);
        let before = old.weights();
        // running statistics change, too
        new.set_momentum(0.5);
        let geometry = geometry.into_device(&Device::flex().autodiff());
        let _ = new.forward_training(geometry.as_ref(), None);
        let newest = new.weights();
        let average = old.follow(new.as_ref(), 0.75);
        assert_eq!(new.weights(), newest);
        for (name, found) in average.weights() {
            let pairs = before[&name].values.iter().zip(&newest[&name].values);
            for (found, (old, new)) in found.values.iter().zip(pairs) {
                assert!((found - (0.75 * old + 0.25 * new)).abs() < 1e-6, "{name}");
            }
        }
        assert!(before.iter().any(|(name, entry)| name.contains("running") && newest[name] != *entry), "{before:?}");
    }

    #[test]
    fn values_are_counted_without_being_drawn() {
        let shape = NetworkShape { points: 20, in_channels: 3, outputs: 3 };
        let config = PointNetConfig::default();
        let (network, _) = network(&config, &shape);
        let all = network.weights().values().map(|entry| entry.values.len()).sum::<usize>();
        let counted = Typed(config).values(&shape);
        assert!(network.learned_parameters() <= counted && counted <= all, "{counted} of {all}");
    }
}
