//! LAS, and LAZ, which is compressed.

use crate::{Cloud, unreadable};
use las::Reader;
use scannet::{ColorRange, Problem};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes that are read at once, so that a wrong count in a header asks for no memory.
const AT_ONCE: u64 = 64 << 20;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause: las::Error| unreadable("LAS", cause);
    if File::open(path).is_ok_and(|file| asks_for_too_much(&file)) {
        return Err(unreadable("LAS", "its records are longer than the file"));
    }
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

/// Whether compressed points have more chunks, or extended records are longer, than the file has bytes. The library would
/// ask for as much memory. What cannot be read here, it reports.
fn asks_for_too_much(file: &File) -> bool {
    let length = file.metadata().map_or(u64::MAX, |file| file.len());
    chunks(file, length).is_ok_and(|chunks| chunks > length) || records_end(file).is_ok_and(|end| end > length)
}

/// Number of chunks of compressed points.
fn chunks(file: &File, length: u64) -> io::Result<u64> {
    let points = u64::from(u32::from_le_bytes(bytes(file, 96)?));
    let [format] = bytes(file, 104)?;
    if format & 0x80 == 0 {
        return Ok(0);
    }
    let mut table = i64::from_le_bytes(bytes(file, points)?);
    if table <= points as i64 {
        // a program that cannot go back writes it at the end
        table = i64::from_le_bytes(bytes(file, length.saturating_sub(8))?);
    }
    Ok(u32::from_le_bytes(bytes(file, table.unsigned_abs().saturating_add(4))?).into())
}

/// Where the first extended record ends, the only one that is read.
fn records_end(file: &File) -> io::Result<u64> {
    let [minor] = bytes(file, 25)?;
    if minor < 4 || bytes(file, 243)? == [0; 4] {
        return Ok(0);
    }
    let record = u64::from_le_bytes(bytes(file, 235)?).saturating_add(20);
    Ok(record.saturating_add(40).saturating_add(u64::from_le_bytes(bytes(file, record)?)))
}

/// Some bytes of a file.
fn bytes<const N: usize>(mut file: &File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
