//! What may be wrong with a scan whose labels look bad, for the user.

use labelset::LabelSet;
use pointops::{IndexKind, NeighborIndex};

/// Rooms are lower than this, in metres.
const HIGHEST_ROOM: f32 = 5.0;
/// Scans of rooms, and of parts of them, are wider than this. Of those that are ten times smaller,
/// [`scannet::coordinate_faults`] speaks.
const SMALLEST: f32 = 1.0;
/// Points further from each other than this show too little.
const SPARSE: f32 = 0.055;
/// Most points of a scan whose distances are looked at; larger ones are not sparse, or not of a room.
const MOST_POINTS: usize = 300_000;
/// Points whose nearest neighbour is looked for.
const SAMPLE: usize = 1000;
/// A tilt of more degrees than this is told.
const TILTED: f32 = 8.0;
/// Share of a room's points on the floor, at least.
const LEAST_FLOOR: f64 = 0.04;
/// Share of a room's points on its walls, at most. In scans that lie on their side or are tilted, much looks like walls.
const MOST_WALL: f64 = 0.6;
/// Fewer points than this say little.
const FEW: usize = 1000;

/// What is odd about the size, the density and the tilt of a scan with +z up.
///
/// - `levels`: whether the network sees scans made level
pub(super) fn before(coord: &[[f32; 3]], levels: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if coord.len() < FEW {
        return notes;
    }
    let size = [0, 1, 2].map(|axis| {
        let mut values: Vec<f32> = coord.iter().map(|p| p[axis]).collect();
        let skip = values.len() / 100;
        let mut at = |rank: usize| *values.select_nth_unstable_by(rank, f32::total_cmp).1;
        at(coord.len() - 1 - skip) - at(skip)
    });
    let [x, y, z] = size.map(|side| format!("{side:.1}"));
    let reach = coord.as_flattened().iter().fold(0.0, |reach: f32, v| reach.max(v.abs()));
    if size[2] > HIGHEST_ROOM {
        notes.push(format!(
            "the scan is {z} m high, more than a room; if its unit is not the metre, scale it, and if it has several \
             storeys, cut them apart"
        ));
    } else if (SMALLEST / 10.0..SMALLEST).contains(&size[0].max(size[1]).max(size[2])) {
        notes.push(format!("the scan is {x} × {y} × {z} m large; if it shows a room, scale its coordinates to metres"));
    } else if (0.9..=1.0).contains(&reach) {
        notes.push(
            "all coordinates are between -1 and 1; if the scan was normalised, scale it back to metres".to_owned(),
        );
    }
    if let Some(distance) = typical_distance(coord).filter(|distance| *distance > SPARSE) {
        notes.push(format!(
            "its points are about {:.0} cm apart; from 7 cm on labels become wrong, so use a denser scan if there is one",
            100.0 * distance
        ));
    }
    let tilt = pointops::tilt(coord);
    // in smaller scans, layers are too thick to tell
    if tilt > TILTED && size[0].max(size[1]) >= SMALLEST {
        let what_now = match levels {
            true => "the network sees it made level",
            false => "the network was trained on level ones, so turn it upright first",
        };
        notes.push(format!("the scan seems to be tilted by about {tilt:.0} degrees; {what_now}"));
    }
    notes
}

/// What is odd about the labels: every room has a floor, and more than walls.
pub(super) fn after(classes: &[i32], labels: &LabelSet) -> Option<String> {
    let share = |name: &str| {
        let wanted = labels.class_named(name)?;
        Some(classes.iter().filter(|class| **class == wanted).count() as f64 / classes.len() as f64)
    };
    if classes.len() < FEW {
        return None;
    }
    if let Some(floor) = share("floor").filter(|share| *share < LEAST_FLOOR) {
        return Some(format!(
            "only {:.1} % of it is labelled floor; if it shows more of one, look whether it is upside down (--up -z), \
             tilted, or has many points below its floor",
            100.0 * floor
        ));
    }
    share("wall").filter(|share| *share > MOST_WALL).map(|wall| {
        format!(
            "{:.0} % of it is labelled wall; if it shows fewer walls, look whether it lies on its side (--up y or --up -y), \
             or is tilted",
            100.0 * wall
        )
    })
}

/// The median distance of a point to its nearest neighbour; `None` for large scans.
fn typical_distance(coord: &[[f32; 3]]) -> Option<f32> {
    if coord.len() > MOST_POINTS {
        return None;
    }
    let queries: Vec<[f32; 3]> = coord.iter().step_by(coord.len().div_ceil(SAMPLE)).copied().collect();
    let near = NeighborIndex::build(coord, IndexKind::Auto).ok()?.knn(&queries, 2).ok()?;
    let mut distances: Vec<f32> = near.squared_distances.chunks_exact(2).map(|pair| pair[1].sqrt()).collect();
    let middle = distances.len() / 2;
    Some(*distances.select_nth_unstable_by(middle, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A floor and a wall, with this distance between points.
    fn room(distance: f32, scale: f32) -> Vec<[f32; 3]> {
        let (wide, high) = ((4.0 / distance) as usize, (2.5 / distance) as usize);
        let floor = (0..wide * wide).map(|i| [(i % wide) as f32, (i / wide) as f32, 0.0]);
        let wall = (0..wide * high).map(|i| [(i % wide) as f32, 0.0, (i / wide) as f32]);
        floor.chain(wall).map(|p| p.map(|v| v * distance * scale)).collect()
    }

    fn only(notes: Vec<String>, part: &str) {
        assert!(notes.len() == 1 && notes[0].contains(part), "{notes:?}");
    }

    #[test]
    fn units_and_sparse_scans_are_noticed() {
        assert_eq!(before(&room(0.03, 1.0), true), [""; 0]);
        assert_eq!(before(&room(0.03, 1.0)[..500], true), [""; 0]);
        only(before(&room(0.015, 3.28), true), "7.9 m high, more than a room");
        only(before(&room(0.03, 0.1), true), "scale its coordinates to metres");
        // verify speaks of these
        assert_eq!(before(&room(0.03, 0.02), true), [""; 0]);
        let normalised: Vec<_> = room(0.03, 0.5).into_iter().map(|p| p.map(|v| v - 1.0)).collect();
        only(before(&normalised, true), "between -1 and 1");
        only(before(&room(0.08, 1.0), true), "about 8 cm apart");
        // a point that is there twice says nothing
        assert_eq!(before(&[room(0.08, 1.0), room(0.08, 1.0)].concat(), true), [""; 0]);
    }

    #[test]
    fn a_tilted_scan_is_noticed() {
        let tilted: Vec<_> =
            room(0.03, 1.0).into_iter().map(|p| [p[0], 0.9 * p[1] - 0.4 * p[2], 0.4 * p[1] + 0.9 * p[2]]).collect();
        only(before(&tilted, true), "tilted by about 24 degrees; the network sees it made level");
        only(before(&tilted, false), "turn it upright first");
    }

    #[test]
    fn a_room_without_floor_is_noticed() {
        let labels = LabelSet::scannet20();
        let floor = labels.class_named("floor").unwrap();
        let mut classes = vec![floor; 2000];
        assert_eq!(after(&classes, &labels), None);
        classes[20..].fill((floor + 1) % 20);
        assert!(after(&classes, &labels).unwrap().starts_with("only 1.0 %"));
        assert_eq!(after(&classes[1500..], &labels), None);
        let wall = labels.class_named("wall").unwrap();
        classes[..700].fill(floor);
        classes[700..].fill(wall);
        assert!(after(&classes, &labels).unwrap().starts_with("65 % of it is labelled wall"));
        classes[..900].fill(floor);
        assert_eq!(after(&classes, &labels), None);
    }
}
