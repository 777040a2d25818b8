//! The editions of the rooms.

use serde::{Deserialize, Serialize};

/// How rooms are furnished and scanned. The rooms of an edition stay as they are, because data sets were published and
/// networks were trained with them: what is to make rooms more real goes into the latest edition.
///
/// In this crate's code the dice carry the edition: `d.either(a, b)` is what differs, a probability or a length, and
/// `if d.second()` is what only the second edition has. Neither draws a number, so the first edition's draws stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// That of `rooms-v1`.
    #[default]
    First,
    /// That of `rooms-v2`: larger and fuller rooms with more chairs, tables, wardrobes and kitchens before the walls,
    /// seen in part, by hand-held sensors whose poses are farther off. Its shares of classes are nearer to those of real scans.
    Second,
}

impl Edition {
    /// Whether this is the first edition, which configurations do not write: theirs are older than the field.
    pub(crate) fn is_first(&self) -> bool {
        *self == Edition::First
    }
}
