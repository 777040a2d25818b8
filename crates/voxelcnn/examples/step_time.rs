//! Times the published network on a batch of 64 columns: the voxels, a step without its optimiser, scores alone, and for
//! comparison the three strided convolutions by burn's `conv3d`. Run it with
//!
//!     cargo run -p voxelcnn --example step_time

use burn::module::Module;
use burn::tensor::module::conv3d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, Tensor};
use pointmodel::{Network, NetworkConfig, NetworkShape, Prepared, SearchOn};
use std::hint::black_box;
use std::time::Instant;
use voxelcnn::VoxelCnnConfig;

const CLOUDS: usize = 64;
const POINTS: usize = 8192;

/// A floor, two walls and boxes of furniture, around the origin.
fn clouds() -> Vec<[f32; 3]> {
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 24) as f32
    };
    (0..CLOUDS * POINTS)
        .map(|i| {
            let (x, y, z, tall) = (random() * 1.4 - 0.7, random() * 1.4 - 0.7, random(), (i / POINTS) as f32 * 0.02);
            match i % 5 {
                0 | 1 => [x, y, 0.0],
                2 => [x, 0.7, 2.4 * z],
                3 => [x * 0.5, y * 0.5, tall],
                _ => [0.35, y * 0.5, tall * z],
            }
        })
        .collect()
}

fn time<T>(what: &str, times: usize, mut run: impl FnMut() -> T) {
    black_box(run());
    let begin = Instant::now();
    (0..times).for_each(|_| drop(black_box(run())));
    println!("{what:50} {:8.1} ms", begin.elapsed().as_secs_f64() * 1e3 / times as f64);
}

fn read<const D: usize>(tensor: Tensor<D>) {
    black_box(tensor.into_data());
}

fn main() {
    let (config, coord) = (VoxelCnnConfig::default(), clouds());
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let network = config.init(&NetworkShape { points: POINTS, in_channels: 0, outputs: 21 }, &device).materialize();
    let grids = config.prepare(&coord, CLOUDS, SearchOn::Host).expect("finite points");
    let (on_device, on_plain) = (grids.clone().into_device(&device), grids.clone().into_device(&plain));
    let valid = network.valid();

    time("voxels of 64 clouds", 5, || config.prepare(&coord, CLOUDS, SearchOn::Host).is_ok());
    time("their copy to the device", 5, || grids.clone().into_device(&device));
    time("step: scores and gradients", 3, || network.forward(&on_device, None).mean().backward());
    time("scores alone", 5, || read(valid.forward(&on_plain, None)));
    let mut x = on_plain.cells.clone();
    for (i, stage) in valid.stages.iter().enumerate() {
        time(&format!("  of which stage {i}"), 3, || read(stage.forward(x.clone(), CLOUDS)));
        x = stage.forward(x, CLOUDS);
    }

    let mut inputs = 2;
    for (i, stage) in network.stages.iter().enumerate() {
        let channels = stage.mlp.out_channels();
        let [gx, gy, gz] = if i == 0 { config.grid } else { network.stages[i - 1].cells_out() };
        let x = Tensor::<5>::random([CLOUDS, inputs, gz, gy, gx], Distribution::Default, &device).require_grad();
        let w = Tensor::<5>::random([channels, inputs, 4, 3, 3], Distribution::Default, &device).require_grad();
        let convolve = || conv3d(x.clone(), w.clone(), None, ConvOptions::new([2; 3], [0; 3], [1; 3], 1));
        time(&format!("burn's conv3d in place of convolution {i}"), 2, || read(convolve()));
        time("  and its gradients", 2, || convolve().mean().backward());
        inputs = channels;
    }
}
