//! Collecting counts, tile by tile or scene by scene.

use crate::batches::{POINTNET2_BATCH_SIZE, scored_tiles};
use crate::scoring::{SceneMatrices, score};
use crate::{ClassSet, ConfusionMatrix, Counts, EvalError, Protocol, Scores, voxel};

/// The points drawn for one tile of a scene, in the order drawn, with what is true of them and what was predicted.
///
/// All four have one entry a point. Labels are those of the evaluator's class set (for PointNet++ v1: 1..=20, 0 =
/// unannotated).
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// `[N]` coordinates in metres.
    pub coord: &'a [[f32; 3]],
    /// `[N]` true labels.
    pub truth: &'a [i32],
    /// `[N]` predicted labels.
    pub prediction: &'a [i32],
    /// `[N]` whether the point lies in the tile itself, and not in the margin that only gives context.
    pub core: &'a [bool],
}

/// Collects what one protocol needs, and scores it.
///
/// Deterministic. Evaluators of parts can be made in parallel and merged in order: the result is that of one evaluator
/// given everything in that order. Memory is one short list of counts a tile (a scene, for vertices); points are not kept.
///
/// ```
/// use segeval::{Evaluator, Protocol, Tile};
///
/// let mut evaluator = Evaluator::new(Protocol::PointNet2V1);
/// evaluator.add_tile(&Tile {
///     coord: &[[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.5, 0.001, 0.0]],
///     truth: &[1, 2, 0],
///     prediction: &[1, 3, 2],
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
    classes: ClassSet,
    batch_size: usize,
    /// One a tile, or one a scene when vertices are scored.
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

/// The non-zero cells of the confusion matrices of a tile or scene.
#[derive(Clone, Debug, Default)]
struct ItemCounts {
    points: Vec<(usize, u64)>,
    voxels: Vec<(usize, u64)>,
}

impl Evaluator {
    /// An evaluator over the protocol's own class set ([`Protocol::class_set`]).
    pub fn new(protocol: Protocol) -> Self {
        Self::with_classes(protocol, protocol.class_set())
    }

    /// An evaluator over other classes, or the same classes under other labels.
    pub fn with_classes(protocol: Protocol, classes: ClassSet) -> Self {
        Self {
            protocol,
            classes,
            batch_size: POINTNET2_BATCH_SIZE,
            items: Vec::new(),
            scene_ends: Vec::new(),
            input: None,
        }
    }

    /// The same evaluator with another number of tiles a batch (32 when not set). It matters to `pointnet2-v1-compat`
    /// alone, where tiles that do not fill a batch are never scored.
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

    /// The protocol it scores by.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The classes it scores.
    pub fn classes(&self) -> &ClassSet {
        &self.classes
    }

    /// Adds a tile to the current scene. Points outside the core are ignored. O(N).
    ///
    /// # Errors
    /// When the protocol scores vertices, when the four arrays differ in length, when a coordinate is not finite, and when
    /// a truth label is neither a class nor ignored by the class set.
    pub fn add_tile(&mut self, tile: &Tile<'_>) -> Result<(), EvalError> {
        self.accept(Input::Tiles)?;
        let points = tile.coord.len();
        check_length("truth", tile.truth.len(), points)?;
        check_length("prediction", tile.prediction.len(), points)?;
        check_length("core", tile.core.len(), points)?;
        if let Some(index) = tile.coord.iter().position(|p| !p.iter().all(|x| x.is_finite())) {
            return Err(EvalError::NonFiniteCoord { index });
        }
        let truth = self.classes.truth_indices(tile.truth)?;
        let core: Vec<usize> = (0..points).filter(|&i| tile.core[i]).collect();
        let coord: Vec<[f32; 3]> = core.iter().map(|&i| tile.coord[i]).collect();
        let voxels = voxel::first_points(&coord, self.protocol == Protocol::PointNet2V1Compat)?;
        let item = ItemCounts {
            points: self.count(core.iter().copied(), &truth, tile.prediction),
            voxels: self.count(voxels.iter().map(|&v| core[v]), &truth, tile.prediction),
        };
        self.items.push(item);
        self.input = Some(Input::Tiles);
        Ok(())
    }

    /// Ends the current scene: its last tile has been added. A scene without tiles is counted too.
    ///
    /// `pointnet2-v1` pools all tiles and only reports the number of scenes; `pointnet2-v1-compat` and `per-scene-mean`
    /// depend on it. [`Evaluator::add_scene`] ends its scene itself.
    pub fn end_scene(&mut self) {
        self.scene_ends.push(self.items.len());
    }

    /// Adds every vertex of a scene, in any order, and ends the scene. O(N).
    ///
    /// # Errors
    /// When the protocol scores tiles, when the arrays differ in length, and when a truth label is neither a class nor
    /// ignored by the class set.
    pub fn add_scene(&mut self, truth: &[i32], prediction: &[i32]) -> Result<(), EvalError> {
        self.accept(Input::Vertices)?;
        check_length("prediction", prediction.len(), truth.len())?;
        let classes = self.classes.truth_indices(truth)?;
        let points = self.count(0..truth.len(), &classes, prediction);
        self.items.push(ItemCounts { points, voxels: Vec::new() });
        self.input = Some(Input::Vertices);
        self.end_scene();
        Ok(())
    }

    /// Appends everything that another evaluator was given, after what this one was given.
    ///
    /// # Errors
    /// [`EvalError::MergeMismatch`] when the two differ in protocol, classes or batch size, [`EvalError::MixedInput`] when
    /// one was given tiles and the other vertices.
    pub fn merge(&mut self, other: Self) -> Result<(), EvalError> {
        let differs = [
            ("protocol", self.protocol != other.protocol),
            ("class set", self.classes != other.classes),
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

    /// The scores of everything added so far. The evaluator can go on collecting.
    ///
    /// # Errors
    /// [`EvalError::OpenScene`] when the protocol depends on scenes and the last one was not ended.
    pub fn finish(&self) -> Result<Scores, EvalError> {
        let ended = self.scene_ends.last().copied().unwrap_or(0);
        if self.protocol.needs_scenes() && ended < self.items.len() {
            return Err(EvalError::OpenScene { protocol: self.protocol });
        }
        let starts = std::iter::once(0).chain(self.scene_ends.iter().copied());
        let mut scenes: Vec<_> = starts.zip(&self.scene_ends).map(|(start, end)| start..*end).collect();
        if ended < self.items.len() {
            scenes.push(ended..self.items.len());
        }
        let mut scored = vec![self.protocol != Protocol::PointNet2V1Compat; self.items.len()];
        if self.protocol == Protocol::PointNet2V1Compat {
            scored_tiles(scenes.iter().map(|scene| scene.len()), self.batch_size)
                .into_iter()
                .for_each(|i| scored[i] = true);
        }
        let tiles = self.input != Some(Input::Vertices) && self.protocol.takes_tiles();
        let matrices = scenes.iter().map(|scene| {
            let items = scene.clone().filter(|i| scored[*i]).map(|i| &self.items[i]);
            let mut sum = SceneMatrices::new(self.classes.len(), tiles);
            for item in items {
                item.points.iter().for_each(|(cell, count)| sum.points.bump(*cell, *count));
                if let Some(voxels) = &mut sum.voxels {
                    item.voxels.iter().for_each(|(cell, count)| voxels.bump(*cell, *count));
                }
            }
            sum
        });
        let counts = Counts {
            scenes: scenes.len() as u64,
            tiles: tiles.then_some(self.items.len() as u64),
            tiles_scored: tiles.then_some(scored.iter().filter(|scored| **scored).count() as u64),
        };
        Ok(score(self.protocol, &self.classes, counts, tiles, matrices))
    }

    fn accept(&self, given: Input) -> Result<(), EvalError> {
        let (accepted, remedy) = match given {
            Input::Tiles => (self.protocol.takes_tiles(), "it scores every vertex of a scene: call add_scene"),
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

    /// Non-zero cells of the confusion matrix of some points.
    fn count(
        &self,
        points: impl Iterator<Item = usize>,
        truth: &[Option<usize>],
        prediction: &[i32],
    ) -> Vec<(usize, u64)> {
        let mut matrix = ConfusionMatrix::new(self.classes.len());
        for point in points {
            if let Some(class) = truth[point] {
                matrix.bump(matrix.cell(class, self.classes.index_of(prediction[point])), 1);
            }
        }
        matrix.cells().collect()
    }
}

fn check_length(what: &'static str, given: usize, expected: usize) -> Result<(), EvalError> {
    if given == expected { Ok(()) } else { Err(EvalError::LengthMismatch { what, given, expected }) }
}
