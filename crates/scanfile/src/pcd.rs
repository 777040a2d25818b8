//! PCL's PCD.

use crate::{Cloud, unreadable};
use pcd_rs::{DataKind, DynReader, DynRecord, Field, FieldDef, PcdMeta};
use scannet::{ColorRange, Problem};
use std::path::Path;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause: &dyn std::fmt::Display| unreadable("PCD", cause);
    let (_, length) = scannet::source::open(path).map_err(Problem::Read)?;
    let meta = PcdMeta::from_path(path).map_err(|cause| wrong(&cause))?;
    let size = |field: &FieldDef| (field.kind.byte_size() as u64).checked_mul(field.count);
    let point = meta.field_defs.iter().try_fold(0, |sum: u64, field| sum.checked_add(size(field)?));
    // compression packs at most about a hundred bytes into one
    let most = if meta.data == DataKind::Binary { length } else { length.saturating_mul(1000) };
    if point.and_then(|point| point.checked_mul(meta.num_points)).is_none_or(|bytes| bytes > most) {
        return Err(wrong(&format!("it is too short for {} points", meta.num_points)));
    }
    let reader = DynReader::open(path).map_err(|cause| wrong(&cause))?;
    // padding is not among the values of a point
    let fields = meta.field_defs.iter().filter(|field| !field.is_padding());
    let names: Vec<String> = fields.map(|field| field.name.to_lowercase()).collect();
    let place = |name: &str| names.iter().position(|own| own == name);
    let places = |names: [&str; 3]| Some([place(names[0])?, place(names[1])?, place(names[2])?]);
    let xyz = places(["x", "y", "z"]).ok_or_else(|| wrong(&format!("its fields are {}", names.join(", "))))?;
    let normals = places(["normal_x", "normal_y", "normal_z"]);
    let packed = place("rgb").or_else(|| place("rgba"));
    let channels = places(["r", "g", "b"]);
    let mut cloud = Cloud { range: Some(ColorRange::Byte), ..Cloud::default() };
    cloud.check_room(meta.num_points as usize)?;
    for record in reader {
        let DynRecord(fields) = record.map_err(|cause| wrong(&cause))?;
        let three = |places: [usize; 3]| places.map(|place| number(&fields[place]));
        cloud.coord.push(three(xyz));
        match (packed, channels) {
            (Some(packed), _) => cloud.color.push(unpacked(&fields[packed])),
            (None, Some(channels)) => cloud.color.push(three(channels)),
            (None, None) => {}
        }
        cloud.normal.extend(normals.map(|places| three(places).map(|v| v as f32)));
    }
    Ok(cloud)
}

/// The first value of a field; NaN if it has none.
fn number(field: &Field) -> f64 {
    let first = match field {
        Field::I8(v) => v.first().map(|v| f64::from(*v)),
        Field::I16(v) => v.first().map(|v| f64::from(*v)),
        Field::I32(v) => v.first().map(|v| f64::from(*v)),
        Field::I64(v) => v.first().map(|v| *v as f64),
        Field::U8(v) => v.first().map(|v| f64::from(*v)),
        Field::U16(v) => v.first().map(|v| f64::from(*v)),
        Field::U32(v) => v.first().map(|v| f64::from(*v)),
        Field::U64(v) => v.first().map(|v| *v as f64),
        Field::F32(v) => v.first().map(|v| f64::from(*v)),
        Field::F64(v) => v.first().copied(),
    };
    first.unwrap_or(f64::NAN)
}

/// The colour whose bits 0xAARRGGBB are those of a float or an integer.
fn unpacked(field: &Field) -> [f64; 3] {
    let bits = match field {
        Field::F32(v) => v.first().map_or(0, |v| v.to_bits()),
        // an int with a full alpha is negative
        other => number(other) as i64 as u32,
    };
    [bits >> 16, bits >> 8, bits].map(|c| f64::from(c & 255))
}
