//! The extent of a scan in spite of stray points.
//!
//! Real scans hold points that belong to nothing: below the floor, outside the walls, far away. The lowest z of ScanNet's
//! scans lies centimetres to half a metre below the floor. These estimates ignore such points, depend on nothing but the
//! coordinates, and change by little if a few points are added.

use crate::bounds;

/// Share of points below the floor by definition.
const FLOOR: f64 = 0.02;
/// Share of points above the top by definition.
const ABOVE: f64 = 0.001;
/// Largest share of points that may be strays at one end of an axis.
const STRAYS: f64 = 0.001;
/// Free space between strays and the rest, in metres.
const GAP: f32 = 0.5;

/// Vertical extent of a scan without its stray points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerticalExtent {
    /// Height of the floor: the 2nd percentile of z, which is the z with rank `floor(0.02 · (n − 1))`, counted from 0.
    pub floor: f32,
    /// Height of the highest parts: the z with rank `n − 1 − floor(0.001 · (n − 1))`.
    pub top: f32,
}

/// Estimates the floor and the top of a scan with +z up. The 2nd percentile is on the floor wherever a scan shows one: the
/// floor is a fifth of a room's points. `None` without points.
///
/// Coordinates must not be NaN. The time is linear in the number of points.
///
/// ```
/// let mut room: Vec<[f32; 3]> = (0..1000).map(|i| [0.0, 0.0, 0.01 * (i / 4) as f32]).collect();
/// room.push([0.0, 0.0, -2.0]);
/// let extent = pointops::vertical_extent(&room).unwrap();
/// assert!((extent.floor - 0.04).abs() < 0.005 && (extent.top - 2.49).abs() < 0.005);
/// ```
pub fn vertical_extent(coord: &[[f32; 3]]) -> Option<VerticalExtent> {
    let last = coord.len().checked_sub(1)?;
    let rank = |share: f64| (share * last as f64) as usize;
    let mut z: Vec<f32> = coord.iter().map(|p| p[2]).collect();
    let (_, &mut floor, above) = z.select_nth_unstable_by(rank(FLOOR), f32::total_cmp);
    let top = match above.len().checked_sub(1 + rank(ABOVE)) {
        Some(place) => *above.select_nth_unstable_by(place, f32::total_cmp).1,
        None => floor,
    };
    Some(VerticalExtent { floor, top })
}

/// Corners of the bounding box without strays: along each axis, up to a thousandth of the points at either end are left
/// out if at least 0.5 m separate them from the rest. Without such points these are exactly the [`bounds`].
///
/// Coordinates must not be NaN.
///
/// ```
/// let mut wall: Vec<[f32; 3]> = (0..5000).map(|i| [i as f32 * 0.001, 0.0, 1.0]).collect();
/// wall.push([30.0, 0.0, 1.0]);
/// let (low, high) = pointops::main_extent(&wall);
/// assert_eq!((low, high), ([0.0, 0.0, 1.0], [4.999, 0.0, 1.0]));
/// ```
pub fn main_extent(coord: &[[f32; 3]]) -> ([f32; 3], [f32; 3]) {
    let strays = (STRAYS * coord.len() as f64) as usize;
    let (mut low, mut high) = bounds(coord);
    if strays == 0 {
        return (low, high);
    }
    let mut values = vec![0.0; coord.len()];
    for axis in 0..3 {
        for (value, p) in values.iter_mut().zip(coord) {
            *value = p[axis];
        }
        values.select_nth_unstable_by(strays, f32::total_cmp);
        values[..=strays].sort_unstable_by(f32::total_cmp);
        if let Some(place) = last_gap(&values[..=strays]) {
            low[axis] = values[place];
        }
        let from = coord.len() - 1 - strays;
        values.select_nth_unstable_by(from, f32::total_cmp);
        let inwards = &mut values[from..];
        inwards.sort_unstable_by(|a, b| b.total_cmp(a));
        if let Some(place) = last_gap(inwards) {
            high[axis] = inwards[place];
        }
    }
    (low, high)
}

/// The place of the innermost value that a gap separates from the one before it, going inwards from an end.
fn last_gap(inwards: &[f32]) -> Option<usize> {
    (1..inwards.len()).rev().find(|&i| (inwards[i] - inwards[i - 1]).abs() >= GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of 5 × 4 × 2.5 m: a fifth of its points on the floor, the others on the walls.
    fn room() -> Vec<[f32; 3]> {
        let at = |i: u32, a: u32, side: f32| (i.wrapping_mul(a) % 10_007) as f32 / 10_007.0 * side;
        (0..20_000u32)
            .map(|i| match i % 5 {
                0 => [at(i, 7919, 5.0), at(i, 104_729, 4.0), 0.0],
                1 => [0.0, at(i, 7919, 4.0), at(i, 104_729, 2.5)],
                2 => [5.0, at(i, 7919, 4.0), at(i, 104_729, 2.5)],
                3 => [at(i, 7919, 5.0), 0.0, at(i, 104_729, 2.5)],
                _ => [at(i, 7919, 5.0), 4.0, at(i, 104_729, 2.5)],
            })
            .collect()
    }

    #[test]
    fn strays_on_any_side_change_nothing() {
        let clean = (vertical_extent(&room()).unwrap(), main_extent(&room()));
        assert_eq!(clean.0.floor, 0.0);
        assert!((clean.0.top - 2.5).abs() < 0.02);
        assert_eq!(clean.1, bounds(&room()));
        for stray in [[2.0, 2.0, -0.6], [2.0, 2.0, -2.0], [2.0, 2.0, 30.0], [-7.0, 2.0, 1.0], [35.0, 1e6, 1.0]] {
            let mut scan = room();
            scan.insert(77, stray);
            scan.push(stray.map(|v| v * 1.5));
            let vertical = vertical_extent(&scan).unwrap();
            assert_eq!(vertical.floor, 0.0, "{stray:?}");
            assert!((vertical.top - clean.0.top).abs() < 0.01, "{stray:?}");
            assert_eq!(main_extent(&scan), clean.1, "{stray:?}");
        }
    }

    #[test]
    fn many_points_apart_from_the_rest_are_no_strays() {
        let mut scan = room();
        scan.extend((0..40).map(|i| [9.0, i as f32 * 0.1, 1.0]));
        assert_eq!(main_extent(&scan).1, [9.0, 4.0, bounds(&scan).1[2]]);
    }

    #[test]
    fn ranks_are_those_of_the_definition() {
        assert_eq!(vertical_extent(&[]), None);
        for n in [1usize, 2, 50, 51, 52, 999, 1000, 1001, 2002] {
            let coord: Vec<[f32; 3]> = (0..n).map(|i| [0.0, 0.0, ((i * 7919) % n) as f32]).collect();
            let mut sorted: Vec<f32> = coord.iter().map(|p| p[2]).collect();
            sorted.sort_by(f32::total_cmp);
            let rank = |share: f64| (share * (n - 1) as f64) as usize;
            let expected = VerticalExtent { floor: sorted[rank(0.02)], top: sorted[n - 1 - rank(0.001)] };
            assert_eq!(vertical_extent(&coord), Some(expected), "{n}");
        }
    }
}
