//! Statistics of prepared scenes and splits.

use crate::error::{Problem, Result};
use crate::preprocess::class_counts;
use crate::splits::Split;
use crate::store::{PreparedStore, Scene};
use pointops::{IndexKind, NeighborIndex};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Points looked at for the spacing.
const SAMPLE: usize = 2000;

/// Statistics of one scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneStats {
    /// Scene.
    pub id: String,
    /// Number of points.
    pub points: usize,
    /// Lowest corner of the bounding box, metres.
    pub min: [f32; 3],
    /// Highest corner of the bounding box, metres.
    pub max: [f32; 3],
    /// Median distance of a point to the nearest point elsewhere, metres, over 2000 points taken at regular steps; 0
    /// for a single point.
    pub spacing: f32,
    /// Points of each of the 20 classes; absent without labels.
    pub classes: Option<Vec<u64>>,
    /// Points outside the 20 classes.
    pub ignored: Option<u64>,
    /// Points of no object; absent without instances.
    pub unannotated: Option<u64>,
    /// Objects.
    pub instances: Option<usize>,
}

impl SceneStats {
    /// Computes them; the cost is that of the spacing's nearest-neighbour index.
    ///
    /// # Errors
    /// A scene without points or with coordinates that are not finite; stores do not load such scenes.
    pub fn of(scene: &Scene) -> Result<Self, Problem> {
        let points = scene.coord.len();
        let (mut min, mut max) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for p in &scene.coord {
            for k in 0..3 {
                min[k] = min[k].min(p[k]);
                max[k] = max[k].max(p[k]);
            }
        }
        let classes = scene.segment20.as_deref().map(class_counts);
        let instances = scene.instance.as_ref().map(|i| {
            let mut ids: Vec<i32> = i.iter().copied().filter(|&v| v >= 0).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.len()
        });
        Ok(SceneStats {
            id: scene.id.clone(),
            points,
            min,
            max,
            spacing: spacing(&scene.coord)?,
            ignored: classes.as_ref().map(|c| points as u64 - c.iter().sum::<u64>()),
            classes,
            unannotated: scene.instance.as_ref().map(|i| i.iter().filter(|&&v| v == -1).count() as u64),
            instances,
        })
    }
}

fn spacing(coord: &[[f32; 3]]) -> Result<f32, Problem> {
    let bad = |e: pointops::PointError| Problem::Mismatch(format!("{e}; prepare the scene again"));
    if coord.len() < 2 {
        return Ok(0.0);
    }
    let step = coord.len().div_ceil(SAMPLE);
    let sample: Vec<[f32; 3]> = coord.iter().copied().step_by(step).collect();
    // Exact duplicates are at distance 0, so look past the nearest other point.
    let k = coord.len().min(4);
    let near = NeighborIndex::build(coord, IndexKind::Auto).and_then(|i| i.knn(&sample, k)).map_err(bad)?;
    let nearest = |d: &[f32]| d.iter().copied().find(|&d| d > 0.0).unwrap_or(0.0).sqrt();
    let mut distances: Vec<f32> = near.squared_distances.chunks_exact(k).map(nearest).collect();
    distances.sort_unstable_by(f32::total_cmp);
    Ok(distances[distances.len() / 2])
}

/// Statistics of a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitStats {
    /// Split.
    pub split: Split,
    /// Number of points, all scenes together.
    pub points: u64,
    /// Fewest and most points of a scene.
    pub points_range: [usize; 2],
    /// Points of each of the 20 classes, over scenes with labels.
    pub classes: Vec<u64>,
    /// Points outside the 20 classes, over scenes with labels.
    pub ignored: u64,
    /// Points of no object, over scenes with instances.
    pub unannotated: u64,
    /// Median spacing of the scenes, metres.
    pub spacing: f32,
    /// Largest extent of a scene along x, y and z, metres.
    pub largest_extent: [f32; 3],
    /// Every scene, in the store's order.
    pub scenes: Vec<SceneStats>,
}

/// Statistics of all scenes of a split, on the current rayon pool; the same at any number of threads.
///
/// # Errors
/// The first scene, in the store's order, that cannot be loaded; a split without scenes.
pub fn split_stats(store: &PreparedStore, split: Split) -> Result<SplitStats> {
    let one = |id: &String| -> Result<SceneStats> {
        let scene = store.load(split, id)?;
        SceneStats::of(&scene).map_err(|p| p.at(store.dir().join(split.name()).join(id)))
    };
    let scenes = store.scenes(split).par_iter().map(one).collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>>>()?;
    if scenes.is_empty() {
        let remedy = "choose another split".to_owned();
        return Err(Problem::NotFound { what: format!("{split} scenes"), remedy }.at(store.dir()));
    }
    let mut classes = vec![0; 20];
    for counts in scenes.iter().filter_map(|s| s.classes.as_ref()) {
        classes.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
    }
    let mut spacings: Vec<f32> = scenes.iter().map(|s| s.spacing).collect();
    spacings.sort_unstable_by(f32::total_cmp);
    let extent = |k: usize| scenes.iter().map(|s| s.max[k] - s.min[k]).fold(0.0, f32::max);
    let sizes = || scenes.iter().map(|s| s.points);
    Ok(SplitStats {
        split,
        points: sizes().map(|n| n as u64).sum(),
        points_range: [sizes().min().unwrap_or(0), sizes().max().unwrap_or(0)],
        classes,
        ignored: scenes.iter().filter_map(|s| s.ignored).sum(),
        unannotated: scenes.iter().filter_map(|s| s.unannotated).sum(),
        spacing: spacings[spacings.len() / 2],
        largest_extent: [0, 1, 2].map(extent),
        scenes,
    })
}
