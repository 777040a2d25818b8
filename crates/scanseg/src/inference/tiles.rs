//! Scenes under protocols that score tiles of drawn points.

use super::vertices::label_vertices;
use super::{best_output, forward};
use crate::config::{Config, CropConfig, Tiling};
use crate::error::Result;
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::sampling::{ColumnIndex, Tile, columns, draw_tile};
use crate::scene::ScenePoints;
use burn::tensor::Device;
use segeval::Evaluator;

/// Class indices of the points of some tiles, `[tiles][points]`.
type Classes = Vec<Vec<i32>>;

/// Adds a scene to a protocol that scores tiles: the network's classes of its tiles where the configuration says so, or
/// those that it gave the vertices of the scene.
pub(super) fn add_scene(
    evaluator: &mut Evaluator,
    network: &Network,
    config: &Config,
    scene: &ScenePoints,
    number: u64,
    device: &Device,
) -> Result<()> {
    let labels = &config.data.labels;
    if config.evaluate.tiling == Tiling::Protocol {
        let class = |scores: &[f32]| labels.class_of(best_output(scores, 0));
        let classes = |tiles: &[Tile]| {
            let scores = forward::scores(network, tiles, config, device)?;
            Ok(scores.iter().map(|tile| tile.chunks_exact(labels.outputs()).map(class).collect()).collect())
        };
        return add_tiles(evaluator, config, &config.tiles(), scene, number, &classes);
    }
    let predicted = label_vertices(network, config, scene, device, &mut |_, _| {})?.classes;
    let classes = |tiles: &[Tile]| {
        Ok(tiles.iter().map(|tile| tile.points.iter().map(|&point| predicted[point]).collect()).collect())
    };
    add_tiles(evaluator, config, &CropConfig::default(), scene, number, &classes)
}

/// Scores the classes of the drawn points of a scene's tiles, cut by `crop`. `classes` gives those of some tiles.
fn add_tiles(
    evaluator: &mut Evaluator,
    config: &Config,
    crop: &CropConfig,
    scene: &ScenePoints,
    number: u64,
    classes: &dyn Fn(&[Tile]) -> Result<Classes>,
) -> Result<()> {
    let truth = scene.classes.as_ref().expect("scenes for tiles are annotated");
    let columns: Vec<_> = columns(scene, crop.size)?.into_iter().enumerate().collect();
    let index = ColumnIndex::new(scene, crop.size + 2.0 * crop.margin);
    for some in columns.chunks(config.evaluate.batch) {
        let tiles: Vec<_> = some
            .iter()
            .filter_map(|&(place, column)| {
                let mut rng = generator(config.seed, Purpose::Tile, &[number, place as u64]);
                let points = index.points(&column, crop.margin);
                draw_tile(scene, points, column, crop, config.evaluate.min_core, &mut rng)
            })
            .collect();
        if tiles.is_empty() {
            continue;
        }
        for (tile, prediction) in tiles.iter().zip(classes(&tiles)?) {
            let coord: Vec<[f32; 3]> = tile.points.iter().map(|&p| scene.coord[p]).collect();
            let truth: Vec<i32> = tile.points.iter().map(|&p| truth[p]).collect();
            evaluator.add_tile(&segeval::Tile {
                coord: &coord,
                truth: &truth,
                prediction: &prediction,
                core: &tile.core,
            })?;
        }
    }
    evaluator.end_scene();
    Ok(())
}
