//! Units of length, guessed from how high a scan is.

use crate::error::Problem;

/// Share of the points at either end that strays may be.
const STRAYS: f64 = 0.01;

/// Refuses a scan that is higher than any room, or building, in metres: its coordinates are in millimetres or
/// centimetres. Strays do not count. Takes 1 ms for 150,000 points.
///
/// # Errors
/// [`Problem::Mismatch`], which says what the unit seems to be.
pub fn check_scale(coord: &[[f32; 3]]) -> Result<(), Problem> {
    // Sorting is only worth it if the extent with strays is too large.
    let all = coord.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[2]), h.max(p[2])));
    if all.1 - all.0 <= HIGHEST {
        return Ok(());
    }
    let mut z: Vec<f32> = coord.iter().map(|p| p[2]).collect();
    let skip = (z.len() as f64 * STRAYS).floor() as usize;
    let mut at = |rank: usize| *z.select_nth_unstable_by(rank, f32::total_cmp).1;
    let height = at(coord.len() - 1 - skip) - at(skip);
    let (unit, per_metre) = match height {
        ..=HIGHEST => return Ok(()),
        ..=1000.0 => ("centimetres", 100),
        _ => ("millimetres", 1000),
    };
    let what = format!("the scan is {height:.0} m high, which looks like {unit}");
    Err(Problem::mismatch(what, format!("divide its coordinates by {per_metre}, so that they are in metres")))
}

/// More than the height of any scan in metres, and less than that of a room in centimetres.
const HIGHEST: f32 = 150.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_in_other_units_are_found_out() {
        let room = |scale: f32| -> Vec<[f32; 3]> {
            (0..500).map(|i| [i as f32 % 7.0, 0.0, i as f32 / 200.0].map(|v| v * scale)).collect()
        };
        for scale in [0.001, 1.0, 10.0] {
            check_scale(&room(scale)).unwrap();
        }
        for (scale, unit) in [(100.0, "centimetres"), (1000.0, "millimetres")] {
            let problem = check_scale(&room(scale)).unwrap_err();
            assert!(problem.to_string().contains(unit), "{problem}");
        }
        let mut strays = room(1.0);
        (0..5).for_each(|i| strays[i][2] = if i % 2 == 0 { 1e5 } else { -1e5 });
        check_scale(&strays).unwrap();
        check_scale(&[[0.0; 3]]).unwrap();
    }
}
