//! LAS, and LAZ, which is compressed.

use crate::{Cloud, unreadable};
use las::Reader;
use scannet::{ColorRange, Problem};
use std::path::Path;

/// Points that are read at once, so that a wrong count in a header asks for no memory.
const AT_ONCE: u64 = 1 << 20;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause: las::Error| unreadable("LAS", cause);
    let mut reader = Reader::from_path(path).map_err(wrong)?;
    let promised = reader.header().number_of_points();
    let mut cloud = Cloud { range: Some(ColorRange::Integer), ..Cloud::default() };
    loop {
        let points = reader.read_points(AT_ONCE).map_err(wrong)?;
        if points.is_empty() {
            break;
        }
        cloud.coord.extend(points.x().zip(points.y()).zip(points.z()).map(|((x, y), z)| [x, y, z]));
        cloud.color.extend(points.rgb().into_iter().flatten().map(|(r, g, b)| [r, g, b].map(f64::from)));
    }
    let have = cloud.coord.len() as u64;
    match have == promised {
        true => Ok(cloud),
        false => Err(unreadable("LAS", format!("it has {have} of {promised} points"))),
    }
}
