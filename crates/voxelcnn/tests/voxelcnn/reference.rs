//! The network against PyTorch: voxels, scores, running statistics and all gradients, in training and evaluation mode,
//! with many points in one voxel and points outside the grid. See `tests/reference/voxelcnn.py`.

use crate::support::{Reference, difference, fixed_statistics, gradients, shape, small, statistics, tensor, vec};
use burn::tensor::Device;
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};

const LEAST: f32 = 1e-3;

#[test]
fn voxels() {
    let reference = Reference::load();
    for clouds in [1, 3] {
        let coord = reference.coord(&format!("{clouds}.coord"));
        let grids = small().prepare(&coord, clouds, SearchOn::Host).unwrap();
        let cells: Vec<f32> = grids.cells().flatten().map(|set| set as u8 as f32).collect();
        let occupied = cells.iter().step_by(2).filter(|cell| **cell > 0.0).count();
        assert!(occupied > 50 * clouds && occupied < 150 * clouds, "{occupied} cells are occupied");
        assert!(cells == reference.get(&format!("{clouds}.cells")).0);
        let levels: Vec<i32> = grids.levels().map(|level| level as i32).collect();
        assert_eq!(levels, reference.integers(&format!("{clouds}.heights")));
    }
}

#[test]
fn scores_and_gradients() {
    let reference = Reference::load();
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let close = |what: &str, own: &[f32], expected: &str, tolerance: f32| {
        let difference = difference(own, &reference.get(expected).0, LEAST);
        assert!(difference < tolerance, "{what} differs by {difference}");
        difference
    };
    let (mut forward, mut backward) = (0f32, 0f32);
    for (mode, clouds) in [("train", 1), ("train", 3), ("eval", 1), ("eval", 3)] {
        let key = format!("{mode}.{clouds}");
        let coord = reference.coord(&format!("{clouds}.coord"));
        let grids = small().prepare(&coord, clouds, SearchOn::Host).unwrap();
        let network = reference.start(small().init(&shape(200), &device));
        let network = if mode == "eval" { fixed_statistics(network) } else { network };
        let scores = network.forward(&grids.clone().into_device(&device), None);
        let (upstream, [rows, classes]) = (reference.get(&format!("{clouds}.upstream")).0, scores.dims());
        let grads = (scores.clone() * tensor(upstream, [rows, classes], &device)).sum().backward();
        forward = forward.max(close(&key, &vec(scores), &format!("{key}.output"), 1e-4));
        for (name, own) in gradients(&network, &grads) {
            let what = format!("{key}.gradient.{name}");
            backward = backward.max(close(&what, &own, &what, 1e-3));
        }
        if mode == "train" {
            for (name, own) in statistics(&network) {
                let what = format!("{key}.after.{name}");
                forward = forward.max(close(&what, &own, &what, 1e-4));
            }
        } else {
            // the same on a device without gradients, where layers compute differently
            let network = reference.start(small().init(&shape(200), &plain));
            let scores = network.forward(&grids.into_device(&plain), None);
            forward = forward.max(close("plain", &vec(scores), &format!("{key}.output"), 1e-4));
        }
    }
    println!("largest difference: scores and statistics {forward:e}, gradients {backward:e}");
}
