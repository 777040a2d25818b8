//! A scene as input of networks: coordinates, the chosen features, classes.

use crate::config::{DataConfig, Feature};
use crate::sampling::Cells;
use crate::thinned::Thinned;
use labelset::NO_CLASS;
use pointops::VerticalExtent;
use scannet::{Arrays, PreparedStore, Scene, Split};

/// Points of one scene.
#[derive(Debug, Clone)]
pub(crate) struct ScenePoints {
    /// Name of the scene.
    pub id: String,
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Features, `[points · channels]`, one point after another.
    pub features: Vec<f32>,
    /// Where the features of a point are.
    pub layout: FeatureLayout,
    /// Where the floor and the top of the whole scene are, vertices that are left out included.
    pub vertical: VerticalExtent,
    /// Class index of every point, [`NO_CLASS`] where it has none; `None` if the scene is not annotated.
    pub classes: Option<Vec<i32>>,
    /// The cells of its points, if they were numbered beforehand.
    pub cells: Option<Cells>,
}

/// Where the features of a point are, for augmentations: which of its channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FeatureLayout {
    /// Channels of a point's features.
    pub channels: usize,
    /// First channel of the colour, if it is a feature.
    pub color: Option<usize>,
    /// First channel of the normal, if it is a feature: it rotates with the crop.
    pub normal: Option<usize>,
    /// Channel of the height, if it is a feature: it moves with the point.
    pub height: Option<usize>,
    /// First channel of the covariance, if it is a feature: it is transformed with the crop.
    pub covariance: Option<usize>,
}

impl FeatureLayout {
    /// The features of a configuration, in their order.
    pub(crate) fn of(config: &DataConfig) -> Self {
        let mut layout = FeatureLayout::default();
        for feature in &config.features {
            let place = match feature {
                Feature::Color => &mut layout.color,
                Feature::Normal => &mut layout.normal,
                Feature::Height => &mut layout.height,
                Feature::Covariance => &mut layout.covariance,
            };
            *place = Some(layout.channels);
            layout.channels += feature.channels();
        }
        layout
    }
}

/// A scene that an experiment cannot use.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The scene cannot be read.
    #[error(transparent)]
    Read(#[from] scannet::Error),
    /// Something that the configuration needs is missing.
    #[error("scene {id} has no {what}; {remedy}")]
    Lacks {
        /// The scene.
        id: String,
        /// What is missing.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// Too wide to be covered with columns, because it is not in metres or because its points are scattered.
    #[error(
        "scene {id} is {:.0} × {:.0} m wide and needs {columns} columns of {size} m, more than {}; {remedy}",
        width[0],
        width[1],
        most_columns(*size)
    )]
    TooWide {
        /// The scene.
        id: String,
        /// Width along x and y, without stray points.
        width: [f32; 2],
        /// Columns that it needs.
        columns: usize,
        /// Side of a column.
        size: f32,
        /// What to do.
        remedy: String,
    },
}

/// Columns of a size that a scene may need: as many as cover a city block, of which 10,000 of 1.5 m are enough, but never
/// more than a million. A room needs a few dozen of 1.5 m and ten thousand of 5 cm.
pub(crate) fn most_columns(size: f32) -> usize {
    (10_000.0 * (1.5 / size).powi(2)).clamp(10_000.0, 1_000_000.0) as usize
}

/// Which vertices of a scene are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vertices {
    /// Those that training and tile evaluation use: the scene must be annotated, and `drop_unassigned` applies.
    Annotated,
    /// All of them, annotated or not.
    All,
}

impl ScenePoints {
    /// Reads a scene of a prepared store.
    pub(crate) fn load(
        store: &PreparedStore,
        split: Split,
        id: &str,
        config: &DataConfig,
        vertices: Vertices,
    ) -> Result<Self, SceneError> {
        Self::load_changed(store, split, id, config, vertices, |_| ())
    }

    /// Reads a scene of a prepared store and changes it before anything is computed from it.
    pub(crate) fn load_changed(
        store: &PreparedStore,
        split: Split,
        id: &str,
        config: &DataConfig,
        vertices: Vertices,
        change: impl FnOnce(&mut Scene),
    ) -> Result<Self, SceneError> {
        let arrays = Arrays {
            color: config.features.contains(&Feature::Color),
            normal: config.features.contains(&Feature::Normal),
            labels: Some(&config.labels),
            instance: vertices == Vertices::Annotated && config.drop_unassigned,
        };
        let mut scene = store.load_arrays(split, id, &arrays)?;
        let instance = scene.instance.take();
        change(&mut scene);
        let mut points = ScenePoints::new(scene, config)?;
        if vertices == Vertices::Annotated {
            if points.classes.is_none() {
                return Err(lacks_labels(store, split, id, config));
            }
            if config.drop_unassigned {
                let instance = instance.ok_or_else(|| {
                    lacks(id, "instances", "prepare it with instances, or set data.drop_unassigned = false")
                })?;
                points.retain(|i| instance[i] != -1);
            }
            if points.coord.is_empty() {
                return Err(lacks(id, "annotated vertices", "remove it from the split list"));
            }
        }
        Ok(points)
    }

    /// Takes the configured features of a scene, for every vertex.
    pub(crate) fn new(mut scene: Scene, config: &DataConfig) -> Result<Self, SceneError> {
        if config.level
            && let Some(level) = pointops::level(&scene.coord)
        {
            scene.coord.iter_mut().for_each(|p| *p = level.point(*p));
            scene.normal.iter_mut().flatten().for_each(|n| *n = level.direction(*n));
        }
        let n = scene.coord.len();
        let layout = FeatureLayout::of(config);
        let channels = layout.channels;
        let mut features = vec![0.0; n * channels];
        let vertical = pointops::vertical_extent(&scene.coord).expect("a scene has points");
        let mut first = 0;
        for feature in &config.features {
            let own = features.chunks_exact_mut(channels).map(|point| &mut point[first..]);
            match feature {
                Feature::Color => {
                    let color = scene.color.as_ref().ok_or_else(|| {
                        lacks(
                            &scene.id,
                            "colour",
                            "use scans with red, green and blue, or train without \"color\" in data.features",
                        )
                    })?;
                    own.zip(color).for_each(|(own, color)| own[..3].copy_from_slice(&color.map(|c| c / 127.5 - 1.0)));
                }
                Feature::Normal => {
                    let normal = scene.normal.as_ref().ok_or_else(|| {
                        lacks(&scene.id, "normals", "prepare it with normals, or remove \"normal\" from data.features")
                    })?;
                    own.zip(normal).for_each(|(own, normal)| own[..3].copy_from_slice(normal));
                }
                Feature::Height => {
                    own.zip(&scene.coord).for_each(|(own, p)| own[0] = p[2] - vertical.floor);
                }
                Feature::Covariance => {
                    own.zip(covariances(&scene.coord)).for_each(|(own, c)| own[..6].copy_from_slice(&c));
                }
            }
            first += feature.channels();
        }
        let Scene { id, coord, segment: classes, .. } = scene;
        Ok(ScenePoints { id, coord, features, layout, vertical, classes, cells: None })
    }

    /// Keeps some points, in place because scenes are loaded for every crop.
    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let channels = self.layout.channels;
        let mut kept = 0;
        for i in 0..self.coord.len() {
            if !keep(i) {
                continue;
            }
            self.coord[kept] = self.coord[i];
            self.features.copy_within(i * channels..(i + 1) * channels, kept * channels);
            if let Some(classes) = &mut self.classes {
                classes[kept] = classes[i];
            }
            kept += 1;
        }
        self.coord.truncate(kept);
        self.features.truncate(kept * channels);
        if let Some(classes) = &mut self.classes {
            classes.truncate(kept);
        }
    }

    /// Whether a point has a class.
    pub(crate) fn annotated(&self, point: usize) -> bool {
        self.classes.as_ref().is_some_and(|classes| classes[point] != NO_CLASS)
    }
}

/// [`Feature::Covariance`] of every point of a scene.
fn covariances(coord: &[[f32; 3]]) -> Vec<[f32; 6]> {
    const NEIGHBORS: usize = 16;
    let Thinned { points, of } = Thinned::new(coord);
    let covariance = pointops::covariances(&points, points.len().min(NEIGHBORS)).expect("a scene has finite points");
    of.into_iter().map(|point| covariance[point as usize]).collect()
}

fn lacks(scene: &str, what: impl Into<String>, remedy: impl Into<String>) -> SceneError {
    SceneError::Lacks { id: scene.to_owned(), what: what.into(), remedy: remedy.into() }
}

/// The error for a scene without the label set's array, with the remedy that fits.
pub(crate) fn lacks_labels(store: &PreparedStore, split: Split, id: &str, config: &DataConfig) -> SceneError {
    let (labels, wanted, dir) = (&config.labels, config.labels.segment(), store.dir().display());
    let (own, has) = (store.dir().join("labels.toml"), |array| store.has_array(split, id, array));
    let remedy = if wanted == "segment40" && has("segment20") {
        format!("prepare the store again with --nyu40: {dir}")
    } else if has("segment") && own.is_file() && !labels.is_file_path() {
        format!("the store has classes of its own; train with data.labels={}", own.display())
    } else if has("segment") && wanted != "segment" {
        format!("describe the classes of its segment.npy in a TOML file for data.labels: {dir}")
    } else {
        format!("give it this array, leave it out of the {split} split, or choose an annotated split: {dir}")
    };
    lacks(id, format!("labels of {} ({wanted}.npy)", labels.name()), remedy)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A scene of points alone.
    pub(crate) fn scene(coord: Vec<[f32; 3]>) -> ScenePoints {
        let vertical = pointops::vertical_extent(&coord).unwrap();
        let (id, layout) = ("scene".into(), FeatureLayout::default());
        ScenePoints { id, coord, features: Vec::new(), layout, vertical, classes: None, cells: None }
    }

    #[test]
    fn a_city_block_has_room_and_small_columns_have_more() {
        assert_eq!([1.5, 30.0, 0.75, 0.048, 1e-6].map(most_columns), [10_000, 10_000, 40_000, 1_000_000, 1_000_000]);
    }

    #[test]
    fn covariances_tell_floors_from_walls_at_any_density() {
        let sheet = |spacing: f32, wall: bool| {
            let side = (1.0 / spacing) as i32;
            let at = move |i: i32| (i % side, i / side);
            (0..side * side).map(at).map(move |(u, v)| {
                let (u, v) = (u as f32 * spacing, v as f32 * spacing);
                if wall { [5.0, u, v] } else { [u, v, 0.0] }
            })
        };
        for spacing in [0.01, 0.03, 0.06] {
            let floors = (1.0 / spacing) as usize * (1.0 / spacing) as usize;
            let coord: Vec<[f32; 3]> = sheet(spacing, false).chain(sheet(spacing, true)).collect();
            for (i, [xx, yy, zz, ..]) in covariances(&coord).into_iter().enumerate() {
                let across = if i < floors { zz } else { xx };
                assert!(across < 1e-3 && (xx + yy + zz - 1.0).abs() < 1e-5, "{spacing} {i}: {xx} {yy} {zz}");
            }
        }
        assert_eq!(covariances(&[[1.0, 2.0, 3.0]]), [[0.0; 6]]);
        // more voxels along an axis than can be numbered
        let far = [[0.0, 0.0, 0.0], [2e9, 0.0, 0.0]];
        assert_eq!(covariances(&far), [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]; 2]);
    }
}
