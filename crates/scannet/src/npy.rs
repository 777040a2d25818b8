//! NumPy's `.npy` arrays, as far as prepared scenes need them: one or two dimensions, any integer or real type, C or
//! Fortran order, either byte order.
//!
//! The reader checks shape × item size against the bytes that are there before it allocates memory. This module exists
//! because ndarray-npy does not promise that.

use crate::error::{IoAt, Problem, Result};
use std::io::Write;
use std::path::Path;

/// An array whose header has been checked against its bytes.
pub struct Array<'a> {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// Whether the first index varies fastest.
    pub fortran_order: bool,
    item: Item,
    big_endian: bool,
    data: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl Item {
    fn size(self) -> usize {
        match self {
            Item::Bool | Item::I8 | Item::U8 => 1,
            Item::I16 | Item::U16 => 2,
            Item::I32 | Item::U32 | Item::F32 => 4,
            Item::I64 | Item::U64 | Item::F64 => 8,
        }
    }
}

impl<'a> Array<'a> {
    /// Refuses a file that does not begin as an array.
    pub(crate) fn check_start(bytes: &[u8], _: u64) -> Result<(), Problem> {
        match bytes.starts_with(b"\x93NUMPY") {
            true => Ok(()),
            false => Err(Problem::Npy("it does not start with '\\x93NUMPY'".into())),
        }
    }

    /// Parses the header.
    ///
    /// # Errors
    /// [`Problem::Npy`], or [`Problem::Truncated`] and [`Problem::Trailing`] if the bytes do not fit the shape.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Problem> {
        let bad = |what: &str| Problem::Npy(what.to_owned());
        Self::check_start(bytes, bytes.len() as u64)?;
        let short = || Problem::Truncated { need: bytes.len() as u64 + 1, have: bytes.len() as u64 };
        let (start, length) = match *bytes.get(6).ok_or_else(short)? {
            1 => (10, bytes.get(8..10).map(|b| u16::from_le_bytes([b[0], b[1]]) as usize)),
            2 | 3 => (12, bytes.get(8..12).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)),
            v => return Err(Problem::Npy(format!("its format version is {v}"))),
        };
        let end = length.and_then(|l| l.checked_add(start)).ok_or_else(short)?;
        let text = bytes.get(start..end).ok_or(Problem::Truncated { need: end as u64, have: bytes.len() as u64 })?;
        let text = std::str::from_utf8(text).map_err(|_| bad("its header is not text"))?;
        let value = |key: &str| {
            let after = text.split_once(&format!("'{key}'"))?.1;
            Some(after.trim_start().strip_prefix(':')?.trim_start())
        };
        let descr = value("descr").and_then(|v| v.strip_prefix('\'')?.split_once('\'')).map(|(d, _)| d);
        let descr = descr.ok_or_else(|| bad("its type is missing or a record"))?;
        let (item, big_endian) = item(descr)
            .ok_or_else(|| Problem::Npy(format!("its type is '{descr}', not integer, float32 or float64")))?;
        let fortran_order = match value("fortran_order") {
            Some(v) if v.starts_with("True") => true,
            Some(v) if v.starts_with("False") => false,
            _ => return Err(bad("its order is missing")),
        };
        let shape = value("shape").and_then(|v| v.strip_prefix('(')?.split_once(')')).map(|(s, _)| s);
        let shape: Vec<usize> = shape
            .and_then(|s| s.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect())
            .ok_or_else(|| bad("its shape is missing"))?;
        let data = &bytes[end..];
        let need = shape.iter().try_fold(item.size() as u64, |n, &d| n.checked_mul(d as u64)).unwrap_or(u64::MAX);
        let have = data.len() as u64;
        if have < need {
            return Err(Problem::Truncated { need, have });
        }
        if have > need {
            return Err(Problem::Trailing { extra: have - need });
        }
        Ok(Array { shape, fortran_order, item, big_endian, data })
    }

    /// Points of an array `[n, 3]`. Integers and doubles are converted.
    ///
    /// # Errors
    /// The array has another shape, or a value that is not finite in `f32`.
    pub fn points(&self) -> Result<Vec<[f32; 3]>, Problem> {
        let [n, 3] = self.shape[..] else {
            return Err(Problem::Npy(format!("its shape is {:?} instead of [n, 3]", self.shape)));
        };
        let points = match self.item {
            Item::F32 => self.points_of(n, f32::from_le_bytes),
            Item::F64 => self.points_of(n, |b| f64::from_le_bytes(b) as f32),
            Item::Bool | Item::U8 => self.points_of(n, |b| u8::from_le_bytes(b).into()),
            Item::I8 => self.points_of(n, |b| i8::from_le_bytes(b).into()),
            Item::I16 => self.points_of(n, |b| i16::from_le_bytes(b).into()),
            Item::U16 => self.points_of(n, |b| u16::from_le_bytes(b).into()),
            Item::I32 => self.points_of(n, |b| i32::from_le_bytes(b) as f32),
            Item::U32 => self.points_of(n, |b| u32::from_le_bytes(b) as f32),
            Item::I64 => self.points_of(n, |b| i64::from_le_bytes(b) as f32),
            Item::U64 => self.points_of(n, |b| u64::from_le_bytes(b) as f32),
        };
        // A pass without an early exit is vectorised; the point at fault is only looked for if there is one.
        if !points.as_flattened().iter().fold(false, |bad, v| bad | !v.is_finite()) {
            return Ok(points);
        }
        let row = points.iter().position(|p| !p.iter().all(|v| v.is_finite())).unwrap_or(0);
        let what = format!("row {row} is {:?}, not finite", points[row]);
        Err(Problem::mismatch(what, "replace such values, or remove the array if it is not needed"))
    }

    /// Labels of an array `[n]` or `[n, 1]`: integers, or reals without a fraction, as numpy makes of integers in
    /// passing.
    ///
    /// # Errors
    /// The array has another shape, a value that is no integer, or one beyond `i32`.
    pub fn labels(&self) -> Result<Vec<i32>, Problem> {
        let ([_] | [_, 1]) = self.shape[..] else {
            return Err(Problem::Npy(format!("its shape is {:?} instead of [n]", self.shape)));
        };
        let labels = match self.item {
            Item::F32 => return self.real_labels(|b| f32::from_le_bytes(b).into()),
            Item::F64 => return self.real_labels(f64::from_le_bytes),
            Item::Bool | Item::U8 => self.labels_of(|b| u8::from_le_bytes(b).into()),
            Item::I8 => self.labels_of(|b| i8::from_le_bytes(b).into()),
            Item::I16 => self.labels_of(|b| i16::from_le_bytes(b).into()),
            Item::U16 => self.labels_of(|b| u16::from_le_bytes(b).into()),
            Item::I32 => self.labels_of(|b| i32::from_le_bytes(b).into()),
            Item::U32 => self.labels_of(|b| u32::from_le_bytes(b).into()),
            Item::I64 => self.labels_of(i64::from_le_bytes),
            Item::U64 => self.labels_of(|b| i64::try_from(u64::from_le_bytes(b)).unwrap_or(i64::MAX)),
        };
        labels.map_err(|row| Problem::Npy(format!("row {row} is too large or too small for a label")))
    }

    fn points_of<const N: usize>(&self, n: usize, value: impl Fn([u8; N]) -> f32) -> Vec<[f32; 3]> {
        // Tested once and not per item, so that the loop for the usual order is vectorised.
        match self.big_endian {
            true => self.points_by(n, |b| value(reversed(b))),
            false => self.points_by(n, value),
        }
    }

    fn points_by<const N: usize>(&self, n: usize, value: impl Fn([u8; N]) -> f32) -> Vec<[f32; 3]> {
        let items = self.data.as_chunks::<N>().0;
        if self.fortran_order {
            let ((x, rest), mut points) = (items.split_at(n), Vec::with_capacity(n));
            let (y, z) = rest.split_at(n);
            points.extend(x.iter().zip(y).zip(z).map(|((&x, &y), &z)| [value(x), value(y), value(z)]));
            points
        } else {
            items.as_chunks::<3>().0.iter().map(|p| p.map(&value)).collect()
        }
    }

    fn real_labels<const N: usize>(&self, value: impl Fn([u8; N]) -> f64) -> Result<Vec<i32>, Problem> {
        let items = self.data.as_chunks::<N>().0;
        let label = |(row, &b): (usize, &[u8; N])| {
            let real = value(if self.big_endian { reversed(b) } else { b });
            let whole = real as i32;
            // Not so for fractions, NaN and what is beyond `i32`.
            if f64::from(whole) == real { Ok(whole) } else { Err(Problem::RealLabel { row, value: real }) }
        };
        items.iter().enumerate().map(label).collect()
    }

    /// The labels, or the row of the first one that does not fit `i32`.
    fn labels_of<const N: usize>(&self, value: impl Fn([u8; N]) -> i64) -> Result<Vec<i32>, usize> {
        match self.big_endian {
            true => self.labels_by(|b| value(reversed(b))),
            false => self.labels_by(value),
        }
    }

    fn labels_by<const N: usize>(&self, value: impl Fn([u8; N]) -> i64) -> Result<Vec<i32>, usize> {
        let items = self.data.as_chunks::<N>().0;
        // Without branches: labels that do not fit are looked for afterwards.
        let labels = items.iter().map(|&b| value(b) as i32).collect();
        let lost = items.iter().fold(0, |lost, &b| lost | (value(b) ^ i64::from(value(b) as i32)));
        match lost {
            0 => Ok(labels),
            _ => Err(items.iter().position(|&b| i32::try_from(value(b)).is_err()).unwrap_or(0)),
        }
    }
}

fn reversed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes.reverse();
    bytes
}

fn item(descr: &str) -> Option<(Item, bool)> {
    let (order, kind) = descr.split_at_checked(1)?;
    let item = match kind {
        "b1" => Item::Bool,
        "i1" => Item::I8,
        "i2" => Item::I16,
        "i4" => Item::I32,
        "i8" => Item::I64,
        "u1" => Item::U8,
        "u2" => Item::U16,
        "u4" => Item::U32,
        "u8" => Item::U64,
        "f4" => Item::F32,
        "f8" => Item::F64,
        _ => return None,
    };
    match order {
        "<" | "|" => Some((item, false)),
        ">" => Some((item, true)),
        "=" => Some((item, cfg!(target_endian = "big"))),
        _ => None,
    }
}

/// Encodes points as a float32 array `[n, 3]`.
pub fn encode_points(points: &[[f32; 3]], fortran_order: bool) -> Vec<u8> {
    let mut out = header("<f4", fortran_order, &format!("({}, 3)", points.len()), points.len() * 12);
    if fortran_order {
        (0..3).for_each(|k| points.iter().for_each(|p| out.extend_from_slice(&p[k].to_le_bytes())));
    } else {
        points.iter().flatten().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
    }
    out
}

/// Encodes labels as an int64 array `[n]`.
pub fn encode_labels(labels: &[i32]) -> Vec<u8> {
    let mut out = header("<i8", false, &format!("({},)", labels.len()), labels.len() * 8);
    labels.iter().for_each(|&l| out.extend_from_slice(&i64::from(l).to_le_bytes()));
    out
}

fn header(descr: &str, fortran_order: bool, shape: &str, payload: usize) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    // Format version 1.0: the header ends with a newline, and the data start at a multiple of 64 bytes.
    let fill = 64 - (10 + text.len() + 1) % 64;
    text.push_str(&" ".repeat(fill % 64));
    text.push('\n');
    let mut out = Vec::with_capacity(10 + text.len() + payload);
    out.extend_from_slice(b"\x93NUMPY\x01\x00");
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
    out
}

/// Writes encoded bytes into a folder that is still under its temporary name.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<u64> {
    let mut file = std::fs::File::create(path).writing(path)?;
    file.write_all(bytes).writing(path)?;
    Ok(bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [[f32; 3]; 2] = [[1., 2., 3.], [4., 5., -6.5]];

    /// What numpy 2 writes for such arrays, apart from the padding.
    fn numpy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}   \n");
        [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), data].concat()
    }

    #[test]
    fn points_and_labels_round_trip() {
        for order in [false, true] {
            let bytes = encode_points(&POINTS, order);
            assert_eq!(bytes.len(), 128 + 24);
            let a = Array::parse(&bytes).unwrap();
            assert_eq!((a.fortran_order, a.points().unwrap()), (order, POINTS.to_vec()));
        }
        assert_eq!(Array::parse(&encode_labels(&[7, -1])).unwrap().labels().unwrap(), [7, -1]);
        assert!(Array::parse(&encode_labels(&[])).unwrap().labels().unwrap().is_empty());
    }

    #[test]
    fn types_and_byte_orders_of_other_writers() {
        let cases: [(&str, Vec<u8>); 8] = [
            ("<i8", [7i64, -1].map(i64::to_le_bytes).concat()),
            (">i8", [7i64, -1].map(i64::to_be_bytes).concat()),
            ("<i4", [7i32, -1].map(i32::to_le_bytes).concat()),
            ("<i2", [7i16, -1].map(i16::to_le_bytes).concat()),
            ("|i1", vec![7, 255]),
            (">i2", [7i16, -1].map(i16::to_be_bytes).concat()),
            (">i4", [7i32, -1].map(i32::to_be_bytes).concat()),
            ("=i8", [7i64, -1].map(i64::to_ne_bytes).concat()),
        ];
        for (descr, data) in cases {
            for shape in ["(2,)", "(2, 1)"] {
                let bytes = numpy(descr, "False", shape, &data);
                assert_eq!(Array::parse(&bytes).unwrap().labels().unwrap(), [7, -1], "{descr}");
            }
        }
        let doubles = POINTS.as_flattened().iter().flat_map(|&v| f64::from(v).to_be_bytes()).collect::<Vec<_>>();
        assert_eq!(Array::parse(&numpy(">f8", "False", "(2, 3)", &doubles)).unwrap().points().unwrap(), POINTS);
        let bytes = numpy("|u1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 255]);
        assert_eq!(Array::parse(&bytes).unwrap().points().unwrap(), [[1., 2., 3.], [4., 5., 255.]]);
    }

    #[test]
    fn headers_that_promise_what_is_not_there_are_refused() {
        let mut version2 = numpy("<i4", "False", "(1,)", &[0; 4]);
        version2[6] = 9;
        let cases = [
            (b"no".to_vec(), "NUMPY"),
            (b"\x93NUMPY".to_vec(), "truncated"),
            (b"\x93NUMPY\x01\x00\xff\xff{".to_vec(), "truncated"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "truncated"),
            (version2, "version is 9"),
            (numpy("<i8", "False", "(4000000000000,)", &[]), "truncated"),
            (numpy("<i8", "False", "(99999999999, 99999999999, 9)", &[]), "truncated"),
            (numpy("<i8", "False", "(-1,)", &[]), "shape"),
            (numpy("<i8", "False", "(1,)", &[0; 9]), "1 bytes follow"),
            (numpy("|O", "False", "(1,)", &[0; 8]), "type is '|O'"),
            (numpy("", "False", "(1,)", &[0; 8]), "type is ''"),
            (numpy("<i8", "Maybe", "(1,)", &[0; 8]), "order"),
        ];
        for (bytes, expected) in cases {
            let message = Array::parse(&bytes).err().expect(expected).to_string();
            assert!(message.contains(expected), "{message}");
        }
        let whole = encode_points(&POINTS, true);
        for at in 0..whole.len() {
            assert!(Array::parse(&whole[..at]).is_err());
        }
        let wrong = |b: &[u8]| Array::parse(b).unwrap().points().unwrap_err().to_string();
        assert!(wrong(&encode_labels(&[1])).contains("instead of [n, 3]"));
        assert!(wrong(&encode_points(&[[0., f32::NAN, 0.]], false)).contains("row 0"));
        let big = numpy("<i8", "False", "(1,)", &i64::MAX.to_le_bytes());
        assert!(Array::parse(&big).unwrap().labels().unwrap_err().to_string().contains("row 0 is too large"));
        assert!(Array::parse(&encode_points(&POINTS, false)).unwrap().labels().is_err());
        let mixed = [(1u64 << 31).to_le_bytes(), 7u64.to_le_bytes()];
        for (data, row) in [([mixed[0], mixed[1]].concat(), 0), ([mixed[1], mixed[0]].concat(), 1)] {
            let message =
                Array::parse(&numpy("<u8", "False", "(2,)", &data)).unwrap().labels().unwrap_err().to_string();
            assert!(message.contains(&format!("row {row} is too large")), "{message}");
        }
        assert!(Array::parse(&numpy("<u4", "False", "(1,)", &u32::MAX.to_le_bytes())).unwrap().labels().is_err());
        assert!(Array::parse(&numpy("<u8", "False", "(1,)", &u64::MAX.to_le_bytes())).unwrap().labels().is_err());
        let infinite = [1f32, 2., 3., 4., 5., f32::NEG_INFINITY].map(f32::to_be_bytes).concat();
        for order in ["False", "True"] {
            assert!(wrong(&numpy(">f4", order, "(2, 3)", &infinite)).contains("row 1"));
        }
    }
}
