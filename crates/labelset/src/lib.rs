//! Label sets: which classes there are, and how every file spells them.
//!
//! A [`LabelSet`] is one value that holds everything a program has to know about the classes of a data set. Inside a
//! program a class is its *class index*, `0..len`, and a point without a class has [`NO_CLASS`]. Everything else is a
//! coding that the set converts:
//!
//! | coding | where | convert with |
//! |---|---|---|
//! | label values | an array of a prepared scene, such as `segment20.npy` | [`LabelSet::classes_of_labels`] |
//! | export ids | PLY files, benchmark submissions | [`LabelSet::ids_of`], [`LabelSet::classes_of_ids`] |
//! | output indices | columns of a network's scores | [`LabelSet::output_of`], [`LabelSet::class_of`] |
//! | names | tables, configurations, checkpoints | [`LabelSet::name_of`], [`LabelSet::class_named`] |
//!
//! # Built-in sets
//!
//! | name | classes | array | ids |
//! |---|---|---|---|
//! | `pointnet-v1` | the 20 classes in the order of PointNet++'s ScanNet code | `segment20` | NYU40 |
//! | `scannet20` | the 20 classes of the ScanNet benchmark, in its order | `segment20` | NYU40 |
//! | `scannet200` | the 200 classes of ScanNet200, grouped into head, common and tail | `segment200` | label table |
//! | `nyu40` | the 40 classes of NYU Depth v2 | `segment40` | NYU40 |
//!
//! `pointnet-v1` also has that code's calibration weights, and its networks have an output 0 for unannotated points.
//! ScanNet200 is by Rozenberszki et al., "Language-Grounded Indoor 3D Semantic Segmentation in the Wild", ECCV 2022.
//! Names and colours are those of ScanNet's benchmark scripts.
//!
//! # Your own
//!
//! A TOML file describes a set. Only the names of the classes are required:
//!
//! ```
//! use labelset::{LabelSet, NO_CLASS};
//!
//! let set = LabelSet::parse(r#"
//!     name = "my-office"
//!     classes = [
//!         { name = "floor", label = 4, id = 2, color = [152, 223, 138], group = "structure" },
//!         { name = "desk", label = 7 },
//!     ]
//! "#)?;
//! assert_eq!(set.classes_of_labels(&[7, 4, -1]).unwrap(), [1, 0, NO_CLASS]);
//! assert_eq!(set.ids_of(&[1, 0, NO_CLASS]), [7, 2, 0]);
//! assert_eq!(set.class_named("Desk"), Some(1));
//! # Ok::<(), labelset::LabelSetError>(())
//! ```
//!
//! | key | default | |
//! |---|---|---|
//! | `name` | | name of the set |
//! | `segment` | `"segment"` | array of a prepared scene that holds the labels |
//! | `ignore` | `[-1]` | label values that mean "no class"; `"others"`: every value that is no class |
//! | `unannotated_output` | `false` | whether a network predicts "unannotated" as its output 0 |
//! | `classes` | | the classes, in the order of class indices |
//! | … `name` | | name of the class |
//! | … `label` | position in the list, from 0 | value in the array, 0 to 65535 |
//! | … `id` | `label` | value in exported files, 0 to 65535 |
//! | … `color` | a generated palette | red, green, blue |
//! | … `group` | none | groups of classes get scores of their own |
//! | … `calibration` | none | weight in the calibrated accuracy; for all classes or none |
//!
//! The built-in sets are such files too, in `datasets/labels/`.

mod built_in;
mod file;
mod lookup;
mod names;
mod set;

pub use file::LabelSetError;
pub use names::canonical_name;
pub use set::{Class, LabelSet, NO_CLASS, UnknownLabel};
