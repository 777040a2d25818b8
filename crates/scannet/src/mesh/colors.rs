//! Colours of vertices, under the names and in the ranges that programs write.

use super::header::scalar;
use crate::error::Problem;
use ply_rs_bw::ply::{ElementDef, ScalarType};

/// The names of red, green and blue, the usual ones first. Those of Gaussian splats are the constant terms of
/// spherical harmonics.
const NAMES: [[&str; 3]; 4] = [
    ["red", "green", "blue"],
    ["diffuse_red", "diffuse_green", "diffuse_blue"],
    ["r", "g", "b"],
    ["f_dc_0", "f_dc_1", "f_dc_2"],
];

/// The place of the harmonics in [`NAMES`].
const HARMONICS: usize = 3;

/// One property with all three, as PCL writes it: the bits of a float are 0xAARRGGBB.
const PACKED: [&str; 2] = ["rgb", "rgba"];

/// The harmonic of degree 0, by which the terms are multiplied.
const DEGREE_0: f64 = 0.282_094_791_773_878_14;

/// The way after those in [`NAMES`]: a packed property.
pub(super) const PACKED_WAY: usize = NAMES.len();

/// Number of ways in which a vertex may have a colour.
pub(super) const WAYS: usize = PACKED_WAY + 1;

/// The way and the channel that a property is for.
pub(super) fn place(name: &str) -> Option<(usize, usize)> {
    let channel = |(way, names): (usize, &[&str; 3])| Some((way, names.iter().position(|n| *n == name)?));
    NAMES.iter().enumerate().find_map(channel).or_else(|| PACKED.contains(&name).then_some((PACKED_WAY, 0)))
}

/// The lightest colour of a scan with 16 bits a channel is lighter than this; between 255 and this are colours of 10 to 12
/// bits, or bytes with an outlier.
const LEAST_OF_16_BITS: f64 = 8192.0;

/// How the vertices of a file have their colours.
pub(super) struct Colors {
    /// Place in [`NAMES`], or [`PACKED_WAY`].
    pub way: usize,
    names: Vec<&'static str>,
    /// The type with the largest range among the channels.
    range: ColorRange,
}

/// The values that a file's type of colours may have.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum ColorRange {
    /// 0 to 255.
    Byte,
    /// 0 to 255 or 0 to 65535.
    Integer,
    /// 0 to 1, 0 to 255 or 0 to 65535.
    Real,
}

impl Colors {
    /// The first way that the vertices have, if any.
    pub(super) fn of(vertex: &ElementDef) -> Option<Self> {
        let mut channels = NAMES.iter().enumerate();
        if let Some((way, names)) = channels.find(|(_, names)| names.iter().all(|n| scalar(vertex, n).is_some())) {
            let ranges = names.iter().filter_map(|n| scalar(vertex, n)).map(ColorRange::of);
            let range = ranges.fold(ColorRange::Byte, |a, b| if a < b { b } else { a });
            return Some(Colors { way, names: names.to_vec(), range });
        }
        // The bits of a colour have four bytes.
        let wide = |t: &ScalarType| matches!(t, ScalarType::Float | ScalarType::Int | ScalarType::UInt);
        let name = PACKED.into_iter().find(|n| scalar(vertex, n).is_some_and(wide))?;
        Some(Colors { way: PACKED_WAY, names: vec![name], range: ColorRange::Byte })
    }

    /// The names of the properties.
    pub(super) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Converts the values to 0 to 255. Returns a note where the range or the names are not the usual ones.
    ///
    /// Bytes are 0 to 255. Reals are 0 to 1 if none is above 2, else 0 to 255 if none is above 255, else 0 to 65535 if any
    /// is at least 8192;
    /// wider integers are 0 to 255 or 0 to 65535 in the same way.
    pub(super) fn to_bytes(&self, values: &[[f64; 3]]) -> Result<(Vec<[u8; 3]>, Option<String>), Problem> {
        finite(values)?;
        let names = self.names.join(", ");
        if self.way == PACKED_WAY {
            // As i64 first: an int with a full alpha is negative.
            let unpack = |bits: i64| [bits >> 16, bits >> 8, bits].map(|c| c as u8);
            let colors = values.iter().map(|v| unpack(v[0] as i64)).collect();
            return Ok((colors, Some(format!("colours are taken from the bits of '{names}'"))));
        }
        if self.way == HARMONICS {
            let note = format!("colours are taken from the harmonics {names}");
            return Ok((bytes(values, &|c| (0.5 + DEGREE_0 * c) * 255.0), Some(note)));
        }
        let (colors, note) = color_bytes(values, self.range, &names)?;
        // names that are not the usual ones are told of in any case
        let read = || format!("colours {names} are read as 0 to 255");
        Ok((colors, note.or_else(|| (self.way > 0).then(read))))
    }
}

/// Converts colours to 0 to 255. Returns a note where the range is not the usual one.
///
/// - `values`: red, green and blue of each vertex
/// - `names`: what the file calls them, for messages
///
/// # Errors
/// [`Problem::Color`] if the values are not finite, or in no range that programs write.
pub fn color_bytes(
    values: &[[f64; 3]],
    range: ColorRange,
    names: &str,
) -> Result<(Vec<[u8; 3]>, Option<String>), Problem> {
    finite(values)?;
    let (low, high) = values.as_flattened().iter().fold((0f64, 0f64), |(l, h), &c| (l.min(c), h.max(c)));
    let largest = match range {
        ColorRange::Byte => 255.0,
        ColorRange::Real if high <= 2.0 => 1.0,
        _ if high <= 255.0 => 255.0,
        _ if high < LEAST_OF_16_BITS => {
            return Err(Problem::Color(format!("colours up to {high} fit neither 0 to 255 nor 0 to 65535")));
        }
        _ => 65535.0,
    };
    if high > 65535.0 || low < -0.05 * largest {
        return Err(Problem::Color(format!("the colours {names} are {low} to {high}")));
    }
    // Exactly what a division by 257 gives.
    let colors = bytes(values, &|c| if largest == 65535.0 { c / 257.0 } else { c * (255.0 / largest) });
    let note = || format!("colours {names}, which reach {high}, are read as 0 to {largest}");
    Ok((colors, (range != ColorRange::Byte).then(note)))
}

fn finite(values: &[[f64; 3]]) -> Result<(), Problem> {
    match values.iter().position(|v| !v.iter().all(|c| c.is_finite())) {
        Some(vertex) => Err(Problem::Color(format!("vertex {vertex} has the colour {:?}", values[vertex]))),
        None => Ok(()),
    }
}

fn bytes(values: &[[f64; 3]], to: &dyn Fn(f64) -> f64) -> Vec<[u8; 3]> {
    values.iter().map(|v| v.map(|c| to(c).round().clamp(0.0, 255.0) as u8)).collect()
}

impl ColorRange {
    fn of(t: &ScalarType) -> Self {
        match t {
            ScalarType::Char | ScalarType::UChar => ColorRange::Byte,
            ScalarType::Float | ScalarType::Double => ColorRange::Real,
            _ => ColorRange::Integer,
        }
    }
}
