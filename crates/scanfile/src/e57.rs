//! E57, of terrestrial laser scanners: one or several scans, each with its pose.

use crate::{Cloud, unreadable};
use e57::{E57Reader, PointCloud, RawValues, Record, RecordDataType, RecordName, Transform};
use scannet::{ColorRange, Problem, color_bytes};
use std::path::Path;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause| unreadable("E57", cause);
    let mut reader = E57Reader::from_file(path).map_err(wrong)?;
    let mut cloud = Cloud { range: Some(ColorRange::Byte), ..Cloud::default() };
    let (mut colorless, mut colored) = (0, Vec::new());
    for scan in reader.pointclouds() {
        if scan.prototype.iter().all(|record| is_constant(&record.data_type)) && scan.records > 0 {
            return Err(unreadable("E57", "all points of a scan are the same"));
        }
        let places = Places::of(&scan);
        let pose = scan.transform.clone().unwrap_or_default();
        let first = cloud.coord.len();
        for values in reader.pointcloud_raw(&scan).map_err(wrong)? {
            let values = values.map_err(wrong)?;
            let number = |place: usize| values[place].to_f64(&scan.prototype[place].data_type).map_err(wrong);
            let three = |[a, b, c]: [usize; 3]| Ok([number(a)?, number(b)?, number(c)?]);
            let own = match places.coord(&values, &scan.prototype) {
                Coord::Cartesian(places) => three(places)?,
                Coord::Spherical(places) => {
                    let [range, azimuth, elevation] = three(places)?;
                    let ((sin, cos), (up, along)) = (azimuth.sin_cos(), elevation.sin_cos());
                    [range * along * cos, range * along * sin, range * up]
                }
                Coord::None => [f64::NAN; 3],
            };
            cloud.check_room(1)?;
            cloud.coord.push(posed(&pose, own));
            colorless += usize::from(places.color.is_none());
            cloud.color.push(places.color.map_or(Ok([0.0; 3]), three)?);
        }
        if let Some([red, ..]) = places.color {
            let (range, most) = range(&scan.prototype[red].data_type);
            // where there is no point, the colour may be anything
            for (color, coord) in cloud.color[first..].iter_mut().zip(&cloud.coord[first..]) {
                let placed = coord.iter().all(|v| v.is_finite());
                *color = if placed { color.map(|v| v * (255.0 / most)) } else { [0.0; 3] };
            }
            colored.push((first..cloud.coord.len(), range));
        }
    }
    for range in [ColorRange::Byte, ColorRange::Integer, ColorRange::Real] {
        let places = || colored.iter().filter(|(_, own)| *own == range).flat_map(|(scan, _)| scan.clone());
        let values: Vec<[f64; 3]> = places().map(|i| cloud.color[i]).collect();
        match color_bytes(&values, range, "of the file") {
            Ok((bytes, _)) => places().zip(bytes).for_each(|(i, bytes)| cloud.color[i] = bytes.map(f64::from)),
            Err(problem) => {
                cloud.notes.push(format!("colours are left out ({problem})"));
                cloud.color.clear();
                return Ok(cloud);
            }
        }
    }
    if colorless > 0 && colorless < cloud.coord.len() {
        cloud
            .notes
            .push(format!("{} no colour, and black instead", scannet::count(colorless, "point has|points have")));
    }
    Ok(cloud)
}

/// Where the values of a point are.
struct Places {
    cartesian: Option<[usize; 3]>,
    spherical: Option<[usize; 3]>,
    color: Option<[usize; 3]>,
    cartesian_state: Option<usize>,
    spherical_state: Option<usize>,
}

/// Which coordinates of a point are valid.
enum Coord {
    Cartesian([usize; 3]),
    /// Range, azimuth and elevation.
    Spherical([usize; 3]),
    None,
}

impl Places {
    fn of(scan: &PointCloud) -> Self {
        let place = |name: RecordName| scan.prototype.iter().position(|record| record.name == name);
        let places = |a, b, c| Some([place(a)?, place(b)?, place(c)?]);
        use RecordName as R;
        Places {
            cartesian: places(R::CartesianX, R::CartesianY, R::CartesianZ),
            spherical: places(R::SphericalRange, R::SphericalAzimuth, R::SphericalElevation),
            color: places(R::ColorRed, R::ColorGreen, R::ColorBlue),
            cartesian_state: place(R::CartesianInvalidState),
            spherical_state: place(R::SphericalInvalidState),
        }
    }

    fn coord(&self, values: &RawValues, prototype: &[Record]) -> Coord {
        let state = |place: usize| values[place].to_i64(&prototype[place].data_type).unwrap_or(0);
        let valid = |place: Option<usize>| place.is_none_or(|place| state(place) == 0);
        match (self.cartesian, self.spherical) {
            (Some(places), _) if valid(self.cartesian_state) => Coord::Cartesian(places),
            (_, Some(places)) if valid(self.spherical_state) => Coord::Spherical(places),
            _ => Coord::None,
        }
    }
}

/// A type of a single value, which takes no bits, so that nothing says how many points there are.
fn is_constant(data_type: &RecordDataType) -> bool {
    match data_type {
        RecordDataType::Integer { min, max } | RecordDataType::ScaledInteger { min, max, .. } => min == max,
        RecordDataType::Single { .. } | RecordDataType::Double { .. } => false,
    }
}

/// The range of the colours of a scan, and the largest where that is not usual. Scans of one file may have several; those
/// of one range are looked at together, as a dark one does not show it.
fn range(data_type: &RecordDataType) -> (ColorRange, f64) {
    match data_type {
        // more bits than 8 and fewer than 16
        RecordDataType::Integer { min: 0, max: most @ (1023 | 4095 | 16383) } => (ColorRange::Byte, *most as f64),
        RecordDataType::Integer { max: ..=255, .. } => (ColorRange::Byte, 255.0),
        RecordDataType::Integer { .. } | RecordDataType::ScaledInteger { .. } => (ColorRange::Integer, 255.0),
        RecordDataType::Single { .. } | RecordDataType::Double { .. } => (ColorRange::Real, 255.0),
    }
}

/// A point of a scan in the coordinates of the file.
fn posed(pose: &Transform, p: [f64; 3]) -> [f64; 3] {
    let (q, t) = (&pose.rotation, &pose.translation);
    let axis = [q.x, q.y, q.z];
    // p + 2 w (axis × p) + 2 axis × (axis × p)
    let first = cross(axis, p);
    let second = cross(axis, first);
    let turned = [0, 1, 2].map(|i| p[i] + 2.0 * (q.w * first[i] + second[i]));
    [turned[0] + t.x, turned[1] + t.y, turned[2] + t.z]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
