//! Numbers of parameters and multiply-accumulates match the published figures.

use burn::tensor::Device;
use latentgnn::{LatentGnn, LatentGnnConfig, Macs, NonLocal, NonLocalConfig};

/// Numbers of points and channels after the set abstractions of single-scale PointNet++ on 8192 points.
const LEVELS: [(usize, usize); 4] = [(1024, 64), (256, 128), (64, 256), (16, 512)];

fn latent_gnn(levels: &[(usize, usize)], latent_dims: &[usize]) -> (usize, Macs) {
    let blocks: Vec<(usize, LatentGnn)> = levels
        .iter()
        .map(|&(points, channels)| {
            (points, LatentGnnConfig::default().with_latent_dims(latent_dims.to_vec()).init(channels, &Device::flex()))
        })
        .collect();
    (blocks.iter().map(|(_, b)| b.learned_params()).sum(), blocks.iter().map(|(points, b)| b.macs(*points)).sum())
}

#[test]
fn one_kernel_after_levels_2_to_4() {
    let (params, macs) = latent_gnn(&LEVELS[1..], &[100]);
    assert_eq!(params, 306_739); // published 0.31M
    assert_eq!(macs.projections + macs.affinity, 15_171_584); // published 15M
}

#[test]
fn three_kernels_after_levels_2_to_4() {
    let (params, macs) = latent_gnn(&LEVELS[1..], &[80, 80, 80]);
    assert_eq!(params, 543_171); // published 0.54M
    assert_eq!(macs.projections + macs.affinity, 29_491_200); // published 30M
}

#[test]
fn one_kernel_after_all_levels() {
    let (params, macs) = latent_gnn(&LEVELS, &[100]);
    assert_eq!(params, 313_604); // 0.314M
    assert_eq!(macs.projections, 18_726_912); // 18.7M
}

#[test]
fn non_local_after_all_levels() {
    let blocks: Vec<(usize, NonLocal)> = LEVELS
        .iter()
        .map(|&(points, channels)| (points, NonLocalConfig::default().init(channels, &Device::flex())))
        .collect();
    let params: usize = blocks.iter().map(|(_, b)| b.learned_params()).sum();
    let macs: Macs = blocks.iter().map(|(points, b)| b.macs(*points)).sum();
    assert_eq!(params, 700_640); // published 0.70M
    assert_eq!(macs.projections, 33_554_432); // 33.6M; published 31M
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
