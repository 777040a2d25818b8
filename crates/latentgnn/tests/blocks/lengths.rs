//! Scaling to length 1 equals PyTorch's `normalize` at every scale, down to zeros. See `lengths` in
//! `tests/reference/latentgnn_layers.py`.

use crate::reference::Reference;
use crate::support::{tensor, vec};
use burn::tensor::{Device, Tensor};
use pointtensor::functional::{UnitLength, from_latent, propagate, to_latent, unit_rows};

/// The largest difference relative to the largest value of each row and column, so that small rows or columns count as
/// much as large ones.
fn difference(found: &[f32], expected: &[f32], columns: usize) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = |member: &dyn Fn(usize) -> bool| {
        let members = (0..expected.len()).filter(|&at| member(at));
        members.map(|at| expected[at].abs()).fold(0f32, f32::max)
    };
    let relative = |at: usize| {
        let row = largest(&|other| other / columns == at / columns);
        let column = largest(&|other| other % columns == at % columns);
        let difference = (found[at] - expected[at]).abs();
        if difference == 0.0 { 0.0 } else { difference / row.min(column) }
    };
    (0..found.len()).map(relative).fold(0f32, |worst, d| if d <= worst { worst } else { d })
}

fn check(name: &str, operation: impl Fn(Tensor<2>, Option<Tensor<2>>) -> Tensor<2>) {
    let reference = Reference::load("lengths");
    let device = Device::flex().autodiff();
    let get = |what: &str| {
        let (values, shape) = reference.get(&format!("{name}.{what}"));
        tensor::<2>(values, shape.try_into().unwrap(), &device)
    };
    let first = get("first").require_grad();
    let second = ["to_latent_over_points", "to_latent_over_nodes", "from_latent"].contains(&name);
    let second = second.then(|| get("second").require_grad());
    let result = operation(first.clone(), second.clone());
    let grads = (result.clone() * get("upstream")).sum().backward();
    let mut found = vec![("result", result), ("gradient.first", first.grad(&grads).unwrap())];
    found.extend(second.map(|second| ("gradient.second", second.grad(&grads).unwrap())));
    for (what, found) in found {
        let expected = get(what);
        let columns = expected.dims()[1];
        let difference = difference(&vec(found), &vec(expected), columns);
        assert!(difference < 1e-4, "{name}: {what} differs by {difference}");
    }
}

#[test]
fn rows() {
    check("unit_rows", |x, _| unit_rows(x));
}

#[test]
fn latent_nodes() {
    check("propagate", |z, _| propagate(z, 2));
}

#[test]
fn relations_over_points() {
    check("to_latent_over_points", |a, x| to_latent(a, x.unwrap(), 2, UnitLength::OverPoints));
}

#[test]
fn relations_over_nodes() {
    check("to_latent_over_nodes", |a, x| to_latent(a, x.unwrap(), 2, UnitLength::OverNodes));
    check("from_latent", |a, z| from_latent(a, z.unwrap(), 2));
}
