//! Points as lines of numbers: XYZ, PTS, CSV and their like.

use crate::Cloud;
use scannet::{ColorRange, Problem, source};
use std::path::Path;

/// Most bytes of a file.
const MOST: u64 = 8 << 30;

/// Which columns are what.
struct Columns {
    coord: [usize; 3],
    color: Option<[usize; 3]>,
    normal: Option<[usize; 3]>,
}

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let bytes = source::read(path, MOST).map_err(Problem::Read)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut cloud = Cloud { range: Some(ColorRange::Real), ..Cloud::default() };
    let mut columns: Option<(Columns, usize)> = None;
    let mut values = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let wrong = |detail: String, remedy| Problem::Line { line: number + 1, detail, remedy };
        let line = line.trim();
        // PTS has the number of points first
        if line.is_empty() || line.starts_with(['#', '/']) || line.parse::<u64>().is_ok() {
            continue;
        }
        let words = line.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty());
        values.clear();
        let numbers = words.clone().all(|word| {
            word.parse().is_ok_and(|value: f64| {
                values.push(value);
                true
            })
        });
        let (of, width) = match &columns {
            Some(columns) => columns,
            None if numbers => columns.insert((
                by_place(values.len())
                    .ok_or_else(|| wrong(format!("there are {} numbers", values.len()), "a point has x, y and z"))?,
                values.len(),
            )),
            None => {
                let names: Vec<String> = words.map(|word| word.trim_matches('"').to_lowercase()).collect();
                let named = by_name(&names).ok_or_else(|| {
                    wrong(format!("the columns are {}", names.join(", ")), "name the coordinates x, y and z")
                })?;
                columns = Some((named, names.len()));
                continue;
            }
        };
        if !numbers || values.len() != *width {
            return Err(wrong(format!("this is no line of {width} numbers"), "remove or mend it"));
        }
        let three = |places: [usize; 3]| places.map(|place| values[place]);
        cloud.coord.push(three(of.coord));
        cloud.color.extend(of.color.map(three));
        cloud.normal.extend(of.normal.map(|places| three(places).map(|v| v as f32)));
    }
    let unit = |v: &[f64; 3]| (v.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 0.02;
    if cloud.normal.is_empty() && cloud.color.iter().all(unit) {
        cloud.normal = cloud.color.drain(..).map(|v| v.map(|v| v as f32)).collect();
    }
    Ok(cloud)
}

/// The columns by their names.
fn by_name(names: &[String]) -> Option<Columns> {
    let place = |name: &str| names.iter().position(|own| own == name);
    let places = |names: [&str; 3]| Some([place(names[0])?, place(names[1])?, place(names[2])?]);
    Some(Columns {
        coord: places(["x", "y", "z"])?,
        color: places(["r", "g", "b"]).or_else(|| places(["red", "green", "blue"])),
        normal: places(["nx", "ny", "nz"]),
    })
}

/// The columns by their places, as programs write them: colours after the coordinates, or after one intensity. Normals
/// in their place are told by their length.
fn by_place(columns: usize) -> Option<Columns> {
    let coord = (columns >= 3).then_some([0, 1, 2])?;
    let color = match columns {
        3..=5 => None,
        7 => Some([4, 5, 6]),
        _ => Some([3, 4, 5]),
    };
    Some(Columns { coord, color, normal: (columns == 9).then_some([6, 7, 8]) })
}
