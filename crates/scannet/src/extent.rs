//! Where a scan lies, how large it is and which way is up: what is not in metres, lies too far away for `f32`, or on its
//! side.

use crate::faults::{Fault, FaultKind};

/// Scans that need more columns of 1.5 m than this to cover them are too large for training, as it is usually configured.
const MOST_COLUMNS: f32 = 10_000.0;
/// Scans of more metres in height than this are not of rooms.
const LARGEST: f32 = 100.0;
/// Scans of fewer metres than this are not of rooms.
const SMALLEST: f32 = 0.1;
/// At this distance from the origin, the steps of `f32` are 1 mm.
const FARTHEST: f32 = 8192.0;
/// Scans with more than this share of their vertices at one place are odd.
const SAME_PLACE: f32 = 0.02;
/// Number of vertices that the extents are estimated from.
const SAMPLE: usize = 20_000;

/// What is odd about the coordinates of a scan, which are finite: its size, its place, its axes, its strays.
pub fn coordinate_faults(coord: &[[f32; 3]]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if coord.is_empty() {
        return faults;
    }
    // Between the 1st and the 99th percentile, so that a few strays do not count.
    // An odd step, for scans whose points take turns.
    let step = coord.len().div_ceil(SAMPLE) | 1;
    let sorted = [0, 1, 2].map(|axis| {
        let mut values: Vec<f32> = coord.iter().step_by(step).map(|p| p[axis]).collect();
        values.sort_unstable_by(f32::total_cmp);
        values
    });
    let inner = sorted.each_ref().map(|v| (v[v.len() / 100], v[v.len() - 1 - v.len() / 100]));
    let size = inner.map(|(low, high)| high - low);
    let most = size.into_iter().fold(0.0, f32::max);
    let columns = size[..2].iter().map(|width| (width / 1.5).ceil().max(1.0)).product::<f32>();
    let refused = columns > MOST_COLUMNS;
    let large = refused || size[2] > LARGEST;
    if large || (most < SMALLEST && coord.len() > 100) {
        let [x, y, z] = size.map(shown);
        let unit = if most > 1000.0 { "millimetres" } else { "centimetres" };
        let units = match large {
            true => format!(", as if its coordinates were in {unit}"),
            false => String::new(),
        };
        let units = if refused { units + "; training refuses such scans" } else { units };
        let detail = format!("the scan is {x} × {y} × {z} m large{units}");
        faults.push(Fault::new(if refused { FaultKind::TooLarge } else { FaultKind::OddSize }, coord.len(), detail));
    }
    let [x, y, z] = inner.map(|(low, high)| low.midpoint(high));
    let far = [x, y, z].into_iter().fold(0.0, |far: f32, v| far.max(v.abs()));
    if far > FARTHEST && far > 2.0 * most {
        let [x, y, z] = [x, y, z].map(shown);
        let detail = format!(
            "its coordinates lie around ({x}, {y}, {z}), as in a map's grid; 32 bits have steps of {} m there",
            far.next_up() - far
        );
        faults.push(Fault::new(FaultKind::FarAway, coord.len(), detail));
    }
    if !large {
        let outside = |p: &[f32; 3]| (0..3).any(|k| p[k] < inner[k].0 - LARGEST || p[k] > inner[k].1 + LARGEST);
        if let Some(first) = coord.iter().position(outside) {
            let [x, y, z] = coord[first].map(shown);
            let detail = format!("vertex {first} at ({x}, {y}, {z}) lies more than {LARGEST} m from the others");
            faults.push(Fault::new(FaultKind::Strays, coord.iter().filter(|p| outside(p)).count(), detail));
        }
    }
    if let Some((place, vertices)) = fullest_place(coord, step) {
        let [x, y, z] = place.map(shown);
        let detail = format!("many vertices lie at the same place, ({x}, {y}, {z})");
        faults.push(Fault::new(FaultKind::SamePlace, vertices, detail));
    }
    if let Some(axis) = lies_on_its_side(&sorted, size) {
        let detail = format!("the scan looks as if {axis} pointed up instead of z");
        faults.push(Fault::new(FaultKind::OddAxes, coord.len(), detail));
    }
    faults
}

/// The place of the most vertices and their number, if they are many.
fn fullest_place(coord: &[[f32; 3]], step: usize) -> Option<([f32; 3], usize)> {
    let bits = |p: &[f32; 3]| p.map(|v| (v + 0.0).to_bits()); // 0 and -0 are one place
    let mut seen: Vec<[u32; 3]> = coord.iter().step_by(step).map(bits).collect();
    seen.sort_unstable();
    let fullest = seen.chunk_by(|a, b| a == b).max_by_key(|same| same.len())?;
    let many = |count: usize, all: usize| count > 50 && count as f32 > SAME_PLACE * all as f32;
    if !many(fullest.len(), seen.len()) {
        return None;
    }
    let vertices = coord.iter().filter(|p| bits(p) == fullest[0]).count();
    many(vertices, coord.len()).then(|| (fullest[0].map(f32::from_bits), vertices))
}

/// The axis along which a scan has a floor and no ceiling, if along z it has two faces alike, as of opposite walls.
///
/// Scans have few ceilings, and walls come in pairs. A room with a ceiling and a wall that was not scanned can look like
/// this too.
fn lies_on_its_side(sorted: &[Vec<f32>; 3], size: [f32; 3]) -> Option<&'static str> {
    if sorted[0].len() < 1000 || size.iter().any(|&s| !(1.5..LARGEST).contains(&s)) {
        return None;
    }
    let faces = sorted.each_ref().map(|values| [face(values, false), face(values, true)]);
    let [low, high] = faces[2];
    if low.min(high) < 0.08 || (low - high).abs() > 0.05 {
        return None;
    }
    let upright = |axis: usize| {
        let [low, high] = faces[axis];
        low.max(high) > 0.15 && low.min(high) < 0.25 * low.max(high) && size[axis] < 5.0
    };
    match (upright(0), upright(1)) {
        (true, false) => Some("x"),
        (false, true) => Some("y"),
        _ => None,
    }
}

/// The largest share of the values within 6 cm of each other, in the fifth of the range at one end.
fn face(sorted: &[f32], at_end: bool) -> f32 {
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    let fifth = (last - first) / 5.0;
    let place = |value: f32| sorted.partition_point(|v| *v < value);
    let range = if at_end { place(last - fifth)..sorted.len() } else { 0..place(first + fifth) };
    // far from the origin the sum may be the same value, or one before
    let most = range.step_by(8).map(|i| place(sorted[i] + 0.06).saturating_sub(i)).max();
    most.unwrap_or(0) as f32 / sorted.len() as f32
}

/// A length in as few digits as it takes.
fn shown(value: f32) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.3}"),
        10.0..1e8 => format!("{value:.0}"),
        _ => format!("{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(scale: f32, offset: f32) -> Vec<[f32; 3]> {
        let at = |i: usize| [(i % 40) as f32 * 0.1, (i / 40 % 30) as f32 * 0.1, (i / 1200) as f32 * 0.5];
        (0..6000).map(at).map(|p| p.map(|v| v * scale + offset)).collect()
    }

    #[test]
    fn units_offsets_and_strays_are_told_apart() {
        let kinds = |coord: &[[f32; 3]]| coordinate_faults(coord).iter().map(|f| f.kind).collect::<Vec<_>>();
        assert!(kinds(&room(1.0, 0.0)).is_empty() && kinds(&room(1.0, -30.0)).is_empty());
        assert!(kinds(&[]).is_empty() && kinds(&[[0.0; 3]; 3]).is_empty());
        assert_eq!(kinds(&room(1000.0, 0.0)), [FaultKind::TooLarge]);
        assert_eq!(kinds(&room(0.001, 0.0)), [FaultKind::OddSize]);
        assert_eq!(kinds(&room(1.0, 500_000.0)), [FaultKind::FarAway]);
        let mut strays = room(1.0, 0.0);
        strays.extend([[1e30, 0.0, 0.0], [0.0, 0.0, -500.0]]);
        let found = coordinate_faults(&strays);
        assert_eq!((found.len(), found[0].kind, found[0].vertices), (1, FaultKind::Strays, 2));
        // a floor and four walls, each of one point for each 4 × 4 cm
        let mut standing = Vec::new();
        for i in 0..100 {
            let a = i as f32 * 0.04;
            standing.extend((0..75).map(|j| [a, j as f32 * 0.04, 0.0]));
            standing.extend((0..60).flat_map(|j| [0.0, 3.0].map(|y| [a, y, j as f32 * 0.04])));
        }
        let wall = |i: usize| (0..60).flat_map(move |j| [0.0, 4.0].map(|x| [x, i as f32 * 0.04, j as f32 * 0.04]));
        standing.extend((0..75).flat_map(wall));
        assert!(kinds(&standing).is_empty());
        let lying: Vec<[f32; 3]> = standing.iter().map(|p| [p[0], p[2], -p[1]]).collect();
        assert_eq!(kinds(&lying), [FaultKind::OddAxes]);
        for offset in [691_234.1, 5e6, 1e20, -3e38] {
            let far: Vec<[f32; 3]> = lying.iter().map(|p| p.map(|v| v + offset)).collect();
            assert!(kinds(&far).contains(&FaultKind::FarAway));
        }
        assert!(found[0].detail.starts_with("vertex 6000 at (1e30, 0.000, 0.000) lies"), "{}", found[0].detail);
        let mut unseen = room(1.0, 1.0);
        unseen.extend((0..200).map(|i| [0.0, if i % 2 == 0 { 0.0 } else { -0.0 }, 0.0]));
        let found = coordinate_faults(&unseen);
        assert_eq!((found.len(), found[0].kind, found[0].vertices), (1, FaultKind::SamePlace, 200));
        let text = coordinate_faults(&room(1000.0, 0.0))[0].to_string();
        assert!(text.starts_with("the scan is 3900 × 2900 × 2000 m large, as if"), "{text}");
    }
}
