//! A class for every vertex of a scene.

use super::segments::Segments;
use super::{ProgressFn, best_output, forward};
use crate::config::{Config, Tiling};
use crate::error::Result;
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::sampling::{Column, ColumnIndex, Tile, cover_column, grids, rotate};
use crate::scene::ScenePoints;
use burn::tensor::Device;
use rand::RngExt;
use std::f32::consts::TAU;

/// What a network says about every vertex.
pub(super) struct Labelled {
    /// Class indices.
    pub classes: Vec<i32>,
    /// The mean probability of each of these classes, which decided.
    pub confidence: Vec<f32>,
}

/// A class for every vertex, by the configuration's tiling: in each grid of columns the class with the largest mean
/// probability over all draws of the vertex, and over its segments with `evaluate.segments`; of several grids the answer
/// with the larger one. "Unannotated" is an answer only with `evaluate.none`, where it is at least that probable. A network
/// that scores scenes does so instead of seeing the tiles of disjoint columns.
///
/// Memory: `evaluate.batch` tiles in the network, one score per output and vertex, and with `evaluate.segments` about
/// 200 bytes for each point of the thinned scene.
pub(super) fn label_vertices(
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    device: &Device,
    progress: ProgressFn,
) -> Result<Labelled> {
    let labels = &config.data.labels;
    let first = usize::from(labels.unannotated_output());
    let least = config.evaluate.none.filter(|_| labels.unannotated_output());
    let mut best = vec![(0, f32::NEG_INFINITY); scene.coord.len()];
    let grids = grids(scene, config.crop.size, config.evaluate.tiling)?;
    let segments = Segments::new(&scene.coord, &config.evaluate.segments);
    let mut answer = |mut sums: Vec<f32>| {
        segments.add_means(&mut sums, labels.outputs());
        for (best, sums) in best.iter_mut().zip(sums.chunks_exact(labels.outputs())) {
            let total = sums.iter().sum::<f32>();
            let none = least.is_some_and(|least| sums[0] >= least * total);
            let output = if none { 0 } else { best_output(sums, first) };
            let probability = sums[output] / total;
            if probability > best.1 {
                *best = (output, probability);
            }
        }
    };
    if scores_scenes(config)
        && let Some(scores) = forward::scene_scores(network, scene, grids[0][0].low, device, progress)?
    {
        let mut sums = vec![0.0; scores.len()];
        for (sums, scores) in sums.chunks_exact_mut(labels.outputs()).zip(scores.chunks_exact(labels.outputs())) {
            add_probabilities(sums, scores, 1.0);
        }
        answer(sums);
    } else {
        let (mut done, all) = (0, grids.iter().map(Vec::len).sum());
        for (number, grid) in grids.iter().enumerate() {
            answer(add_grid(network, config, scene, grid, number as u64, device, &mut || {
                done += 1;
                progress(done, all);
            })?);
        }
    }
    let (classes, confidence) = best.into_iter().map(|(output, mean)| (labels.class_of(output), mean)).unzip();
    Ok(Labelled { classes, confidence })
}

/// Whether the network scores whole scenes, and the tiling lets it.
fn scores_scenes(config: &Config) -> bool {
    let disjoint = matches!(config.evaluate.tiling, Tiling::Protocol | Tiling::Disjoint);
    disjoint && config.model.architecture().scores_scenes()
}

/// How many points a network sees to label every vertex of a scene, up to what `crop.voxel` adds: those of its tiles, or
/// of the scene if it scores that.
pub(super) fn count_points(config: &Config, scene: &ScenePoints) -> Result<usize> {
    if scores_scenes(config) {
        return Ok(scene.coord.len());
    }
    let crop = config.tiles();
    let index = ColumnIndex::new(scene, crop.size + 2.0 * crop.margin);
    let grids = grids(scene, config.crop.size, config.evaluate.tiling)?;
    let points = grids.iter().flatten().map(|column| index.points(column, crop.margin).len());
    Ok(points.map(|points| points.next_multiple_of(crop.points)).sum())
}

/// Sums of the probabilities over all draws of every vertex in the columns of one grid, `[vertices · outputs]`.
fn add_grid(
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    columns: &[Column],
    grid: u64,
    device: &Device,
    column_done: &mut dyn FnMut(),
) -> Result<Vec<f32>> {
    let (outputs, crop) = (config.data.labels.outputs(), config.tiles());
    let blended = config.evaluate.tiling == Tiling::Blended;
    let mut sums = vec![0f32; scene.coord.len() * outputs];
    let mut add = |tiles: &mut Vec<Tile>| -> Result<()> {
        for (tile, scores) in tiles.iter().zip(forward::scores(network, tiles, config, device)?) {
            for ((i, &point), scores) in tile.points.iter().enumerate().zip(scores.chunks_exact(outputs)) {
                if tile.core[i] {
                    let weight = if blended { weight(tile.input.coord[i], crop.size) } else { 1.0 };
                    add_probabilities(&mut sums[point * outputs..][..outputs], scores, weight);
                }
            }
        }
        tiles.clear();
        Ok(())
    };
    let index = ColumnIndex::new(scene, crop.size + 2.0 * crop.margin);
    let mut waiting = Vec::new();
    for (place, &column) in columns.iter().enumerate() {
        // tiles of evaluations have the number of their scene instead
        let mut rng = generator(config.seed, Purpose::Tile, &[u64::MAX - grid, place as u64]);
        for mut tile in cover_column(scene, index.points(&column, crop.margin), column, &crop, &mut rng) {
            if blended {
                rotate(&mut tile.input, [0.0, 0.0, rng.random_range(0.0..TAU)]);
            }
            waiting.push(tile);
            if waiting.len() == config.evaluate.batch {
                add(&mut waiting)?;
            }
        }
        column_done();
    }
    if !waiting.is_empty() {
        add(&mut waiting)?;
    }
    Ok(sums)
}

/// How much a draw counts in a blend of columns of a size; its coordinates are relative to their middle.
fn weight([x, y, _]: [f32; 3], size: f32) -> f32 {
    1.0 - 0.9 * ((x * x + y * y).sqrt() / (size / 2.0)).min(1.0)
}

/// Adds the softmax of the scores, times a weight.
fn add_probabilities(sums: &mut [f32], scores: &[f32], weight: f32) {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let exponentials: Vec<f32> = scores.iter().map(|s| (s - largest).exp()).collect();
    let total: f32 = exponentials.iter().sum();
    sums.iter_mut().zip(exponentials).for_each(|(sum, e)| *sum += weight * e / total);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CropConfig, EvaluateConfig};
    use crate::scene::tests::scene;
    use labelset::NO_CLASS;
    use std::path::Path;

    const EXPERIMENT: &str = "
        crop = { points = 200, size = 1.0, margin = 0.1 }
        model = { kind = \"pointnet\", local = [8], global = [16], head = [8] }
        evaluate = { batch = 3 }";

    /// The same by the definition of a tiling, one tile after another; columns are 1 m wide.
    fn by_definition(network: &Network, config: &Config, scene: &ScenePoints, device: &Device) -> Vec<(i32, f64)> {
        let (outputs, crop) = (config.data.labels.outputs(), config.tiles());
        let mut best = vec![(0, 0.0); scene.coord.len()];
        for (number, grid) in grids(scene, crop.size, config.evaluate.tiling).unwrap().iter().enumerate() {
            let mut draws = vec![Vec::new(); scene.coord.len()];
            for (place, column) in grid.iter().enumerate() {
                let mut rng = generator(config.seed, Purpose::Tile, &[u64::MAX - number as u64, place as u64]);
                for tile in cover_column(scene, column.points(scene, crop.margin), *column, &crop, &mut rng) {
                    let (mut coord, mut weights) = (tile.input.coord, vec![1.0; tile.points.len()]);
                    if config.evaluate.tiling == Tiling::Blended {
                        let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
                        for (p, weight) in coord.iter_mut().zip(&mut weights) {
                            *weight = (1.0 - 0.9 * f64::from(p[0]).hypot(p[1].into()) / 0.5).max(0.1);
                            *p = [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]];
                        }
                    }
                    let scores = network.scores(&coord, None, 1, device).unwrap();
                    for (i, &point) in tile.points.iter().enumerate().filter(|(i, _)| tile.core[*i]) {
                        let exponentials: Vec<f64> =
                            scores[i * outputs..][..outputs].iter().map(|s| (*s as f64).exp()).collect();
                        let total: f64 = exponentials.iter().sum();
                        let probabilities: Vec<f64> = exponentials.iter().map(|e| e / total).collect();
                        draws[point].push((weights[i], probabilities));
                    }
                }
            }
            for (best, draws) in best.iter_mut().zip(draws) {
                let total: f64 = draws.iter().map(|(weight, _)| weight).sum();
                let mean = |o: usize| draws.iter().map(|(weight, draw)| weight * draw[o]).sum::<f64>() / total;
                let answer = match config.evaluate.none {
                    Some(least) if mean(0) >= f64::from(least) => (0, mean(0)),
                    _ => (1..outputs).map(|o| (o, mean(o))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap(),
                };
                if answer.1 > best.1 {
                    *best = answer;
                }
            }
        }
        best.iter().map(|(output, mean)| (config.data.labels.class_of(*output), *mean)).collect()
    }

    #[test]
    fn vertices_are_labelled_as_the_tilings_are_defined() {
        // a floor and a wall of 2.4 m
        let coord = (0..2000).map(|i| {
            let (a, b) = ((i % 40) as f32 * 0.06, (i / 2 / 40) as f32 * 0.1);
            if i % 2 == 0 { [a, b, 0.0] } else { [a, 2.4, b] }
        });
        let (scene, device) = (scene(coord.collect()), Device::flex());
        let mut config = Config::parse(EXPERIMENT, Path::new("test.toml"), &[]).unwrap();
        let network = Network::new(&config, &device);
        let mut answers = Vec::new();
        for tiling in [Tiling::Protocol, Tiling::Disjoint, Tiling::Sliding, Tiling::TwoGrids, Tiling::Blended] {
            for (margin, voxel, none) in [(None, 0.0, None), (Some(0.3), 0.1, Some(0.05))] {
                config.evaluate = EvaluateConfig { tiling, margin, none, ..config.evaluate };
                config.crop = CropConfig { voxel, ..config.crop };
                let found = label_vertices(&network, &config, &scene, &device, &mut |_, _| {}).unwrap();
                let expected = by_definition(&network, &config, &scene, &device);
                let other = found.classes.iter().zip(&expected).filter(|(class, (other, _))| *class != other).count();
                // weights are random, and near ties may go either way
                assert!(other <= 20, "{tiling:?}: {other} of {} differ", expected.len());
                for (mean, (_, expected)) in found.confidence.iter().zip(&expected) {
                    assert!((f64::from(*mean) - expected).abs() < 1e-4, "{tiling:?}: {mean} {expected}");
                }
                let unannotated = found.classes.iter().filter(|class| **class == NO_CLASS).count();
                assert_eq!(unannotated > 0, none.is_some(), "{tiling:?}: {unannotated} of 2000");
                answers.push(found.classes);
            }
        }
        assert!(
            answers[0] == answers[2]
                && answers[0] != answers[4]
                && answers[0] != answers[6]
                && answers[4] != answers[8]
        );
    }

    #[test]
    fn a_scene_is_scored_as_its_columns_are() {
        const EXPERIMENT: &str = "
            crop = { points = 900, size = 0.1, margin = 0.5 }
            model = { kind = \"voxelcnn\", cell = 0.1, grid = [11, 11, 16], channels = [4, 4], hidden = 8 }
            evaluate = { tiling = \"disjoint\" }";
        // a floor and a wall off the borders of the columns, and a point in the corner that is below all cells
        let coord = (0..800).map(|i| {
            let (a, b) = ((i % 20) as f32 * 0.1, (i / 2 / 20) as f32 * 0.1);
            if i % 2 == 0 { [a + 0.03, b + 0.04, 0.0] } else { [a + 0.06, 1.97, b] }
        });
        let (scene, device) = (scene(std::iter::once([0.0, 0.0, -5.0]).chain(coord).collect()), Device::flex());
        let config = Config::parse(EXPERIMENT, Path::new("test.toml"), &[]).unwrap();
        assert!(scores_scenes(&config));
        assert_eq!(count_points(&config, &scene).unwrap(), scene.coord.len());
        let network = Network::new(&config, &device);
        let mut calls = 0;
        let found = label_vertices(&network, &config, &scene, &device, &mut |_, _| calls += 1).unwrap();
        assert_eq!(calls, 1);
        let expected = by_definition(&network, &config, &scene, &device);
        for (found, (_, expected)) in found.confidence.iter().zip(&expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} {expected}");
        }
        let same = found.classes.iter().zip(&expected).filter(|(class, (other, _))| *class == other).count();
        assert!(same >= 800, "{same}");
    }
}
