//! Type-erased networks, and the table of all kinds.

use crate::parameters::{self, Entry};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, FloatDType, Tensor};
use pointmodel::{BoxError, HostTensor, NetworkConfig, NetworkShape, Prepared, SearchOn, Summary};
use pointnet2::{PointNet2Config, PointNetConfig};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Every network that `model.kind` can name, with the defaults of its keys. A new network takes one line here.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "pointnet2-ssg", read: |keys| read(PointNet2Config::ssg(), keys) },
    Kind { name: "pointnet2-msg", read: |keys| read(PointNet2Config::msg(), keys) },
    Kind { name: "pointnet", read: |keys| read(PointNetConfig::default(), keys) },
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
    fn supports_half(&self) -> bool;
    /// Its keys, to serialize.
    fn keys(&self) -> &dyn erased_serde::Serialize;
}

/// The geometry of a batch, as its network prepared it.
pub(crate) type Geometry = Box<dyn AnyPrepared>;

/// [`Prepared`], type-erased.
pub(crate) trait AnyPrepared: Send + Sync {
    fn to_device(&self, device: &Device, compute: FloatDType) -> Box<dyn Any>;
    fn tensors(&self) -> Vec<HostTensor>;
}

/// [`pointmodel::Network`], type-erased.
pub(crate) trait AnyNetwork: Send {
    fn forward(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> Tensor<2>;
    fn forward_training(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> (Tensor<2>, Option<Tensor<1>>);
    fn update(self: Box<Self>, optimizer: &mut ModuleOptimizer, rate: f64, loss: Tensor<1>) -> Updated;
    fn valid(&self) -> Box<dyn AnyNetwork>;
    fn weights(&self) -> BTreeMap<String, Entry>;
    fn with_weights(self: Box<Self>, weights: &BTreeMap<String, Entry>) -> Result<Box<dyn AnyNetwork>, String>;
    fn learned_parameters(&self) -> usize;
    fn set_momentum(&mut self, momentum: f64);
    fn summary(&self, points: usize) -> Summary;
}

/// A network after an update, and how long its gradients took.
pub(crate) struct Updated {
    pub network: Box<dyn AnyNetwork>,
    pub backward: Duration,
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

    fn supports_half(&self) -> bool {
        self.0.supports_half()
    }

    fn keys(&self) -> &dyn erased_serde::Serialize {
        &self.0
    }
}

impl<P: Prepared> AnyPrepared for Typed<P> {
    fn to_device(&self, device: &Device, compute: FloatDType) -> Box<dyn Any> {
        Box::new(self.0.to_device(device, compute))
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

    fn update(self: Box<Self>, optimizer: &mut ModuleOptimizer, rate: f64, loss: Tensor<1>) -> Updated {
        let begin = Instant::now();
        let gradients = GradientsParams::from_grads(loss.backward(), &self.0);
        let backward = begin.elapsed();
        Updated { network: Box::new(Typed(optimizer.step(rate, self.0, gradients))), backward }
    }

    fn valid(&self) -> Box<dyn AnyNetwork> {
        Box::new(Typed(self.0.valid()))
    }

    fn weights(&self) -> BTreeMap<String, Entry> {
        parameters::collect(&self.0)
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

/// Numbers parameters in the order in which they are visited.
struct Numbering(u64);

impl ModuleMapper for Numbering {
    fn map_float<const D: usize>(&mut self, mut param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        param.id = ParamId::from(self.0);
        param
    }
}
