//! A room before it is scanned: triangles, each with an object and a material.

mod brush;
mod material;
mod model;
mod palette;

pub(crate) use brush::{Brush, Ring};
pub(crate) use material::{Material, Pattern};
pub(crate) use model::Model;

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

impl Scene {
    pub fn object(&mut self, name: &'static str) -> u32 {
        self.objects.push(name);
        self.objects.len() as u32 - 1
    }

    pub fn brush(&mut self, pose: Pose, object: u32) -> Brush<'_> {
        Brush { scene: self, pose, object }
    }

    /// Adds a model, which was drawn before, so that the dice are not used here.
    pub fn add(&mut self, model: &Model, pose: Pose, _: &mut Dice) {
        model.place(self, pose);
    }
}
