//! LatentGNN equals its definition, with the affinity Ψ F Ψᵀ of all pairs of points formed in `f64`.

use crate::support::{Random, difference, latent_gnns, vec};
use burn::tensor::Device;
use latentgnn::{Activation, LatentGnn, LatentKernel, Projection};

type Matrix = Vec<Vec<f64>>;

fn matrix(values: &[f32], columns: usize) -> Matrix {
    values.chunks(columns).map(|row| row.iter().map(|&value| value as f64).collect()).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let column = |row: &Vec<f64>, j: usize| row.iter().zip(b).map(|(value, b)| value * b[j]).sum();
    a.iter().map(|row| (0..b[0].len()).map(|j| column(row, j)).collect()).collect()
}

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j]).collect()).collect()
}

fn unit_rows(a: &Matrix) -> Matrix {
    let unit = |row: &Vec<f64>| {
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        row.iter().map(|value| if length == 0.0 { 0.0 } else { value / length }).collect()
    };
    a.iter().map(unit).collect()
}

fn project(projection: &Projection, x: &Matrix, relu: bool) -> Matrix {
    let norm = &projection.norm;
    let weight = matrix(&vec(projection.weight.val()), projection.channels()[1]);
    let [gamma, beta] = [&norm.gamma, &norm.beta].map(|param| vec(param.val()));
    let [mean, var] = [&norm.running_mean, &norm.running_var].map(|state| vec(state.value()));
    let mut y = product(x, &weight);
    for row in &mut y {
        for (j, value) in row.iter_mut().enumerate() {
            *value =
                gamma[j] as f64 * (*value - mean[j] as f64) / (var[j] as f64 + norm.epsilon).sqrt() + beta[j] as f64;
            if relu && *value < 0.0 {
                *value = 0.0;
            }
        }
    }
    y
}

/// `Ψ F Ψᵀ`, `[points, points]`.
fn affinity(kernel: &LatentKernel, source: &Matrix, target: &Matrix) -> Matrix {
    let psi = project(&kernel.to_latent, source, true);
    let (inward, outward) = match &kernel.to_visible {
        Some(to_visible) => (transposed(&unit_rows(&transposed(&psi))), unit_rows(&project(to_visible, target, true))),
        None => (unit_rows(&psi), unit_rows(&psi)),
    };
    let latent = unit_rows(&product(&transposed(&inward), source));
    let mut f = product(&latent, &transposed(&latent));
    for row in &mut f {
        let total: f64 = row.iter().map(|value| value.exp()).sum();
        row.iter_mut().for_each(|value| *value = value.exp() / total);
    }
    product(&product(&outward, &f), &transposed(&inward))
}

fn by_definition(block: &LatentGnn, x: &Matrix) -> Matrix {
    let source = unit_rows(&project(&block.reduce_to_latent, x, false));
    let target = block.reduce_to_visible.as_ref().map(|projection| unit_rows(&project(projection, x, false)));
    let target = target.unwrap_or_else(|| source.clone());
    let mut context = vec![Vec::new(); x.len()];
    for kernel in &block.kernels {
        let mut result = product(&affinity(kernel, &source, &target), &source);
        if let Some(graph_conv) = &kernel.graph_conv {
            result = project(graph_conv, &result, block.activation == Activation::GraphConv);
        }
        context.iter_mut().zip(result).for_each(|(context, result)| context.extend(result));
    }
    let added = project(&block.restore, &context, block.activation == Activation::Sum);
    let Some(lambda) = &block.lambda else { return added };
    let lambda = vec(lambda.val())[0] as f64;
    let add = |(x, added): (&Vec<f64>, Vec<f64>)| x.iter().zip(added).map(|(x, added)| x + lambda * added).collect();
    x.iter().zip(added).map(add).collect()
}

#[test]
fn the_block_equals_its_definition() {
    let device = Device::flex();
    for block in latent_gnns(12, &device) {
        let x = Random(21).tensor([1, 15, 12], &device);
        let expected: Vec<f32> = by_definition(&block, &matrix(&vec(x.clone()), 12))
            .into_iter()
            .flatten()
            .map(|value| value as f32)
            .collect();
        assert!(difference(&vec(block.forward(x)), &expected) < 1e-5);
    }
}
