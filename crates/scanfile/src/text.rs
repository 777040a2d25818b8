//! Points as lines of numbers: XYZ, PTS, CSV and their like, and what turns out to be PTX.

use crate::{Cloud, ptx, unreadable};
use scannet::{COORDINATES, ColorRange, Problem, source};
use std::path::Path;

/// Most bytes of a file.
const MOST: u64 = 8 << 30;

/// Which columns are what.
struct Columns {
    coord: [usize; 3],
    color: Option<[usize; 3]>,
    normal: Option<[usize; 3]>,
    /// How many there are.
    count: usize,
    /// Whether the file names them.
    named: bool,
}

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let bytes = source::read(path, MOST).map_err(Problem::Read)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut cloud = Cloud { range: Some(ColorRange::Real), ..Cloud::default() };
    let (mut named, mut headed, mut columns, mut counts, mut promised) = (None, false, None, 0, 0u64);
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let wrong = |detail: String, remedy| Problem::Line { line: number + 1, detail, remedy };
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if let Some(comment) = line.strip_prefix(['#', '/', '%']) {
            // the names may be there
            named = by_name(&words(comment.trim_start_matches(['#', '/', '%', ' ']))).or(named);
            continue;
        }
        // PTS has the number of points first, PTX those of columns and rows
        if let Ok(points) = line.parse::<u64>() {
            counts += 1;
            // a whole number among points is none of PTS
            if cloud.coord.len() as u64 == promised {
                promised = promised.saturating_add(points);
            }
            match cloud.coord.is_empty() && counts == 2 {
                true => return ptx::read(&text),
                false => continue,
            }
        }
        let mut words = words(line);
        drop_last(&mut words, columns.as_ref());
        let columns = match &columns {
            Some(columns) => columns,
            None if words[0].parse::<f64>().is_err() && by_name(&words).is_some() => {
                (named, headed) = (by_name(&words), true);
                continue;
            }
            None => {
                let own: Option<Columns> = named.take();
                drop_last(&mut words, own.as_ref());
                // a comment may say anything
                let header = own.as_ref().filter(|_| headed);
                if let Some(names) = header.filter(|own| own.count != words.len() && own.coord != [0, 1, 2]) {
                    let what = format!("there are {} columns, but names of {}", words.len(), names.count);
                    return Err(wrong(what, "name every column, with x, y and z among them"));
                }
                let found = own.filter(|own| own.count == words.len()).or_else(|| by_place(&words, counts > 0));
                let what = || wrong(format!("there are {} columns", words.len()), "a point has x, y and z");
                columns.insert(found.ok_or_else(what)?)
            }
        };
        if words.len() != columns.count {
            let what = format!("{} columns, where there were {}", words.len(), columns.count);
            return Err(wrong(what, "remove or mend the line"));
        }
        let value = |place: usize| {
            words[place].parse::<f64>().map_err(|_| match words[place].contains(',') {
                true => wrong(format!("'{}' has a comma", words[place]), "write numbers with decimal points"),
                false => wrong(format!("'{}' is not a number", words[place]), "remove or mend the line"),
            })
        };
        let three = |[a, b, c]: [usize; 3]| Ok([value(a)?, value(b)?, value(c)?]);
        cloud.check_room(1)?;
        cloud.coord.push(three(columns.coord)?);
        cloud.color.extend(columns.color.map(three).transpose()?);
        cloud.normal.extend(columns.normal.map(three).transpose()?.map(|v| v.map(|v| v as f32)));
    }
    if (cloud.coord.len() as u64) < promised {
        return Err(unreadable("PTS", format!("it ends after {} of {promised} points", cloud.coord.len())));
    }
    let named = columns.is_some_and(|columns| columns.named);
    // some normals may be unknown, and zero
    let normals = cloud.color.iter().all(|values| unit(values) || *values == [0.0; 3]);
    if !named && cloud.normal.is_empty() && normals {
        cloud.normal = cloud.color.drain(..).map(|v| v.map(|v| v as f32)).collect();
    }
    Ok(cloud)
}

/// The words of a line: between semicolons or tabs if there are any, else between spaces, else between commas.
fn words(line: &str) -> Vec<&str> {
    let by = |separator: char| line.split(separator).map(|word| word.trim().trim_matches('"')).collect();
    let named = line.contains(|c: char| c.is_alphabetic());
    match () {
        _ if line.contains(';') => by(';'),
        _ if line.contains('\t') => by('\t'),
        // names may have spaces, and so may what separates numbers
        _ if line.contains(',') && (named || line.contains(", ") || line.contains(" ,") || !line.contains(' ')) => {
            by(',')
        }
        _ => line.split_whitespace().collect(),
    }
}

/// Drops the empty word after a separator that ends a line, if the columns are fewer.
fn drop_last(words: &mut Vec<&str>, columns: Option<&Columns>) {
    if words.last() == Some(&"") && columns.is_some_and(|columns| columns.count < words.len()) {
        words.pop();
    }
}

/// The columns by their names, such as `X` or `x [m]`.
fn by_name(names: &[&str]) -> Option<Columns> {
    let plain = |name: &str| name.split(['[', '(']).next().unwrap_or_default().trim().to_lowercase();
    let mut names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    // a line may end with a separator
    names.pop_if(|name| name.is_empty());
    let place = |name: &str| names.iter().position(|own| own == name);
    let places = |names: [&str; 3]| Some([place(names[0])?, place(names[1])?, place(names[2])?]);
    Some(Columns {
        coord: COORDINATES.into_iter().find_map(places)?,
        color: places(["r", "g", "b"]).or_else(|| places(["red", "green", "blue"])),
        normal: places(["nx", "ny", "nz"]),
        count: names.len(),
        named: true,
    })
}

/// The columns by their places in the first line, as programs write them: colours after the coordinates, or after one
/// intensity, as in PTS. Normals in place of colours are recognised by their length.
fn by_place(first: &[&str], pts: bool) -> Option<Columns> {
    let values: Vec<f64> = first.iter().map(|word| word.parse().unwrap_or(f64::NAN)).collect();
    let three = |from: usize| [values[from], values[from + 1], values[from + 2]];
    let bytes = |from: usize| three(from).iter().all(|v| v.fract() == 0.0 && (0.0..=255.0).contains(v));
    let (color, normal) = match values.len() {
        0..=2 => return None,
        3..=5 => (None, None),
        7 if pts || !bytes(3) && bytes(4) => (Some(4), None),
        9.. if unit(&three(3)) && !unit(&three(6)) => (Some(6), Some(3)),
        9.. if unit(&three(6)) => (Some(3), Some(6)),
        _ => (Some(3), None),
    };
    let places = |from: usize| [from, from + 1, from + 2];
    Some(Columns {
        coord: [0, 1, 2],
        color: color.map(places),
        normal: normal.map(places),
        count: values.len(),
        named: false,
    })
}

/// Whether this is about as long as a normal.
fn unit(v: &[f64; 3]) -> bool {
    (v.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 0.02
}
