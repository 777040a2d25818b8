//! LAS, and LAZ, which is compressed.

use crate::{Cloud, unreadable};
use las::Reader;
use scannet::{ColorRange, Problem};
use std::path::Path;

/// Bytes that are read at once, so that a wrong count in a header asks for no memory.
const AT_ONCE: u64 = 64 << 20;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause: las::Error| unreadable("LAS", cause);
    let mut reader = Reader::from_path(path).map_err(wrong)?;
    let at_once = AT_ONCE / u64::from(reader.header().point_format().len()).max(1);
    let mut cloud = Cloud { range: Some(ColorRange::Integer), ..Cloud::default() };
    cloud.check_room(reader.header().number_of_points() as usize)?;
    loop {
        let points = reader.read_points(at_once).map_err(wrong)?;
        if points.is_empty() {
            return Ok(cloud);
        }
        cloud.coord.extend(points.x().zip(points.y()).zip(points.z()).map(|((x, y), z)| [x, y, z]));
        cloud.color.extend(points.rgb().into_iter().flatten().map(|(r, g, b)| [r, g, b].map(f64::from)));
    }
}
