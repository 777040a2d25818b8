//! A scene as networks want it: coordinates, the chosen features, labels in PointNet++'s order.

use crate::config::{DataConfig, Feature};
use scannet::{Parts, PreparedStore, Scene, Split};

/// Points of one scene.
#[derive(Debug, Clone)]
pub struct ScenePoints {
    /// Name of the scene.
    pub id: String,
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Features, `[points · channels]`, one point after another.
    pub features: Vec<f32>,
    /// Channels of a point's features.
    pub channels: usize,
    /// Where among the channels the normal starts, if it is a feature: it turns with the crop.
    pub normal_at: Option<usize>,
    /// Classes, 0 = unannotated ([`scannet::LabelSpace::PointnetV1`]); `None` without annotation.
    pub labels: Option<Vec<i32>>,
}

/// A scene that an experiment cannot use.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The scene cannot be read.
    #[error(transparent)]
    Read(#[from] scannet::Error),
    /// It has not what the configuration wants.
    #[error("scene {id} has no {what}; {remedy}")]
    Lacks {
        /// The scene.
        id: String,
        /// What is missing.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// So wide that the columns which cover it are beyond all measure: not in metres, or a stray vertex.
    #[error(
        "scene {id} is {:.0} × {:.0} m wide: more than {MOST_COLUMNS} columns of {size} m; give coordinates in metres without stray \
         vertices, or set a larger crop.size",
        width[0],
        width[1]
    )]
    TooWide {
        /// The scene.
        id: String,
        /// Width along x and y.
        width: [f32; 2],
        /// Side of a column.
        size: f32,
    },
}

/// A city block of columns 1.5 m wide. A room has a few dozen.
const MOST_COLUMNS: f32 = 10_000.0;

/// What of a scene is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Annotated scenes for training and tile evaluation; `drop_unassigned` applies.
    Annotated,
    /// Every vertex, with labels if there are any.
    EveryVertex,
}

impl ScenePoints {
    /// Reads a scene of a prepared store.
    pub(crate) fn load(
        store: &PreparedStore,
        split: Split,
        id: &str,
        config: &DataConfig,
        wanted: Use,
    ) -> Result<Self, SceneError> {
        let parts = Parts {
            color: config.features.contains(&Feature::Color),
            normal: config.features.contains(&Feature::Normal),
            segment20: true,
            segment200: false,
            instance: wanted == Use::Annotated && config.drop_unassigned,
        };
        let mut scene = store.load_parts(split, id, parts)?;
        let instance = scene.instance.take();
        let mut points = ScenePoints::new(scene, config)?;
        if wanted == Use::Annotated {
            if points.labels.is_none() {
                return Err(lacks(id, "labels", "choose an annotated split (train or val)"));
            }
            if config.drop_unassigned {
                let instance = instance.ok_or_else(|| {
                    lacks(id, "instances", "prepare it with instances or set data.drop_unassigned = false")
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
    pub(crate) fn new(scene: Scene, config: &DataConfig) -> Result<Self, SceneError> {
        let labels = scene.segment_pointnet_v1();
        let n = scene.coord.len();
        let channels = config.channels();
        let mut features = vec![0.0; n * channels];
        let mut normal_at = None;
        let mut first = 0;
        for feature in &config.features {
            let own = features.chunks_exact_mut(channels).map(|point| &mut point[first..]);
            match feature {
                Feature::Color => {
                    let color = scene.color.as_ref().ok_or_else(|| {
                        lacks(&scene.id, "colour", "give scans with red, green and blue, or take \"color\" out of data.features and train again")
                    })?;
                    own.zip(color).for_each(|(own, color)| own[..3].copy_from_slice(&color.map(|c| c / 127.5 - 1.0)));
                }
                Feature::Normal => {
                    let normal = scene.normal.as_ref().ok_or_else(|| {
                        lacks(&scene.id, "normals", "prepare it with normals or take \"normal\" out of data.features")
                    })?;
                    own.zip(normal).for_each(|(own, normal)| own[..3].copy_from_slice(normal));
                    normal_at = Some(first);
                }
                Feature::Height => {
                    let floor = scene.coord.iter().map(|p| p[2]).fold(f32::INFINITY, f32::min);
                    own.zip(&scene.coord).for_each(|(own, p)| own[0] = p[2] - floor);
                }
            }
            first += feature.channels();
        }
        Ok(ScenePoints { id: scene.id, coord: scene.coord, features, channels, normal_at, labels })
    }

    /// Refuses scenes that would take for ever to cover with columns of some size.
    pub(crate) fn check_width(&self, size: f32) -> Result<(), SceneError> {
        let (low, high) = self.extent();
        let width = [high[0] - low[0], high[1] - low[1]];
        let columns = (width[0] / size).ceil().max(1.0) * (width[1] / size).ceil().max(1.0);
        if columns <= MOST_COLUMNS {
            return Ok(());
        }
        Err(SceneError::TooWide { id: self.id.clone(), width, size })
    }

    /// Keeps some points, where they are in memory: crops are made of scenes again and again.
    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let channels = self.channels;
        let mut kept = 0;
        for i in 0..self.coord.len() {
            if !keep(i) {
                continue;
            }
            self.coord[kept] = self.coord[i];
            self.features.copy_within(i * channels..(i + 1) * channels, kept * channels);
            if let Some(labels) = &mut self.labels {
                labels[kept] = labels[i];
            }
            kept += 1;
        }
        self.coord.truncate(kept);
        self.features.truncate(kept * channels);
        if let Some(labels) = &mut self.labels {
            labels.truncate(kept);
        }
    }

    /// Lowest and highest coordinate along each axis.
    pub(crate) fn extent(&self) -> ([f32; 3], [f32; 3]) {
        let mut extent = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for point in &self.coord {
            for (axis, &value) in point.iter().enumerate() {
                // not `f32::min`, which asks for NaN first; there is none in a scene
                extent.0[axis] = if value < extent.0[axis] { value } else { extent.0[axis] };
                extent.1[axis] = if value > extent.1[axis] { value } else { extent.1[axis] };
            }
        }
        extent
    }
}

fn lacks(scene: &str, what: &'static str, remedy: &'static str) -> SceneError {
    SceneError::Lacks { id: scene.to_owned(), what, remedy }
}
