//! Layers in half precision against the CPU in f32, within what 11 (f16) or 8 (bf16) bits allow.

use crate::support::{Random, devices, floats, ints, values};
use burn::tensor::{Device, FloatDType, Tensor};
use pointtensor::functional::{self as fused, NormParams, of_type};

/// Normalisation, product and maximum as in a set abstraction, then another product; values and gradients.
fn layers(compute: FloatDType, device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let mut r = Random::new(3);
    let (groups, k, c) = (256, 8, 16);
    let y: Vec<f32> = r.values(groups * k * c).iter().map(|v| v + 0.5).collect();
    let y = floats(&y, [groups * k, c], &device).require_grad();
    let weights = [0, 1].map(|_| floats(&r.values(c * c), [c, c], &device).require_grad());
    let vectors = [0, 1].map(|i| {
        let values: Vec<f32> = r.values(c).iter().map(|v| v * 0.3 + (1 - i) as f32).collect();
        floats(&values, [c], &device).require_grad()
    });
    let params = || NormParams { gamma: vectors[0].clone(), beta: vectors[1].clone(), epsilon: 1e-5 };
    let x = fused::norm_relu_linear(of_type(y.clone(), compute), params(), weights[0].clone());
    assert_eq!(x.output.dtype(), compute.into());
    let (mean, var) = (x.mean, x.var);
    let x = fused::norm_max(x.output, params(), true, k).output;
    let x = of_type(fused::linear(x, weights[1].clone()), FloatDType::F32);
    let upstream = floats(&r.values(groups * c), [groups, c], &device);
    let grads = (x.clone() * upstream).sum().backward();
    let mut results = vec![values(x), values(mean), values(var)];
    let gradient = |t: &Tensor<2>| t.grad(&grads).expect("a gradient");
    for t in [&y, &weights[0], &weights[1]] {
        assert_eq!(gradient(t).dtype(), FloatDType::F32.into(), "gradients of f32 tensors are f32");
        results.push(values(gradient(t)));
    }
    results.extend(vectors.iter().map(|t| values(t.grad(&grads).expect("a gradient"))));
    results
}

/// The first layers of a set abstraction and of a feature propagation; values and gradients.
fn first_layers(compute: FloatDType, device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let mut r = Random::new(4);
    let (points, centers, k, c) = (300, 40, 8, 16);
    let coord = [points, centers].map(|rows| floats(&r.values(rows * 3), [rows, 3], &device));
    let features = floats(&r.values(points * c), [points, c], &device).require_grad();
    let w = floats(&r.values((3 + c) * c), [3 + c, c], &device).require_grad();
    let members = ints(&r.rows(1, centers * k, points), &device);
    let grouped = fused::group_linear(coord, of_type(features.clone(), compute), w.clone(), members, k, 1);
    assert_eq!(grouped.dtype(), FloatDType::F32.into(), "differences of coordinates need all digits");
    let coarse = of_type(grouped.clone(), compute);
    let wide = floats(&r.values(2 * c * c), [2 * c, c], &device).require_grad();
    let (near, weights) =
        (ints(&r.rows(1, points * 3, centers), &device), floats(&r.values(points * 3), [points, 3], &device));
    // with the skip features of the input, which are never halves
    let fine = fused::interpolate_linear(coarse, features.clone(), wide.clone(), near, weights, 1);
    assert_eq!(fine.dtype(), compute.into());
    let fine = of_type(fine, FloatDType::F32);
    let grads = (fine.clone() * floats(&r.values(points * c), [points, c], &device)).sum().backward();
    let gradient = |t: &Tensor<2>| {
        let gradient = t.grad(&grads).expect("a gradient");
        assert_eq!(gradient.dtype(), FloatDType::F32.into(), "gradients of f32 tensors are f32");
        values(gradient)
    };
    vec![values(grouped), values(fine), gradient(&features), gradient(&w), gradient(&wide)]
}

/// The mean difference relative to the largest value: single values may come from another member of a maximum.
fn mean_difference(a: &[f32], b: &[f32]) -> f32 {
    let scale = b.iter().fold(1e-3f32, |m, v| m.max(v.abs()));
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / scale / a.len() as f32
}

#[test]
fn halves_are_close_and_weights_and_statistics_stay_f32() {
    for device in devices() {
        let run = |compute, device: &Device| [layers(compute, device), first_layers(compute, device)].concat();
        let right = run(FloatDType::F32, &Device::flex());
        for (compute, tolerance) in [(FloatDType::F32, 1e-5), (FloatDType::F16, 2e-3), (FloatDType::BF16, 2e-2)] {
            if !device.supports_dtype(compute) {
                println!("skipped: {compute:?} on {device:?}");
                continue;
            }
            for (which, (a, b)) in run(compute, &device).iter().zip(&right).enumerate() {
                let d = mean_difference(a, b);
                assert!(d < tolerance, "{compute:?}: result {which} differs by {d} on {device:?}");
            }
        }
    }
}
