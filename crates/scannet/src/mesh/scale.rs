//! Units of length, guessed from how high a scan is.

use crate::error::Problem;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Share of the points at either end that strays may be.
const STRAYS: f64 = 0.01;

/// A unit of length of coordinates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Units {
    /// Metres.
    #[default]
    Metres,
    /// Centimetres.
    Centimetres,
    /// Millimetres.
    Millimetres,
    /// Feet of 0.3048 m.
    Feet,
    /// Inches of 25.4 mm.
    Inches,
}

impl Units {
    /// All units.
    pub const ALL: [Units; 5] = [Units::Metres, Units::Centimetres, Units::Millimetres, Units::Feet, Units::Inches];

    /// Its symbol, such as `mm`.
    pub fn symbol(self) -> &'static str {
        match self {
            Units::Metres => "m",
            Units::Centimetres => "cm",
            Units::Millimetres => "mm",
            Units::Feet => "ft",
            Units::Inches => "in",
        }
    }

    /// Its length in metres.
    pub fn metres(self) -> f64 {
        match self {
            Units::Metres => 1.0,
            Units::Centimetres => 0.01,
            Units::Millimetres => 0.001,
            Units::Feet => 0.3048,
            Units::Inches => 0.0254,
        }
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl FromStr for Units {
    type Err = String;

    fn from_str(symbol: &str) -> Result<Self, String> {
        let symbols = || Units::ALL.map(Units::symbol).join(", ");
        let found = Units::ALL.into_iter().find(|units| units.symbol() == symbol);
        found.ok_or_else(|| format!("no such unit; choose one of {}", symbols()))
    }
}

/// Coordinates in metres, +z up. Without `units`, coordinates of a scan that is higher than any building are taken for
/// centimetres or millimetres, and a note for the user says so.
pub fn in_metres(coord: &[[f32; 3]], units: Option<Units>) -> (Cow<'_, [[f32; 3]]>, Option<String>) {
    let guessed = if units.is_none() { guess(coord) } else { None };
    let note = guessed.map(|(units, height)| {
        format!(
            "the scan is {height:.0} high, so its coordinates are taken for {}; if they are not, give --units",
            plural(units)
        )
    });
    let metres = units.or(guessed.map(|(units, _)| units)).unwrap_or_default().metres();
    let scaled = |p: &[f32; 3]| p.map(|v| (f64::from(v) * metres) as f32);
    match metres == 1.0 {
        true => (coord.into(), None),
        false => (coord.iter().map(scaled).collect::<Vec<_>>().into(), note),
    }
}

/// Refuses a scan that is higher than any room, or building, in metres: its coordinates are in millimetres or
/// centimetres. Strays do not count. Takes 1 ms for 150,000 points.
///
/// # Errors
/// [`Problem::Mismatch`], which says what the unit seems to be.
pub fn check_scale(coord: &[[f32; 3]]) -> Result<(), Problem> {
    let Some((units, height)) = guess(coord) else { return Ok(()) };
    let what = format!("the scan is {height:.0} m high, which looks like {}", plural(units));
    let per_metre = 1.0 / units.metres();
    Err(Problem::mismatch(what, format!("divide its coordinates by {per_metre:.0}, so that they are in metres")))
}

fn plural(units: Units) -> &'static str {
    match units {
        Units::Centimetres => "centimetres",
        Units::Millimetres => "millimetres",
        other => other.symbol(),
    }
}

/// Centimetres or millimetres if a scan is too high to be in metres, and how high it is.
fn guess(coord: &[[f32; 3]]) -> Option<(Units, f32)> {
    // Sorting is only worth it if the extent with strays is too large.
    let all = coord.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[2]), h.max(p[2])));
    if all.1 - all.0 <= HIGHEST || coord.is_empty() {
        return None;
    }
    let mut z: Vec<f32> = coord.iter().map(|p| p[2]).collect();
    let skip = (z.len() as f64 * STRAYS).floor() as usize;
    let mut at = |rank: usize| *z.select_nth_unstable_by(rank, f32::total_cmp).1;
    let height = at(coord.len() - 1 - skip) - at(skip);
    match height {
        ..=HIGHEST => None,
        ..=1000.0 => Some((Units::Centimetres, height)),
        _ => Some((Units::Millimetres, height)),
    }
}

/// More than the height of any scan in metres, and less than that of a room in centimetres.
const HIGHEST: f32 = 150.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn room(scale: f32) -> Vec<[f32; 3]> {
        (0..500).map(|i| [i as f32 % 7.0, 0.0, i as f32 / 200.0].map(|v| v * scale)).collect()
    }

    #[test]
    fn rooms_in_other_units_are_found_out() {
        for scale in [0.001, 1.0, 10.0] {
            check_scale(&room(scale)).unwrap();
            assert!(matches!(in_metres(&room(scale), None), (Cow::Borrowed(_), None)));
        }
        for (scale, unit) in [(100.0, "centimetres"), (1000.0, "millimetres")] {
            let problem = check_scale(&room(scale)).unwrap_err();
            assert!(problem.to_string().contains(unit), "{problem}");
            let scaled = room(scale);
            let (coord, note) = in_metres(&scaled, None);
            let near = |(a, b): (&[f32; 3], [f32; 3])| (0..3).all(|k| (a[k] - b[k]).abs() < 1e-5);
            assert!(coord.iter().zip(room(1.0)).all(near));
            assert!(note.unwrap().contains(&format!("taken for {unit}")));
            assert_eq!(in_metres(&scaled, Some(Units::Metres)), ((&scaled).into(), None));
        }
        let mut strays = room(1.0);
        (0..5).for_each(|i| strays[i][2] = if i % 2 == 0 { 1e5 } else { -1e5 });
        check_scale(&strays).unwrap();
        check_scale(&[[0.0; 3]]).unwrap();
        check_scale(&[]).unwrap();
    }

    #[test]
    fn units_have_symbols() {
        for units in Units::ALL {
            assert_eq!(units.to_string().parse(), Ok(units));
        }
        assert_eq!(in_metres(&[[1.0, 0.0, 10.0]], Some(Units::Feet)).0.to_vec(), [[0.3048, 0.0, 3.048]]);
        assert!("km".parse::<Units>().unwrap_err().contains("m, cm, mm, ft, in"));
    }
}
