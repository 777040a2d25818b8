//! Numbers of parameters and multiply-accumulates beside the published figures, see `docs/published-counts.md`.

use crate::support::assign;
use burn::module::Module;
use burn::tensor::Device;
use latentgnn::{LatentGnn, LatentGnnConfig, Macs, NonLocal, NonLocalConfig};

/// Numbers of points, channels and latent nodes after the set abstractions of single-scale PointNet++ on 8192 points.
const LEVELS: [(usize, usize, usize); 4] = [(1024, 64, 80), (256, 128, 40), (64, 256, 20), (16, 512, 10)];

/// Learned parameters and multiply-accumulates of blocks with graph convolutions after all levels.
fn latent_gnn(kernels: usize) -> (usize, Macs) {
    let block = |&(points, channels, nodes): &(usize, usize, usize)| {
        let config = LatentGnnConfig::default().with_latent_dims(vec![nodes; kernels]).with_graph_conv(true);
        (points, config.init(channels, &Device::flex()))
    };
    let blocks: Vec<(usize, LatentGnn)> = LEVELS.iter().map(block).collect();
    (blocks.iter().map(|(_, b)| b.learned_params()).sum(), blocks.iter().map(|(points, b)| b.macs(*points)).sum())
}

#[test]
fn one_kernel_after_all_levels() {
    let (params, macs) = latent_gnn(1);
    assert_eq!(params, 297_084); // published 0.31M
    assert_eq!(macs, Macs { projections: 17_113_088, affinity: 3_481_600, latent: 384_000 }); // published 15M
}

#[test]
fn three_kernels_after_all_levels() {
    let (params, macs) = latent_gnn(3);
    assert_eq!(params, 537_324); // published 0.54M
    assert_eq!(macs, Macs { projections: 34_562_048, affinity: 10_444_800, latent: 1_152_000 }); // published 30M
}

#[test]
fn non_local_after_all_levels() {
    let blocks: Vec<(usize, NonLocal)> = LEVELS
        .iter()
        .map(|&(points, channels, _)| (points, NonLocalConfig::default().init(channels, &Device::flex())))
        .collect();
    let params: usize = blocks.iter().map(|(_, b)| b.learned_params()).sum();
    let macs: Macs = blocks.iter().map(|(points, b)| b.macs(*points)).sum();
    assert_eq!(params, 700_640); // published 0.70M
    assert_eq!(macs.projections, 33_554_432); // 33.6M; published 31M
}

/// Weights of the blocks after ResNet's stages 3 to 5, with stride 16 and {150, 100, 50} nodes, without the scales and
/// shifts of normalisations.
fn weights_after(stages: &[usize], kernels: usize, graph_conv: bool) -> usize {
    let of_stage = |&stage: &usize| {
        let (channels, nodes) = [(512, 150), (1024, 100), (2048, 50)][stage - 3];
        let config = LatentGnnConfig::default().with_latent_dims(vec![nodes; kernels]).with_channel_stride(16);
        weights(config.with_graph_conv(graph_conv).init(channels, &Device::flex()))
    };
    stages.iter().map(of_stage).sum()
}

fn weights<M: Module>(module: M) -> usize {
    let mut sum = 0;
    let _ = assign(module, |name, shape| {
        let len = shape.iter().product();
        sum += if name.ends_with("weight") { len } else { 0 };
        vec![0.0; len]
    });
    sum
}

#[test]
fn image_networks() {
    let with = |graph_conv| [1, 2, 3].map(|kernels| weights_after(&[4], kernels, graph_conv));
    assert_eq!(with(false), [209_408, 287_744, 366_080]); // published 0.20M, 0.29M, 0.38M
    assert_eq!(with(true), [213_504, 295_936, 378_368]);
    assert_eq!(weights_after(&[5], 1, false), 799_232); // published 0.81M
    assert_eq!(weights_after(&[5], 1, true), 815_616);
    assert_eq!(weights_after(&[3, 4, 5], 1, false), 1_067_392); // published 1.07M
    assert_eq!(weights_after(&[3, 4, 5], 3, true), 1_890_432); // published 1.89M
    let non_local = NonLocalConfig::default().init(1024, &Device::flex());
    assert_eq!(weights(non_local), 2_097_152); // published 2.09M
}

#[test]
fn products_between_latent_nodes_do_not_depend_on_the_points() {
    let block = LatentGnnConfig::default().init(128, &Device::flex());
    let (one, two) = (block.macs(1000), block.macs(2000));
    assert_eq!((2 * one.projections, 2 * one.affinity, one.latent), (two.projections, two.affinity, two.latent));
    assert_eq!(one.latent, 2 * 100 * 100 * 32);
}

#[test]
fn non_local_is_quadratic_and_fewer_keys_cost_less() {
    let block = |sub_sample| NonLocalConfig::default().with_sub_sample(sub_sample).init(64, &Device::flex());
    assert_eq!(4 * block(1).macs(1000).affinity, block(1).macs(2000).affinity);
    assert_eq!(block(4).macs(1000).affinity, 2 * 1000 * 250 * 32);
    assert_eq!(block(4).macs(1000).projections, (2 * 1000 + 2 * 250) * 64 * 32);
}
