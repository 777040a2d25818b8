//! Layers and networks against PyTorch: outputs, running statistics and all gradients, in training and evaluation mode,
//! for batches of 1 and 4 clouds, with duplicated points and balls of one point. See
//! `tests/reference/pointnet2_layers.py` and `pointnext_layers.py`.

use crate::support::{self, Config, Reference, difference, fixed_statistics, gradients, shape, statistics, vec};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pointmodel::{Network, Prepared, SearchOn};
use pointnet2::{
    FeaturePropagationConfig, Grouping, InvertedResidualConfig, LevelSpec, PointPyramid, Pooling, Pyramid, PyramidSpec,
    ScaleShape, SetAbstractionConfig,
};
use std::collections::BTreeMap;

type Inputs = BTreeMap<&'static str, Tensor<2>>;

/// The largest differences of a case.
#[derive(Default)]
struct Worst {
    forward: (f32, String),
    gradient: (f32, String),
}

fn close(worst: &mut (f32, String), what: String, own: &[f32], reference: &[f32], tolerance: f32) {
    let difference = difference(own, reference);
    assert!(difference < tolerance, "{what} differs by {difference}");
    if difference > worst.0 {
        *worst = (difference, what);
    }
}

fn compare<M: Module>(
    name: &str,
    prepare: impl Fn(&[[f32; 3]], usize) -> Pyramid,
    inputs: &[&'static str],
    init: impl Fn(&Device) -> M,
    run: impl Fn(&M, &PointPyramid, Inputs) -> Tensor<2>,
) {
    let reference = Reference::load(name);
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let mut worst = Worst::default();
    for (mode, batch) in [("train", 1), ("train", 4), ("eval", 1), ("eval", 4)] {
        let key = format!("{mode}.{batch}");
        let (coord, clouds) = reference.coord(&format!("{batch}.coord"));
        let pyramid = prepare(&coord, clouds);
        let feed = |device: &Device| -> Inputs {
            inputs.iter().map(|&input| (input, reference.rows(&format!("{batch}.{input}"), device))).collect()
        };
        let module = reference.start(init(&device));
        let module = if mode == "eval" { fixed_statistics(module) } else { module };
        let fed: Inputs = feed(&device).into_iter().map(|(name, x)| (name, x.require_grad())).collect();
        let y = run(&module, &pyramid.clone().into_device(&device), fed.clone());
        let upstream = reference.rows(&format!("{batch}.upstream"), &device);
        let grads = (y.clone() * upstream).sum().backward();

        let (output, _) = reference.get(&format!("{key}.output"));
        close(&mut worst.forward, format!("{name} {key} output"), &vec(y), &output, 1e-4);
        let own = gradients(&module, &grads).into_iter();
        let own = own.chain(fed.into_iter().map(|(input, x)| (input.to_string(), vec(x.grad(&grads).unwrap()))));
        let compared: Vec<_> = own
            .map(|(of, own)| (format!("{name} {key} {of}"), own, reference.get(&format!("{key}.gradient.{of}")).0))
            .collect();
        let largest = compared.iter().flat_map(|(_, _, gradient)| gradient).fold(0f32, |m, v| m.max(v.abs()));
        for (what, own, gradient) in compared {
            if gradient.iter().all(|value| value.abs() < 1e-9) {
                // exactly 0, like the gradient of a shift before a batch normalisation: ours is rounding noise
                let noise = own.iter().fold(0f32, |m, v| m.max(v.abs()));
                assert!(noise < 1e-4 * largest, "{what} is {noise} instead of 0");
            } else {
                close(&mut worst.gradient, what, &own, &gradient, 1e-3);
            }
        }
        if mode == "train" {
            for (param, own) in statistics(&module) {
                let (after, _) = reference.get(&format!("{key}.after.{param}"));
                close(&mut worst.forward, format!("{name} {key} {param}"), &own, &after, 1e-4);
            }
        } else {
            // the same on a device without gradients, where layers compute differently
            let module = reference.start(init(&plain));
            let y = run(&module, &pyramid.into_device(&plain), feed(&plain));
            close(&mut worst.forward, format!("{name} {key} plain output"), &vec(y), &output, 1e-4);
        }
    }
    println!("{name}: {:?} {:?}", worst.forward, worst.gradient);
}

fn sampled(points: usize, groupings: Vec<Grouping>) -> PyramidSpec {
    PyramidSpec { levels: vec![LevelSpec::Sampled { points, groupings, own: None }], ..PyramidSpec::default() }
}

fn find(spec: PyramidSpec) -> impl Fn(&[[f32; 3]], usize) -> Pyramid {
    move |coord, clouds| Pyramid::prepare(coord, clouds, spec.clone(), SearchOn::Host).unwrap()
}

fn abstraction(name: &str, spec: PyramidSpec, config: SetAbstractionConfig) {
    let inputs: &[_] = if config.in_channels == 0 { &[] } else { &["features"] };
    compare(
        name,
        find(spec),
        inputs,
        |device| config.init(device),
        |layer, pyramid, mut inputs| layer.forward(pyramid, 1, inputs.remove("features")),
    );
}

const BALL: Grouping = Grouping::Ball { radius: 0.4, neighbors: 6 };

/// A layer of one scale with channels 6 and 8, whose positions are divided by `radius`.
fn single(in_channels: usize, radius: Option<f32>) -> SetAbstractionConfig {
    SetAbstractionConfig::new(in_channels, vec![ScaleShape { channels: vec![6, 8], radius }])
}

#[test]
fn set_abstraction_of_balls() {
    abstraction("sa_ball", sampled(12, vec![BALL]), SetAbstractionConfig::single(3, [6, 8]));
    abstraction("sa_coordinates_only", sampled(12, vec![BALL]), single(0, Some(0.4)));
    abstraction("sa_average", sampled(12, vec![BALL]), single(3, Some(0.4)).with_pooling(Pooling::Average));
}

#[test]
fn set_abstraction_of_nearest_points() {
    abstraction("sa_nearest", sampled(12, vec![Grouping::Nearest { neighbors: 5 }]), single(3, Some(0.25)));
}

#[test]
fn set_abstraction_of_all_points() {
    abstraction("sa_all", PyramidSpec { levels: vec![LevelSpec::All], ..PyramidSpec::default() }, single(3, None));
}

#[test]
fn set_abstraction_at_two_scales() {
    let groupings = [(0.2, 3), (0.6, 7)].map(|(radius, neighbors)| Grouping::Ball { radius, neighbors });
    let scales = [(0.2, vec![5, 6]), (0.6, vec![7])];
    let scales = scales.map(|(radius, channels)| ScaleShape { channels, radius: Some(radius) });
    let config = SetAbstractionConfig::new(3, scales.to_vec());
    abstraction("sa_multi_scale", sampled(12, groupings.to_vec()), config);
}

#[test]
fn set_abstraction_with_a_residual_connection() {
    abstraction("sa_residual", sampled(12, vec![BALL]), single(3, Some(0.4)).with_residual(true));
}

#[test]
fn inverted_residual() {
    let own = Some(Grouping::Ball { radius: 0.6, neighbors: 6 });
    let level = LevelSpec::Sampled { points: 20, groupings: vec![], own };
    compare(
        "inverted_residual",
        find(PyramidSpec { levels: vec![level], ..PyramidSpec::default() }),
        &["features"],
        |device| InvertedResidualConfig::new(5, 0.6).with_expansion(3).init(device),
        |block, pyramid, mut inputs| block.forward(pyramid, 1, inputs.remove("features").unwrap()),
    );
}

#[test]
fn feature_propagation() {
    let some = LevelSpec::Sampled { points: 9, groupings: vec![], own: None };
    let cases = [
        ("fp_skip", some.clone(), 3, vec![6, 8]),
        ("fp_no_skip", some, 0, vec![8]),
        ("fp_from_one", LevelSpec::All, 3, vec![6, 8]),
    ];
    for (name, level, skip, channels) in cases {
        let inputs: &[_] = if skip == 0 { &["coarse"] } else { &["coarse", "skip"] };
        let config = FeaturePropagationConfig::new(skip, 5, channels);
        compare(
            name,
            find(PyramidSpec { levels: vec![level], ..PyramidSpec::default() }),
            inputs,
            |device| config.init(device),
            |layer, pyramid, mut inputs| {
                let skip = inputs.remove("skip");
                layer.forward(pyramid, 1, skip, inputs.remove("coarse").unwrap())
            },
        );
    }
}

fn network(name: &str, config: impl Config) {
    compare(
        name,
        |coord, clouds| config.prepare(coord, clouds, SearchOn::Host).unwrap(),
        &["features"],
        |device| config.init(&shape(40), device),
        |network, pyramid, mut inputs| network.forward(pyramid, inputs.remove("features")),
    );
}

#[test]
fn single_scale_network() {
    network("ssg", support::ssg());
    network("ssg_group_all", support::ssg_group_all());
}

#[test]
fn single_scale_network_with_latent_gnn() {
    network("ssg_latentgnn1", support::ssg_latent_gnn_1());
    network("ssg_latentgnn3", support::ssg_latent_gnn_3());
}

#[test]
fn single_scale_network_with_non_local() {
    network("ssg_non_local", support::ssg_non_local());
}

#[test]
fn multi_scale_network() {
    network("msg", support::msg());
}

#[test]
fn pointnet() {
    network("pointnet", support::pointnet(false));
    network("pointnet_transforms", support::pointnet(true));
}

#[test]
fn pointnext() {
    network("pointnext_s", support::pointnext_s());
    network("pointnext_b", support::pointnext_b());
}
