//! Operations on the gradients of all parameters of a network.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use pointtensor::add_squares;

/// Scales all gradients down by one factor if their length together is above `most`, as PyTorch's `clip_grad_norm_` does
/// (Pascanu, Mikolov and Bengio 2013, <https://arxiv.org/abs/1211.5063>). Does not wait for a GPU.
pub(crate) fn clip<M: Module>(network: &M, gradients: &mut GradientsParams, most: f64) {
    let mut squares = Squares { gradients, total: None };
    network.visit(&mut squares);
    let Some(squares) = squares.total else { return };
    let factor = ((squares.sqrt() + 1e-6).recip() * most).clamp_max(1.0);
    network.visit(&mut Multiply { gradients, factor });
}

/// Adds the squares of all gradients.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    /// `[1]`; `None` before the first gradient.
    total: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let total = self.total.take().unwrap_or_else(|| Tensor::zeros([1], &gradient.device()));
        self.total = Some(add_squares(total, gradient));
    }
}

struct Multiply<'a> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Multiply<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor.clone().reshape([1; D]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::ParamId;
    use burn::tensor::{Device, TensorData};

    #[derive(Module, Debug)]
    struct Two {
        matrix: Param<Tensor<2>>,
        vector: Param<Tensor<1>>,
    }

    fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    #[test]
    fn clipped_gradients_equal_those_of_pytorch() {
        let reference: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/reference/recipes/recipes.json")).unwrap();
        let list = |value: &serde_json::Value| -> Vec<f32> {
            value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
        };
        for most in [1.0, 100.0] {
            let (matrix_id, vector_id) = (ParamId::from(1), ParamId::from(2));
            let network = Two {
                matrix: Param::initialized(matrix_id, Tensor::zeros([4, 3], &Device::flex())),
                vector: Param::initialized(vector_id, Tensor::zeros([5], &Device::flex())),
            };
            let mut gradients = GradientsParams::new();
            gradients.register(matrix_id, tensor(list(&reference["gradients"][0]), [4, 3]));
            gradients.register(vector_id, tensor(list(&reference["gradients"][1]), [5]));
            clip(&network, &mut gradients, most);
            let right = &reference["clipped"][format!("{most:?}")];
            let found = gradients.get::<2>(matrix_id).unwrap().reshape([12]) - tensor(list(&right[0]), [12]);
            assert!(found.abs().max().into_scalar::<f32>() < 1e-6);
            let found = gradients.get::<1>(vector_id).unwrap() - tensor(list(&right[1]), [5]);
            assert!(found.abs().max().into_scalar::<f32>() < 1e-6);
        }
    }
}
