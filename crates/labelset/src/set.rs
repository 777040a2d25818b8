//! A label set and its conversions.

use crate::canonical_name;
use crate::lookup::Lookup;

/// Class index of points without a class: unannotated, or ignored by the label set.
pub const NO_CLASS: i32 = -1;

/// A class of a label set.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Name, unique in the set.
    pub name: String,
    /// Value in the label array of a prepared scene, 0 to 65535.
    pub label: i32,
    /// Value in exported files, 0 to 65535.
    pub id: i32,
    /// Red, green, blue.
    pub color: [u8; 3],
    /// Name of the group of classes that it belongs to, such as "head".
    pub group: Option<String>,
    /// Weight in a calibrated accuracy.
    pub calibration: Option<f64>,
}

/// Which label values mean "no class".
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ignored {
    /// These, in the order given. All other values that are no class are errors.
    Listed(Vec<i32>),
    /// Every value that is no class.
    Others,
}

/// The classes of a data set, in the order of their class indices; see the [crate's page](crate).
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSet {
    pub(crate) name: String,
    pub(crate) segment: String,
    pub(crate) ignored: Ignored,
    pub(crate) unannotated_output: bool,
    pub(crate) classes: Vec<Class>,
    pub(crate) by_label: Lookup,
    pub(crate) by_id: Lookup,
}

/// A label value that is neither a class of the set nor ignored by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label {value} of point {index} is neither a class of the label set nor ignored")]
pub struct UnknownLabel {
    /// The value.
    pub value: i32,
    /// Index of the first point that has an unknown value.
    pub index: usize,
}

impl LabelSet {
    /// For each output of a network, the output that means the same in another set: a class of the same name, compared by
    /// [`canonical_name`], or "unannotated".
    pub fn outputs_in(&self, other: &LabelSet) -> Vec<Option<usize>> {
        let in_other = |output| match self.get(self.class_of(output)) {
            Some(class) => other.class_named(&class.name).map(|class| other.output_of(class)),
            None => other.unannotated_output.then_some(0),
        };
        (0..self.outputs()).map(in_other).collect()
    }

    /// Whether class indices mean the same classes in both sets.
    pub fn has_same_classes(&self, other: &LabelSet) -> bool {
        self.classes.iter().map(|class| &class.name).eq(other.classes.iter().map(|class| &class.name))
    }

    /// Name of the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Array of a prepared scene that holds the labels, without ".npy", such as `segment20`.
    pub fn segment(&self) -> &str {
        &self.segment
    }

    /// The classes, in the order of class indices.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Always false: a label set has at least one class.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Whether a network predicts "unannotated" as its output 0, as in PointNet++'s own recipe.
    pub fn unannotated_output(&self) -> bool {
        self.unannotated_output
    }

    /// The same classes with an output of networks for "unannotated", if the set has none yet.
    pub fn with_unannotated_output(self) -> Self {
        LabelSet { unannotated_output: true, ..self }
    }

    /// Number of a network's outputs: one per class, and one more where output 0 is "unannotated".
    pub fn outputs(&self) -> usize {
        self.len() + usize::from(self.unannotated_output)
    }

    /// Output index of a class. For [`NO_CLASS`] it is 0: the unannotated output, or a placeholder in sets without one.
    pub fn output_of(&self, class: i32) -> usize {
        usize::try_from(class).map_or(0, |class| class + usize::from(self.unannotated_output))
    }

    /// Class index of an output; [`NO_CLASS`] for the unannotated output.
    pub fn class_of(&self, output: usize) -> i32 {
        output as i32 - i32::from(self.unannotated_output)
    }

    /// Converts label values to class indices. Ignored values become [`NO_CLASS`].
    ///
    /// # Errors
    /// [`UnknownLabel`] for the first value that is neither a class nor ignored.
    pub fn classes_of_labels(&self, labels: &[i32]) -> Result<Vec<i32>, UnknownLabel> {
        self.by_label.classes(labels).map_err(|index| UnknownLabel { value: labels[index], index })
    }

    /// Converts export ids to class indices; [`NO_CLASS`] where no class has the id.
    pub fn classes_of_ids(&self, ids: &[i32]) -> Vec<i32> {
        self.by_id.classes(ids).expect("no id is unknown: all others have no class")
    }

    /// Converts class indices to export ids; [`no_class_id`](Self::no_class_id) for [`NO_CLASS`].
    pub fn ids_of(&self, classes: &[i32]) -> Vec<i32> {
        let none = self.no_class_id();
        classes.iter().map(|&class| self.get(class).map_or(none, |class| class.id)).collect()
    }

    /// The export id of [`NO_CLASS`]: 0, or -1 if a class has that.
    pub fn no_class_id(&self) -> i32 {
        if self.classes.iter().any(|class| class.id == 0) { -1 } else { 0 }
    }

    /// Class index of a name, compared by [`canonical_name`].
    pub fn class_named(&self, name: &str) -> Option<i32> {
        let name = canonical_name(name);
        self.classes.iter().position(|class| canonical_name(&class.name) == name).map(|class| class as i32)
    }

    /// Name of a class; "unannotated" for [`NO_CLASS`].
    pub fn name_of(&self, class: i32) -> &str {
        self.get(class).map_or("unannotated", |class| &class.name)
    }

    /// Colour of a class; black for [`NO_CLASS`].
    pub fn color_of(&self, class: i32) -> [u8; 3] {
        self.get(class).map_or([0; 3], |class| class.color)
    }

    /// Weights of a calibrated accuracy, in class order; `None` where the set has none.
    pub fn calibration(&self) -> Option<Vec<f64>> {
        self.classes.iter().map(|class| class.calibration).collect()
    }

    /// The groups and the class indices of each, in order of first appearance. Empty where no class has a group.
    pub fn groups(&self) -> Vec<(&str, Vec<usize>)> {
        let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
        for (index, class) in self.classes.iter().enumerate() {
            let Some(name) = class.group.as_deref() else { continue };
            match groups.iter_mut().find(|(group, _)| *group == name) {
                Some((_, classes)) => classes.push(index),
                None => groups.push((name, vec![index])),
            }
        }
        groups
    }

    fn get(&self, class: i32) -> Option<&Class> {
        self.classes.get(usize::try_from(class).ok()?)
    }
}
