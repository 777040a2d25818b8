//! Pieces of furniture: triangles around a footprint, with the objects that come with them.

use super::{Brush, Material, NO_OBJECT, Scene, Triangle};
use crate::dice::Dice;
use crate::math::{Pose, V3, sub};

/// A piece of furniture in local coordinates: x along its width, +y to the front, the foot at z = 0, and the origin in
/// the middle of the footprint. A set of equal chairs is one model, cloned.
#[derive(Clone)]
pub(crate) struct Model {
    /// Raw name, or `None` for clutter.
    pub name: Option<&'static str>,
    /// Width, depth and height of its bounding box.
    pub size: V3,
    /// Height of a top on which small objects may stand.
    pub top: Option<f32>,
    triangles: Vec<Triangle>,
    materials: Vec<Material>,
    /// The middle of the footprint in the coordinates in which it was drawn.
    middle: V3,
    /// Separate objects that come with it, in its local coordinates, such as pillows on a bed.
    parts: Vec<(Model, Pose)>,
}

impl Model {
    /// Draws a model at once. Its box is measured, and its origin moved to the middle of the footprint.
    pub fn new(name: &'static str, d: &mut Dice, build: impl FnOnce(&mut Brush, &mut Dice)) -> Model {
        let mut model = Model::in_place(name, d, build);
        let (low, high) = model.bounds();
        model.middle = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, 0.0];
        for t in &mut model.triangles {
            t.corners = t.corners.map(|p| sub(p, model.middle));
        }
        for m in &mut model.materials {
            m.pose.origin = sub(m.pose.origin, model.middle);
        }
        model.size = [high[0] - low[0], high[1] - low[1], high[2]];
        model
    }

    /// As [`Model::new`], but keeps the origin where it is, for a model that is placed by a point of its own.
    pub fn in_place(name: &'static str, d: &mut Dice, build: impl FnOnce(&mut Brush, &mut Dice)) -> Model {
        let mut scene = Scene::default();
        build(&mut scene.brush(Pose::IDENTITY, NO_OBJECT), d);
        let Scene { triangles, materials, .. } = scene;
        let (middle, parts) = ([0.0; 3], Vec::new());
        let mut model = Model { name: Some(name), size: [0.0; 3], top: None, triangles, materials, middle, parts };
        let (low, high) = model.bounds();
        let both = |a: usize| 2.0 * low[a].abs().max(high[a].abs());
        model.size = [both(0), both(1), high[2]];
        model
    }

    /// Lowest and highest coordinates of its own triangles.
    pub fn bounds(&self) -> (V3, V3) {
        self.triangles.iter().flat_map(|t| t.corners).fold(([f32::MAX; 3], [f32::MIN; 3]), |(low, high), p| {
            (std::array::from_fn(|a| low[a].min(p[a])), std::array::from_fn(|a| high[a].max(p[a])))
        })
    }

    /// Takes the name away: nobody annotates it.
    pub fn unnamed(mut self) -> Model {
        self.name = None;
        self
    }

    pub fn with_top(mut self, z: f32) -> Model {
        self.top = Some(z);
        self
    }

    /// Adds an object at a pose in the coordinates in which both were drawn.
    pub fn with_part(mut self, part: Model, pose: Pose) -> Model {
        let pose = Pose::at(sub([0.0; 3], self.middle)).then(&pose).then(&Pose::at(part.middle));
        self.parts.push((part, pose));
        self
    }

    /// Adds the model and its parts to a scene.
    pub(super) fn place(&self, scene: &mut Scene, pose: Pose) {
        let object = self.name.map_or(NO_OBJECT, |name| scene.object(name));
        let first = scene.materials.len() as u32;
        scene.materials.extend(self.materials.iter().map(|m| Material { pose: pose.then(&m.pose), ..*m }));
        scene.triangles.extend(self.triangles.iter().map(|t| Triangle {
            corners: t.corners.map(|p| pose.apply(p)),
            object,
            material: first + t.material,
        }));
        for (part, local) in &self.parts {
            part.place(scene, pose.then(local));
        }
    }

    /// The model itself and all its parts, each with its place.
    #[cfg(test)]
    pub fn all(&self) -> Vec<(&Model, Pose)> {
        let inner = self.parts.iter().flat_map(|(part, at)| {
            part.all().into_iter().map(|(model, local)| (model, at.then(&local))).collect::<Vec<_>>()
        });
        std::iter::once((self, Pose::IDENTITY)).chain(inner).collect()
    }

    /// Corners of its own triangles.
    #[cfg(test)]
    pub fn corners(&self) -> impl Iterator<Item = V3> {
        self.triangles.iter().flat_map(|t| t.corners)
    }
}
