//! Wavefront's OBJ. Other readers change the order of the vertices, or refuse a file without faces.

use crate::Cloud;
use scannet::{ColorRange, Problem, source};
use std::path::Path;

/// Most bytes of a file.
const MOST: u64 = 4 << 30;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let bytes = source::read(path, MOST).map_err(Problem::Read)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut cloud = Cloud { range: Some(ColorRange::Real), ..Cloud::default() };
    // a line that ends in a backslash goes on in the next
    let text = if text.contains("\\\n") { text.replace("\\\n", " ").into() } else { text };
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let wrong = |detail: String| Problem::Line { line: number + 1, detail, remedy: "export the mesh again" };
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => {
                let values: Result<Vec<f64>, _> = words.map(str::parse).collect();
                cloud.check_room(1)?;
                match values.as_deref() {
                    Ok([x, y, z]) | Ok([x, y, z, _]) => cloud.coord.push([*x, *y, *z]),
                    Ok([x, y, z, r, g, b, ..]) => {
                        cloud.coord.push([*x, *y, *z]);
                        cloud.color.push([*r, *g, *b]);
                    }
                    _ => return Err(wrong("a vertex has x, y and z".into())),
                }
            }
            Some("f") => {
                let corners: Option<Vec<u32>> = words.map(|word| corner(word, cloud.coord.len())).collect();
                let corners = corners.ok_or_else(|| wrong("a face has a vertex that does not exist".into()))?;
                // a polygon as a fan
                cloud.faces.extend(corners.windows(2).skip(1).map(|pair| [corners[0], pair[0], pair[1]]));
            }
            _ => {}
        }
    }
    let (colors, vertices) = (cloud.color.len(), cloud.coord.len());
    if colors < vertices {
        if colors > 0 {
            cloud.notes.push(format!("colours are left out: only {colors} of {vertices} vertices have one"));
        }
        cloud.color.clear();
    }
    Ok(cloud)
}

/// The vertex of a corner such as `7`, `7/1/3` or `-1`, which is the last one.
fn corner(word: &str, vertices: usize) -> Option<u32> {
    let number: i64 = word.split('/').next()?.parse().ok()?;
    let vertex = if number < 0 { vertices as i64 + number } else { number - 1 };
    (0..vertices as i64).contains(&vertex).then_some(vertex as u32)
}
