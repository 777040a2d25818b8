//! A room before it is scanned: triangles, each with an object and a material.

mod brush;
mod material;

pub(crate) use brush::{Brush, Ring};
pub(crate) use material::{Material, Pattern};

use crate::dice::Dice;
use crate::math::{Pose, V3};

/// Object index of surfaces that belong to no object, such as clutter that nobody annotates.
pub(crate) const NO_OBJECT: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Triangle {
    pub corners: [V3; 3],
    pub object: u32,
    pub material: u32,
}

/// A room in its own coordinates: walls parallel to x and y, floor at z = 0.
#[derive(Default)]
pub(crate) struct Scene {
    pub triangles: Vec<Triangle>,
    pub materials: Vec<Material>,
    /// Raw name of each object.
    pub objects: Vec<&'static str>,
}

type Build = Box<dyn Fn(&mut Brush, &mut Dice)>;

/// A piece of furniture in local coordinates: x along its width, +y to the front, the foot at z = 0, and the origin in
/// the middle of the footprint.
pub(crate) struct Model {
    /// Raw name, or `None` for clutter.
    pub name: Option<&'static str>,
    /// Width, depth and height of its bounding box.
    pub size: V3,
    /// Height of a top on which small objects may stand.
    pub top: Option<f32>,
    pub build: Build,
    /// Separate objects that come with it, in its local coordinates, such as pillows on a bed.
    pub parts: Vec<(Model, Pose)>,
}

impl Model {
    pub fn new(name: &'static str, size: V3, build: impl Fn(&mut Brush, &mut Dice) + 'static) -> Model {
        Model { name: Some(name), size, top: None, build: Box::new(build), parts: Vec::new() }
    }

    pub fn clutter(size: V3, build: impl Fn(&mut Brush, &mut Dice) + 'static) -> Model {
        Model { name: None, size, top: None, build: Box::new(build), parts: Vec::new() }
    }

    pub fn with_top(mut self, z: f32) -> Model {
        self.top = Some(z);
        self
    }

    pub fn with_part(mut self, part: Model, pose: Pose) -> Model {
        self.parts.push((part, pose));
        self
    }
}

impl Scene {
    pub fn object(&mut self, name: &'static str) -> u32 {
        self.objects.push(name);
        self.objects.len() as u32 - 1
    }

    pub fn brush(&mut self, pose: Pose, object: u32) -> Brush<'_> {
        Brush { scene: self, pose, object }
    }

    pub fn add(&mut self, model: &Model, pose: Pose, dice: &mut Dice) {
        let object = model.name.map_or(NO_OBJECT, |name| self.object(name));
        (model.build)(&mut self.brush(pose, object), dice);
        for (part, local) in &model.parts {
            self.add(part, pose.then(local), dice);
        }
    }
}
