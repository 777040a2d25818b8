//! Statistics of prepared scenes and splits.

use crate::error::{Problem, Result};
use crate::splits::Split;
use crate::store::{Arrays, PreparedStore, Scene};
use labelset::LabelSet;
use pointops::{IndexKind, NeighborIndex};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Number of points that the spacing is measured at.
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
    /// Median distance of a point to the nearest point at another place, in metres, over 2000 points at regular steps;
    /// 0 for a single point.
    pub spacing: f32,
    /// Number of points of each class of the label set; `None` without labels.
    pub classes: Option<Vec<u64>>,
    /// Number of points without a class.
    pub ignored: Option<u64>,
    /// Number of points of no object; `None` without instances.
    pub unannotated: Option<u64>,
    /// Number of objects.
    pub instances: Option<usize>,
}

impl SceneStats {
    /// Computes the statistics of a scene whose `segment` has classes of `labels`. Most of the time goes into the
    /// nearest-neighbour index for the spacing.
    ///
    /// # Errors
    /// The scene has no points, or coordinates that are not finite; stores do not load such scenes.
    pub fn of(scene: &Scene, labels: &LabelSet) -> Result<Self, Problem> {
        let points = scene.coord.len();
        let (min, max) = pointops::bounds(&scene.coord);
        let classes = scene.segment.as_deref().map(|classes| class_counts(classes, labels.len()));
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

/// Number of points of each class.
pub(crate) fn class_counts(classes: &[i32], len: usize) -> Vec<u64> {
    let mut counts = vec![0; len];
    for &class in classes {
        if let Some(count) = usize::try_from(class).ok().and_then(|i| counts.get_mut(i)) {
            *count += 1;
        }
    }
    counts
}

fn spacing(coord: &[[f32; 3]]) -> Result<f32, Problem> {
    let bad = |e: pointops::PointError| Problem::mismatch(e.to_string(), "prepare the scene again");
    if coord.len() < 2 {
        return Ok(0.0);
    }
    let step = coord.len().div_ceil(SAMPLE);
    let sample: Vec<[f32; 3]> = coord.iter().copied().step_by(step).collect();
    // Duplicates are at distance 0, so look past them.
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
    /// Number of points of all scenes.
    pub points: u64,
    /// Smallest and largest number of points of a scene.
    pub points_range: [usize; 2],
    /// Number of points of each class of the label set, over scenes with labels.
    pub classes: Vec<u64>,
    /// Number of points without a class, over scenes with labels.
    pub ignored: u64,
    /// Number of points of no object, over scenes with instances.
    pub unannotated: u64,
    /// Median spacing of the scenes, metres.
    pub spacing: f32,
    /// Largest extent of a scene along x, y and z, metres.
    pub largest_extent: [f32; 3],
    /// Every scene, in the store's order.
    pub scenes: Vec<SceneStats>,
}

/// Computes the statistics of all scenes of a split on the current rayon pool, and calls `scene_done` after each of them.
/// The result does not depend on the number of threads.
///
/// # Errors
/// A scene cannot be loaded (the first one in the store's order is reported), or the split has no scenes.
pub fn split_stats(
    store: &PreparedStore,
    split: Split,
    labels: &LabelSet,
    scene_done: &(dyn Fn() + Sync),
) -> Result<SplitStats> {
    let arrays = Arrays { labels: Some(labels), instance: true, ..Arrays::default() };
    let one = |id: &String| -> Result<SceneStats> {
        let scene = store.load_arrays(split, id, &arrays)?;
        let stats = SceneStats::of(&scene, labels).map_err(|p| p.at(store.dir().join(split.name()).join(id)));
        scene_done();
        stats
    };
    let scenes = store.scenes(split).par_iter().map(one).collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>>>()?;
    if scenes.is_empty() {
        return Err(Problem::not_found(format!("{split} scenes"), "choose another split").at(store.dir()));
    }
    let mut classes = vec![0; labels.len()];
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
