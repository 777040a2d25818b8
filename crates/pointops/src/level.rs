//! The rotation that makes a tilted scan level.

use crate::main_extent;

/// Most points that are looked at: a few thousand show every floor, table and ceiling.
const POINTS: usize = 6000;
/// Largest slope along x and y that is searched, and the step of the first search.
const SLOPE: f32 = 0.14;
const STEP: f32 = 0.02;
/// Thickness of a layer in the first search, and in the last, metres. A slope of one step lifts a room by as much.
const LAYERS: [f32; 2] = [0.06, 0.025];
/// How much fuller the layers have to become before a scan is turned.
const GAIN: f64 = 1.05;
/// The search for large tilts: steps to each side, the slope of one, the thickness of a layer in metres, and which of the
/// points are looked at, every other.
const WIDE: i32 = 16;
const WIDE_STEP: f32 = 0.05;
const WIDE_LAYER: f32 = 0.15;
const WIDE_POINTS: usize = 2;
/// How much fuller the layers of something level are than those of slopes of [`SLOPE`] around.
const PEAK: f64 = 1.03;
/// Steps of [`STEP`] to each side of the slope that it finds.
const FAR: i32 = 3;
/// How much fuller layers have to be in a scan that is surely tilted: sloping roofs have full layers, too.
const CLEARLY: f64 = 1.2;
/// How much fuller the layers along an axis are, if it is surely the vertical one. Those along a wall may be as full.
const STANDS_OUT: f64 = 2.5;

/// A rotation about a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    center: [f32; 3],
    /// Rows of the rotation matrix; the last one is the scan's own up direction.
    rows: [[f32; 3]; 3],
}

impl Level {
    /// Moves a point with the scan.
    pub fn point(&self, p: [f32; 3]) -> [f32; 3] {
        let turned = self.direction(std::array::from_fn(|a| p[a] - self.center[a]));
        std::array::from_fn(|a| turned[a] + self.center[a])
    }

    /// Turns a direction, such as a normal, with the scan.
    pub fn direction(&self, v: [f32; 3]) -> [f32; 3] {
        self.rows.map(|row| dot(row, v))
    }

    /// The angle of the rotation in degrees.
    pub fn degrees(&self) -> f32 {
        self.rows[2][0].hypot(self.rows[2][1]).atan2(self.rows[2][2]).to_degrees()
    }

    /// The smallest rotation that turns the direction `(slope, 1)` upwards.
    fn of(center: [f32; 3], slope: [f32; 2]) -> Self {
        let length = (slope[0] * slope[0] + slope[1] * slope[1] + 1.0).sqrt();
        let [x, y, z] = [slope[0] / length, slope[1] / length, 1.0 / length];
        // Rodrigues' formula for the axis up × z
        let k = 1.0 / (1.0 + z);
        Level { center, rows: [[1.0 - k * x * x, -k * x * y, -x], [-k * x * y, 1.0 - k * y * y, -y], [x, y, z]] }
    }
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Finds the rotation that makes floor, tables and ceiling of a scan with +z up level. `None` if the scan is level, or
/// shows too little that is flat. Tilts of up to about 8° along each axis are found to a tenth of a degree or two; larger
/// ones, up to about 35°, only where level surfaces clearly show.
///
/// Level surfaces fill few layers of equal height: of all directions, the one is chosen whose layers are fullest, by
/// the sum of squared counts. Walls fill all layers alike and do not matter. The time does not depend on the number of
/// points, except for finding the extent. Coordinates must not be NaN.
///
/// ```
/// // a floor that rises by 5 cm a metre, and a wall
/// let floor = (0..2500).map(|i| [(i % 50) as f32 * 0.1, (i / 50) as f32 * 0.1]).map(|[x, y]| [x, y, 0.05 * x]);
/// let wall = (0..1000).map(|i| [0.1 * (i % 50) as f32, 5.0, 0.1 * (i / 50) as f32]);
/// let scan: Vec<[f32; 3]> = floor.chain(wall).collect();
/// let level = pointops::level(&scan).unwrap();
/// assert!((level.degrees() - 2.86).abs() < 0.2);
/// let (low, high) = (level.point(scan[0]), level.point(scan[49]));
/// assert!((low[2] - high[2]).abs() < 0.02);
/// ```
pub fn level(coord: &[[f32; 3]]) -> Option<Level> {
    let (mut search, center) = Search::in_scan(coord)?;
    let mut best = search.refined([0.0; 2], (SLOPE / STEP).round() as i32);
    if let Some(slope) = search.wide().filter(|slope| slope[0].hypot(slope[1]) > SLOPE) {
        let far = search.refined(slope, FAR);
        if search.fullness(far, LAYERS[1]) > search.fullness(best, LAYERS[1]) {
            best = far;
        }
    }
    let better = search.fullness(best, LAYERS[1]) as f64 > GAIN * search.fullness([0.0; 2], LAYERS[1]) as f64;
    better.then(|| Level::of(center, best))
}

/// The axis (0, 1 or 2) along which a scan has by far the fullest layers, see [`level`]: that which points up or down in
/// a scan of a room. `None` if no axis stands out. Coordinates must not be NaN.
pub fn level_axis(coord: &[[f32; 3]]) -> Option<usize> {
    let (mut search, _) = Search::in_scan(coord)?;
    let full = [0, 1, 2].map(|axis| {
        let along = std::array::from_fn(|a| if a == axis { 1.0 } else { 0.0 });
        search.fullness_along(along, LAYERS[0]) as f64
    });
    (0..3).find(|&axis| (0..3).all(|other| other == axis || full[axis] > STANDS_OUT * full[other]))
}

/// The angle in degrees by which a scan with +z up is tilted, up to about 35, to a few degrees; 0 if it is level, or no
/// other direction has clearly fuller layers, see [`level`]. Coordinates must not be NaN.
pub fn tilt(coord: &[[f32; 3]]) -> f32 {
    let found = Search::in_scan(coord).and_then(|(search, center)| Some(Level::of(center, search.wide()?)));
    found.map_or(0.0, |level| level.degrees())
}

struct Search {
    /// Relative to the center of the scan.
    points: Vec<[f32; 3]>,
    counts: Vec<u32>,
}

impl Search {
    /// A few thousand points of a scan, and its center; `None` without points.
    fn in_scan(coord: &[[f32; 3]]) -> Option<(Self, [f32; 3])> {
        if coord.is_empty() {
            return None;
        }
        let (low, high) = main_extent(coord);
        let center: [f32; 3] = std::array::from_fn(|a| (low[a] + high[a]) / 2.0);
        let inside = |p: &&[f32; 3]| (0..3).all(|a| p[a] >= low[a] && p[a] <= high[a]);
        let some = coord.iter().step_by(coord.len().div_ceil(POINTS)).filter(inside);
        let points = some.map(|p| std::array::from_fn(|a| p[a] - center[a])).collect();
        Some((Search { points, counts: Vec::new() }, center))
    }

    /// The best slope near one: first among steps to each side, then ever nearer.
    fn refined(&mut self, mut best: [f32; 2], around: i32) -> [f32; 2] {
        let mut step = STEP;
        self.best_around(&mut best, around, step, LAYERS[0]);
        while step > 0.002 {
            step /= 2.0;
            // the layers become thinner as the direction is known better
            self.best_around(&mut best, 2, step, LAYERS[usize::from(step < 0.008)]);
        }
        best
    }

    /// The slope with the fullest layers among large ones, if they are clearly fuller than those of a level scan. `None`
    /// where something level stands out as well, as the floor below a sloping roof or the steps of stairs do.
    fn wide(&self) -> Option<[f32; 2]> {
        let some = self.points.iter().step_by(WIDE_POINTS).copied().collect();
        let (mut search, mut best) = (Search { points: some, counts: Vec::new() }, [0.0; 2]);
        search.best_around(&mut best, WIDE, WIDE_STEP, WIDE_LAYER);
        let [full, level] = [best, [0.0; 2]].map(|slope| search.fullness(slope, WIDE_LAYER) as f64);
        // at the border of the search, a slope is not the best of all
        let inside = best.iter().all(|slope| slope.abs() < (WIDE as f32 - 0.5) * WIDE_STEP);
        (inside && full > CLEARLY * level && !search.level_stands_out()).then_some(best)
    }

    /// Whether layers are fuller than those of all directions around.
    fn level_stands_out(&mut self) -> bool {
        let level = self.fullness([0.0; 2], LAYERS[0]) as f64;
        (0..8).all(|eighth| {
            let (sin, cos) = (eighth as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
            level > PEAK * self.fullness([SLOPE * cos, SLOPE * sin], LAYERS[0]) as f64
        })
    }

    /// [`fullness_along`](Self::fullness_along) the direction `(slope, 1)`.
    fn fullness(&mut self, slope: [f32; 2], layer: f32) -> u64 {
        let length = (slope[0] * slope[0] + slope[1] * slope[1] + 1.0).sqrt();
        self.fullness_along([slope[0], slope[1], 1.0].map(|v| v / length), layer)
    }

    /// The sum of squared numbers of points in layers of thickness `layer`, perpendicular to a unit vector.
    fn fullness_along(&mut self, up: [f32; 3], layer: f32) -> u64 {
        let up = up.map(|v| v / layer);
        self.counts.clear();
        for p in &self.points {
            // the sign decides between even and odd places, so that no lowest layer is needed
            let height = dot(up, *p);
            // rounded down; `floor` is a call on processors without SSE 4.1
            let towards_zero = height as i32;
            let place = towards_zero - i32::from(towards_zero as f32 > height);
            let place = ((place << 1) ^ (place >> 31)) as usize;
            if place >= self.counts.len() {
                self.counts.resize((place + 1).min(MOST_LAYERS), 0);
            }
            if let Some(count) = self.counts.get_mut(place) {
                *count += 1;
            }
        }
        self.counts.iter().map(|count| u64::from(*count).pow(2)).sum()
    }

    /// Replaces a slope by the best of a grid around it. Of equally good ones the first stays.
    fn best_around(&mut self, best: &mut [f32; 2], around: i32, step: f32, layer: f32) {
        let middle = *best;
        let mut fullest = self.fullness(middle, layer);
        for j in -around..=around {
            for i in -around..=around {
                let slope = [middle[0] + i as f32 * step, middle[1] + j as f32 * step];
                let full = self.fullness(slope, layer);
                if full > fullest {
                    (*best, fullest) = (slope, full);
                }
            }
        }
    }
}

/// Layers beyond which points are left out: a scan of kilometres is no room.
const MOST_LAYERS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Floor, four walls and a table, with a little unevenness, tilted by `slope`.
    fn room(slope: [f32; 2]) -> Vec<[f32; 3]> {
        let mut points = Vec::new();
        for i in 0..80 {
            for j in 0..80 {
                let (u, v) = (i as f32 * 0.05, j as f32 * 0.05);
                let bump = 0.01 * (7.0 * u).sin() * (5.0 * v).cos();
                points.push([u, v, bump]);
                if (20..40).contains(&i) && (10..30).contains(&j) {
                    points.push([u, v, 0.74 + bump]);
                }
                if j < 50 {
                    points.extend([[u, 0.0, v], [u, 4.0, v], [0.0, u, v], [4.0, u, v]]);
                }
            }
        }
        let back = Level::of([0.0; 3], slope);
        // the inverse rotation
        points.iter().map(|p| std::array::from_fn(|a| (0..3).map(|r| back.rows[r][a] * p[r]).sum())).collect()
    }

    #[test]
    fn tilted_rooms_become_level() {
        for slope in [[0.0874, 0.0], [-0.05, 0.03], [0.02, -0.11], [0.0, 0.012]] {
            let scan = room(slope);
            let level = level(&scan).expect("a tilted room");
            let degrees = slope[0].hypot(slope[1]).atan().to_degrees();
            assert!((level.degrees() - degrees).abs() < 0.35, "{slope:?}: {}", level.degrees());
            // the floor has every point whose place in the room is at its height
            let floor: Vec<f32> = scan.iter().map(|p| level.point(*p)[2]).collect();
            let lowest = floor.iter().copied().fold(f32::MAX, f32::min);
            let on_floor = floor.iter().filter(|z| **z < lowest + 0.06).count();
            assert!(on_floor > 6000, "{slope:?}: {on_floor}");
        }
    }

    #[test]
    fn a_large_tilt_is_told_and_turned() {
        for (slope, degrees) in [([0.0, 0.0], 0.0), ([0.3, 0.1], 17.5), ([-0.2, 0.6], 32.3)] {
            let scan = room(slope);
            assert!((tilt(&scan) - degrees).abs() < 3.0, "{slope:?}: {}", tilt(&scan));
            let found = level(&scan).map_or(0.0, |level| level.degrees());
            assert!((found - degrees).abs() < 0.5, "{slope:?}: {found}");
        }
        // a gable roof of 45° over the room, larger than its floor
        let roof = (0..9000).map(|i| [0.06 * (i % 100) as f32 - 1.0, 0.045 * (i / 100) as f32, 0.0]);
        let roof = roof.map(|p| [p[0], p[1], 2.5 + (2.0 - (p[1] - 2.0).abs())]);
        let attic: Vec<_> = room([0.0, 0.0]).into_iter().chain(roof).collect();
        // a floor below a roof that rises to one side, and stairs
        let plane = |n: usize, rise: f32, high: f32| {
            (0..n).map(move |i| [0.05 * (i % 80) as f32, 0.05 * (i / 80) as f32, high + rise * 0.05 * (i % 80) as f32])
        };
        let lean_to: Vec<_> = plane(4800, 0.0, 0.0).chain(plane(7200, 0.5, 1.5)).collect();
        let steep: Vec<_> = plane(4800, 0.0, 0.0).chain(plane(7200, 0.78, 1.0)).collect();
        let stairs: Vec<[f32; 3]> = (0..9000)
            .map(|i| {
                let (step, at) = (i % 15, i / 15);
                let [along, across] = [0.02 * (at % 20) as f32, 0.04 * (at / 20) as f32];
                match along < 0.29 {
                    true => [0.29 * step as f32 + along, across, 0.17 * step as f32],
                    false => [0.29 * step as f32, across, 0.17 * step as f32 - 1.5 * (along - 0.29)],
                }
            })
            .collect();
        for (name, scan) in [("gable", attic), ("lean-to", lean_to), ("steep", steep), ("stairs", stairs)] {
            assert_eq!((tilt(&scan), level(&scan).is_none()), (0.0, true), "{name}");
        }
        let wall: Vec<[f32; 3]> = (0..4000).map(|i| [0.05 * (i % 80) as f32, 0.0, 0.05 * (i / 80) as f32]).collect();
        assert_eq!((tilt(&wall), level(&wall).is_none()), (0.0, true));
        assert_eq!(tilt(&[]), 0.0);
    }

    #[test]
    fn the_vertical_axis_stands_out() {
        // walls are rarely parallel to the axes of a scan; where they are, nothing is certain
        let aligned = room([0.02, 0.01]);
        let (sin, cos) = 0.5f32.sin_cos();
        let scan: Vec<_> = aligned.iter().map(|p| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]]).collect();
        let side: Vec<_> = scan.iter().map(|p| [p[0], p[2], -p[1]]).collect();
        assert_eq!([&scan, &side, &aligned].map(|scan| level_axis(scan)), [Some(2), Some(1), None]);
        let ball: Vec<[f32; 3]> = (0..4000).map(|i| [0.1, 1.7, 2.9].map(|f| (i as f32 * f).sin())).collect();
        assert_eq!((level_axis(&ball), level_axis(&[])), (None, None));
    }

    #[test]
    fn a_rotation_keeps_lengths_and_turns_up() {
        let level = Level::of([1.0, 2.0, 3.0], [0.1, -0.05]);
        let up = level.direction([0.1, -0.05, 1.0]);
        assert!(up[0].abs() < 1e-6 && up[1].abs() < 1e-6);
        let (a, b) = (level.point([1.0, 2.0, 5.0]), level.point([4.0, 2.0, 3.0]));
        let length = |v: [f32; 3]| dot(v, v).sqrt();
        let away = |p: [f32; 3]| length([p[0] - 1.0, p[1] - 2.0, p[2] - 3.0]);
        assert!((away(a) - 2.0).abs() < 1e-5 && (away(b) - 3.0).abs() < 1e-5);
    }

    #[test]
    fn what_is_level_or_shows_nothing_flat_stays() {
        assert_eq!(level(&room([0.0; 2])), None);
        assert_eq!(level(&[]), None);
        assert_eq!(level(&[[1.0, 2.0, 3.0]]), None);
        let wall: Vec<[f32; 3]> = (0..5000).map(|i| [(i % 100) as f32 * 0.03, 0.0, (i / 100) as f32 * 0.05]).collect();
        assert_eq!(level(&wall), None);
    }
}
