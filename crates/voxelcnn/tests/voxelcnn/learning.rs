//! What the network does in training alone: it drops channels, and it learns.

use crate::support::{shape, small, vec};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};
use pointtensor::functional::cross_entropy;
use voxelcnn::VoxelCnnConfig;

#[test]
fn channels_are_dropped_in_all_cells_of_a_cloud_at_once() {
    let device = Device::flex().autodiff();
    device.seed(1);
    let config = VoxelCnnConfig { channels: vec![40, 4], channel_dropout: 0.25, ..small() };
    let network = config.init(&shape(2), &device);
    let coord = [[0.0, 0.0, 0.3], [0.2, -0.3, 0.8], [0.1, 0.1, 0.1], [-0.4, 0.2, 0.6]];
    let grids = config.prepare(&coord, 2, SearchOn::Host).unwrap().into_device(&device);
    let stage = &network.stages[0];
    // β moves every value away from 0, so that only dropped ones are 0
    let mut stage = stage.clone();
    stage.mlp.norms[2].beta = stage.mlp.norms[2].beta.clone().map(|beta| beta + 100.0);
    let dropped = vec(stage.forward(grids.cells.clone(), 2));
    let mut kept_stage = stage.clone();
    kept_stage.dropout.probability = 0.0;
    let kept = vec(kept_stage.forward(grids.cells, 2));
    let (cells, mut gone) = (kept.len() / 2 / 40, 0);
    for cloud in 0..2 {
        for channel in 0..40 {
            let values =
                |of: &[f32]| -> Vec<f32> { (0..cells).map(|cell| of[(cloud * cells + cell) * 40 + channel]).collect() };
            let (kept, dropped) = (values(&kept), values(&dropped));
            let is_gone = dropped[0] == 0.0;
            gone += is_gone as usize;
            let factor = if is_gone { 0.0 } else { 1.0 / 0.75 };
            assert!(kept.iter().zip(&dropped).all(|(k, d)| (k * factor - d).abs() < 1e-3));
        }
    }
    assert!((8..32).contains(&gone), "{gone} of 80 channels are dropped");
    // and not at all without gradients
    let plain = Device::flex();
    let grids = config.prepare(&coord, 2, SearchOn::Host).unwrap().into_device(&plain);
    assert!(vec(stage.valid().forward(grids.cells, 2)).iter().all(|value| *value > 50.0));
}

#[test]
fn columns_are_memorised() {
    // what is in the middle column: a floor (0), and at another height in each cloud a table top (1) or a box (2)
    let clouds = 6;
    let (mut coord, mut labels) = (Vec::new(), Vec::new());
    for cloud in 0..clouds {
        let (label, top) = (1 + cloud % 2, 0.35 + 0.15 * (cloud / 2) as f32);
        for i in 0..60 {
            let beside = if i < 20 { 0.0 } else { 1.0 };
            let at = |i: usize| (i % 9) as f32 * 0.1 - 0.4;
            let (x, y) = (at(i * 5) * beside, at(i / 9 + cloud) * beside);
            let z = match (i % 3, label) {
                (0, _) => 0.05,
                (_, 1) => top,
                _ => 0.1 + (i % 7) as f32 / 7.0 * (top - 0.1),
            };
            coord.push([x, y, z]);
            labels.push(if z < 0.1 { 0 } else { label as i32 });
        }
    }
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    device.seed(3);
    let config = VoxelCnnConfig { channels: vec![8, 16], hidden: 32, dropout: 0.2, channel_dropout: 0.1, ..small() };
    let batch = config.prepare(&coord, clouds, SearchOn::Host).unwrap();
    let [on_device, on_plain] = [&device, &plain].map(|device| batch.clone().into_device(device));
    let targets = Tensor::<1, Int>::from_data(TensorData::new(labels.clone(), [labels.len()]), &device);
    // only points of the middle column count
    let weights: Vec<f32> =
        coord.iter().map(|p| if p[0].abs() < 0.05 && p[1].abs() < 0.05 { 1.0 } else { 0.0 }).collect();
    let weights_on = Tensor::<1>::from_data(TensorData::new(weights.clone(), [weights.len()]), &device);
    let mut network = config.init(&shape(60), &device).materialize();
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    for _ in 0..150 {
        let loss = cross_entropy(network.forward(&on_device, None), targets.clone(), weights_on.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-2, network, gradients);
    }
    let best = network.valid().forward(&on_plain, None).argmax(1).into_data();
    let counted = best.iter::<i32>().zip(&labels).zip(&weights).filter(|(_, weight)| **weight > 0.0);
    let (right, all) =
        counted.fold((0, 0), |(right, all), ((best, label), _)| (right + (best == *label) as u32, all + 1));
    assert!(all >= 120 && right * 20 >= all * 19, "{right} of {all} points are right");
}
