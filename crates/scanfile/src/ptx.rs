//! PTX of terrestrial laser scanners: scans one after another, each a grid of directions with its own pose.

use crate::{Cloud, unreadable};
use scannet::{ColorRange, Problem};

/// Reads all scans of a file, in its one coordinate system. A scan is its numbers of columns and rows, the scanner's
/// place and axes (4 lines, which the matrix repeats), a matrix of 4 × 4 that is applied to row vectors, and a line
/// for each direction: x, y, z and an intensity, perhaps a colour; zeros where nothing was seen.
pub fn read(text: &str) -> Result<Cloud, Problem> {
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', '/']));
    let cut = || unreadable("PTX", "it ends within a scan");
    let mut next = || lines.next();
    let (mut cloud, mut unseen) = (Cloud { range: Some(ColorRange::Byte), ..Cloud::default() }, 0);
    while let Some(columns) = next() {
        let (columns, rows) = (whole(columns)?, whole(next().ok_or_else(cut)?)?);
        for _ in 0..4 {
            numbers::<3>(next().ok_or_else(cut)?)?;
        }
        let mut pose = [[0.0; 4]; 4];
        for row in &mut pose {
            *row = numbers(next().ok_or_else(cut)?)?;
        }
        for _ in 0..columns.saturating_mul(rows) {
            let line = next().ok_or_else(cut)?;
            let own: [f64; 3] = numbers(line)?;
            if own == [0.0; 3] {
                unseen += 1;
                continue;
            }
            cloud.check_room(1)?;
            cloud.coord.push([0, 1, 2].map(|k| (0..3).map(|i| own[i] * pose[i][k]).sum::<f64>() + pose[3][k]));
            if line.1.split_whitespace().nth(6).is_some() {
                let [.., r, g, b] = numbers::<7>(line)?;
                cloud.color.push([r, g, b]);
            }
        }
    }
    cloud.notes.extend(scannet::unplaced_note(unseen));
    if !cloud.color.is_empty() && cloud.color.len() < cloud.coord.len() {
        cloud.color.clear();
        cloud.notes.push("colours are left out: some points have none".into());
    }
    Ok(cloud)
}

fn whole((number, line): (usize, &str)) -> Result<usize, Problem> {
    line.parse().map_err(|_| wrong(number, "the number of columns or rows is expected"))
}

/// The first numbers of a line.
fn numbers<const N: usize>((number, line): (usize, &str)) -> Result<[f64; N], Problem> {
    let mut words = line.split_whitespace().map(str::parse);
    let mut values = [0.0; N];
    for value in &mut values {
        *value = words.next().and_then(Result::ok).ok_or_else(|| wrong(number, format!("{N} numbers are expected")))?;
    }
    Ok(values)
}

fn wrong(line: usize, detail: impl Into<String>) -> Problem {
    Problem::Line { line, detail: detail.into(), remedy: "export the scan again, or as E57" }
}
