//! Collects counts, tile by tile or scene by scene.

use crate::batches::{POINTNET2_BATCH_SIZE, scored_tiles};
use crate::scoring::{SceneMatrices, recorded_name, score};
use crate::{ConfusionMatrix, Counts, EvalError, Protocol, SceneCounts, SceneScores, Scores, voxel};
use labelset::{LabelSet, NO_CLASS};
use std::ops::Range;

/// The points sampled for one tile of a scene, in the order sampled, with their truth and prediction.
///
/// All four arrays have one entry per point. Truth and prediction are class indices of the evaluator's label set, or
/// [`NO_CLASS`].
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// Coordinates in metres, `[N]`.
    pub coord: &'a [[f32; 3]],
    /// True classes, `[N]`.
    pub truth: &'a [i32],
    /// Predicted classes, `[N]`.
    pub prediction: &'a [i32],
    /// Whether the point lies in the tile itself, and not in the margin that only gives context, `[N]`.
    pub core: &'a [bool],
}

/// Collects what a protocol needs, and computes its scores.
///
/// Truth and prediction are class indices of a [`LabelSet`]. Truth of [`NO_CLASS`] is ignored; a prediction of
/// [`NO_CLASS`] is wrong, and a false positive of no class.
///
/// Evaluators of parts can run in parallel and be merged in order: the result is that of one evaluator that was given
/// everything in that order. An evaluator keeps a short list of counts per tile (or per scene, for vertices), not the
/// points.
///
/// ```
/// use labelset::{LabelSet, NO_CLASS};
/// use segeval::{Evaluator, Protocol, Tile};
///
/// let mut evaluator = Evaluator::new(Protocol::PointNet2V1, &LabelSet::pointnet_v1());
/// evaluator.add_tile(&Tile {
///     coord: &[[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.5, 0.001, 0.0]],
///     truth: &[0, 1, NO_CLASS],
///     prediction: &[0, 2, 1],
///     core: &[true, true, true],
/// })?;
/// evaluator.end_scene();
/// let scores = evaluator.finish()?;
/// assert_eq!(scores.point_accuracy(), Some(0.5));
/// # Ok::<(), segeval::EvalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluator {
    protocol: Protocol,
    labels: LabelSet,
    batch_size: usize,
    /// One per tile, or one per scene if vertices are scored.
    items: Vec<ItemCounts>,
    /// Number of items up to the end of each scene, ascending.
    scene_ends: Vec<usize>,
    input: Option<Input>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Tiles,
    Vertices,
}

impl Input {
    fn name(self) -> &'static str {
        match self {
            Self::Tiles => "tiles",
            Self::Vertices => "vertices",
        }
    }
}

/// Cells of a confusion matrix that are not zero.
type Cells = Vec<([usize; 2], u64)>;

/// Counts of a tile or scene.
#[derive(Clone, Debug, Default)]
struct ItemCounts {
    points: Cells,
    voxels: Cells,
}

impl Evaluator {
    /// An evaluator without any counts, for the classes of a label set.
    pub fn new(protocol: Protocol, labels: &LabelSet) -> Self {
        Self {
            protocol,
            labels: labels.clone(),
            batch_size: POINTNET2_BATCH_SIZE,
            items: Vec::new(),
            scene_ends: Vec::new(),
            input: None,
        }
    }

    /// Sets the number of tiles per batch, 32 by default. It only matters to `pointnet2-v1-compat`, where tiles that do
    /// not fill a batch are never scored.
    ///
    /// # Errors
    /// [`EvalError::ZeroBatchSize`].
    pub fn with_batch_size(mut self, tiles: usize) -> Result<Self, EvalError> {
        if tiles == 0 {
            return Err(EvalError::ZeroBatchSize);
        }
        self.batch_size = tiles;
        Ok(self)
    }

    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The label set.
    pub fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// Adds a tile to the current scene. Points outside the core are ignored. O(N).
    ///
    /// # Errors
    /// The protocol scores vertices, the four arrays differ in length, a coordinate is not finite, or a class index is
    /// neither a class of the label set nor [`NO_CLASS`].
    pub fn add_tile(&mut self, tile: &Tile<'_>) -> Result<(), EvalError> {
        self.accept(Input::Tiles)?;
        let points = tile.coord.len();
        check_length("truth", tile.truth.len(), points)?;
        check_length("prediction", tile.prediction.len(), points)?;
        check_length("core", tile.core.len(), points)?;
        if let Some(index) = tile.coord.iter().position(|p| !p.iter().all(|x| x.is_finite())) {
            return Err(EvalError::NonFiniteCoord { index });
        }
        self.check_classes("truth", tile.truth)?;
        self.check_classes("prediction", tile.prediction)?;
        let core: Vec<usize> = (0..points).filter(|&i| tile.core[i]).collect();
        let coord: Vec<[f32; 3]> = core.iter().map(|&i| tile.coord[i]).collect();
        let voxels = voxel::first_points(&coord, self.protocol == Protocol::PointNet2V1Compat)?;
        let item = ItemCounts {
            points: self.count(core.iter().copied(), tile.truth, tile.prediction),
            voxels: self.count(voxels.iter().map(|&v| core[v]), tile.truth, tile.prediction),
        };
        self.items.push(item);
        self.input = Some(Input::Tiles);
        Ok(())
    }

    /// Ends the current scene, after its last tile. A scene without tiles counts too.
    ///
    /// `pointnet2-v1` pools all tiles and only reports the number of scenes; the scores of `pointnet2-v1-compat` and
    /// `per-scene-mean` depend on it. [`Evaluator::add_scene`] ends its scene itself.
    pub fn end_scene(&mut self) {
        self.scene_ends.push(self.items.len());
    }

    /// Adds every vertex of a scene, in any order, and ends the scene. O(N).
    ///
    /// # Errors
    /// The protocol scores tiles, the arrays differ in length, or a class index is neither a class of the label set nor
    /// [`NO_CLASS`].
    pub fn add_scene(&mut self, truth: &[i32], prediction: &[i32]) -> Result<(), EvalError> {
        self.accept(Input::Vertices)?;
        check_length("prediction", prediction.len(), truth.len())?;
        self.check_classes("truth", truth)?;
        self.check_classes("prediction", prediction)?;
        let points = self.count(0..truth.len(), truth, prediction);
        self.items.push(ItemCounts { points, voxels: Vec::new() });
        self.input = Some(Input::Vertices);
        self.end_scene();
        Ok(())
    }

    /// Appends everything that another evaluator was given to what this one was given.
    ///
    /// # Errors
    /// [`EvalError::MergeMismatch`] if the two differ in protocol, label set or batch size; [`EvalError::MixedInput`]
    /// if one was given tiles and the other vertices.
    pub fn merge(&mut self, other: Self) -> Result<(), EvalError> {
        let differs = [
            ("protocol", self.protocol != other.protocol),
            ("label set", self.labels != other.labels),
            ("batch size", self.batch_size != other.batch_size),
        ];
        if let Some((what, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            return Err(EvalError::MergeMismatch { what });
        }
        if let Some(input) = other.input {
            self.accept(input)?;
            self.input = Some(input);
        }
        let before = self.items.len();
        self.items.extend(other.items);
        self.scene_ends.extend(other.scene_ends.iter().map(|end| before + end));
        Ok(())
    }

    /// Returns the scores of everything added so far. More can be added afterwards.
    ///
    /// # Errors
    /// [`EvalError::OpenScene`] if the protocol depends on scenes and the last one was not ended.
    pub fn finish(&self) -> Result<Scores, EvalError> {
        let scenes = self.scenes()?;
        let mut scored = vec![self.protocol != Protocol::PointNet2V1Compat; self.items.len()];
        if self.protocol == Protocol::PointNet2V1Compat {
            scored_tiles(scenes.iter().map(|scene| scene.len()), self.batch_size)
                .into_iter()
                .for_each(|i| scored[i] = true);
        }
        let tiles = self.counts_voxels();
        let matrices = scenes.iter().map(|scene| self.matrices(scene.clone().filter(|i| scored[*i])));
        let counts = Counts {
            scenes: scenes.len() as u64,
            tiles: tiles.then_some(self.items.len() as u64),
            tiles_scored: tiles.then_some(scored.iter().filter(|scored| **scored).count() as u64),
        };
        Ok(score(self.protocol, &self.labels, counts, tiles, matrices))
    }

    /// Returns the counts of everything added so far, scene by scene, for [`bootstrap`](crate::bootstrap). `names` names
    /// the scenes in the order in which they were added.
    ///
    /// # Errors
    /// [`EvalError::NotPooled`] if the protocol does not pool scenes; [`EvalError::OpenScene`] if the last scene was not
    /// ended; [`EvalError::SceneNames`] if there are more or fewer names than scenes; [`EvalError::BadCounts`] if two are
    /// the same.
    pub fn finish_by_scene<N: Into<String>>(
        &self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<SceneScores, EvalError> {
        let protocol = self.protocol;
        if !protocol.pools_scenes() {
            return Err(EvalError::NotPooled { protocol });
        }
        if self.scene_ends.last().copied().unwrap_or(0) < self.items.len() {
            return Err(EvalError::OpenScene { protocol });
        }
        let (names, scenes): (Vec<String>, _) = (names.into_iter().map(Into::into).collect(), self.scenes()?);
        if names.len() != scenes.len() {
            return Err(EvalError::SceneNames { names: names.len(), scenes: scenes.len() });
        }
        let counts = |(scene, items)| {
            let SceneMatrices { points, voxels } = self.matrices(items);
            let voxels = voxels.as_ref().map(ConfusionMatrix::class_counts);
            SceneCounts { scene, points: points.class_counts(), voxels }
        };
        let scenes = names.into_iter().zip(scenes).map(counts).collect();
        SceneScores::new(protocol, recorded_name(&self.labels), self.labels.calibration(), scenes)
    }

    /// The items of each scene. The last one may be open unless the protocol depends on scenes.
    fn scenes(&self) -> Result<Vec<Range<usize>>, EvalError> {
        let ended = self.scene_ends.last().copied().unwrap_or(0);
        if self.protocol.needs_scenes() && ended < self.items.len() {
            return Err(EvalError::OpenScene { protocol: self.protocol });
        }
        let starts = std::iter::once(0).chain(self.scene_ends.iter().copied());
        let mut scenes: Vec<Range<usize>> = starts.zip(&self.scene_ends).map(|(start, end)| start..*end).collect();
        if ended < self.items.len() {
            scenes.push(ended..self.items.len());
        }
        Ok(scenes)
    }

    /// Whether tiles are scored.
    fn counts_voxels(&self) -> bool {
        self.input != Some(Input::Vertices) && self.protocol.takes_tiles()
    }

    /// The sum of some items.
    fn matrices(&self, items: impl Iterator<Item = usize>) -> SceneMatrices {
        let mut sum = SceneMatrices::new(self.labels.len(), self.counts_voxels());
        for item in items.map(|i| &self.items[i]) {
            item.points.iter().for_each(|(cell, count)| sum.points.add(*cell, *count));
            if let Some(voxels) = &mut sum.voxels {
                item.voxels.iter().for_each(|(cell, count)| voxels.add(*cell, *count));
            }
        }
        sum
    }

    fn accept(&self, given: Input) -> Result<(), EvalError> {
        let (accepted, remedy) = match given {
            Input::Tiles => (self.protocol.takes_tiles(), "it scores all vertices of a scene: call add_scene"),
            Input::Vertices => (self.protocol.takes_vertices(), "it scores sampled points of tiles: call add_tile"),
        };
        match self.input {
            _ if !accepted => Err(EvalError::WrongInput { protocol: self.protocol, given: given.name(), remedy }),
            Some(before) if before != given => {
                Err(EvalError::MixedInput { before: before.name(), given: given.name() })
            }
            _ => Ok(()),
        }
    }

    fn check_classes(&self, what: &'static str, values: &[i32]) -> Result<(), EvalError> {
        let classes = self.labels.len();
        match values.iter().position(|&class| class < NO_CLASS || class >= classes as i32) {
            Some(index) => Err(EvalError::UnknownClass { what, class: values[index], index, classes }),
            None => Ok(()),
        }
    }

    /// Counts some points, whose classes have been checked.
    fn count(&self, points: impl Iterator<Item = usize>, truth: &[i32], prediction: &[i32]) -> Cells {
        let classes = self.labels.len();
        let mut matrix = ConfusionMatrix::new(classes);
        for point in points {
            if let Ok(class) = usize::try_from(truth[point]) {
                matrix.add([class, usize::try_from(prediction[point]).unwrap_or(classes)], 1);
            }
        }
        matrix.cells().collect()
    }
}

fn check_length(what: &'static str, given: usize, expected: usize) -> Result<(), EvalError> {
    if given == expected { Ok(()) } else { Err(EvalError::LengthMismatch { what, given, expected }) }
}
