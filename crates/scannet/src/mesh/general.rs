//! Reads any valid PLY, record by record, with ply-rs-bw.

use super::colors::{self, Colors, WAYS};
use super::far::{near_origin, offset_note, unplaced_note};
use super::header::{Header, one_line, scalar, unused};
use super::{LeaveOut, Mesh};
use crate::error::Problem;
use ply_rs_bw::parser::Parser;
use ply_rs_bw::ply::{ElementDef, Encoding, Property, PropertyAccess, PropertyAccessResult, PropertyType, ScalarType};

/// Reads the payload. The header's counts have been checked against its length, and no memory is reserved by them.
pub(super) fn read(header: &Header, payload: &[u8], leave_out: LeaveOut) -> Result<Mesh, Problem> {
    let vertex = header
        .elements
        .iter()
        .find(|e| e.name == "vertex")
        .ok_or_else(|| Problem::Ply("it has no element 'vertex'".into()))?;
    for name in ["x", "y", "z"] {
        match (vertex.properties.get(name), scalar(vertex, name)) {
            (None, _) => return Err(Problem::MissingCoordinate { name, found: names(vertex) }),
            (Some(_), None) => return Err(Problem::Ply(format!("its vertices have a list as '{name}'"))),
            _ => {}
        }
    }
    let has = |names: [&str; 3]| names.iter().all(|n| scalar(vertex, n).is_some());
    let (color, normal) = (Colors::of(vertex), has(["nx", "ny", "nz"]));
    let mut label = scalar(vertex, "label").is_some();
    let confidence = scalar(vertex, "confidence") == Some(&ScalarType::Float);
    let mut mesh = Mesh::default();
    // 32-bit floats far away have lost what moving would save
    let doubles = ["x", "y", "z"].iter().any(|name| scalar(vertex, name) == Some(&ScalarType::Double));
    let (mut coord, mut colors, mut normals, mut labels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut confidences = Vec::new();
    let (mut cut, mut dropped, mut unplaced) = (0usize, 0usize, 0usize);
    let mut first_unplaced = None;
    let cloud = header.elements.iter().all(|element| element.name != "face" || element.count == 0);
    let mut input = Records { encoding: header.encoding, rest: payload };
    for element in &header.elements {
        match element.name.as_str() {
            "vertex" => {
                for i in 0..element.count {
                    let placed = input.next(element, i).and_then(|v: Vertex| match v.coord {
                        // The value in the file is checked: a double beyond the range of f32 is not finite either.
                        coord if coord.iter().all(|c| (*c as f32).is_finite()) => Ok(v),
                        [x, y, z] => {
                            let value = [x, y].into_iter().find(|c| !(*c as f32).is_finite()).unwrap_or(z);
                            Err(Problem::NotFinite { vertex: i, value })
                        }
                    });
                    let v = match placed {
                        Err(problem @ Problem::NotFinite { .. }) if leave_out.unplaced && cloud => {
                            unplaced += 1;
                            first_unplaced.get_or_insert(problem);
                            continue;
                        }
                        placed => placed?,
                    };
                    match doubles {
                        true => coord.push(v.coord),
                        false => mesh.coord.push(v.coord.map(|c| c as f32)),
                    }
                    if let Some(color) = &color {
                        colors.push(v.color[color.way]);
                    }
                    if normal {
                        normals.push(v.normal);
                    }
                    if confidence {
                        confidences.push(v.confidence);
                    }
                    if label {
                        match whole(i, v.label) {
                            Ok(id) => labels.push(id),
                            Err(problem) if !leave_out.unreadable => return Err(problem),
                            Err(problem) => {
                                mesh.notes.push(format!("its labels are left out: {problem}"));
                                label = false;
                            }
                        }
                    }
                }
            }
            "face" => {
                for i in 0..element.count {
                    let f: Face = input.next(element, i)?;
                    if let Some(&index) = f.indices.iter().find(|&&v| v < 0 || v >= vertex.count as i64) {
                        return Err(Problem::FaceIndex { face: i, index, vertices: vertex.count });
                    }
                    let corner = |k: usize| f.indices[k] as u32;
                    match f.indices.len() {
                        0..3 => dropped += 1,
                        n => {
                            cut += usize::from(n > 3);
                            mesh.faces.extend((2..n).map(|k| [corner(0), corner(k - 1), corner(k)]));
                        }
                    }
                }
            }
            other => {
                for i in 0..element.count {
                    input.next::<Ignored>(element, i)?;
                }
                if element.count > 0 {
                    mesh.notes.push(format!("{} '{other}' elements were ignored", element.count));
                }
            }
        }
    }
    input.end()?;
    match first_unplaced {
        // a cloud without any position is not one
        Some(problem) if unplaced == vertex.count => return Err(problem),
        _ => mesh.notes.extend(unplaced_note(unplaced)),
    }
    if doubles {
        (mesh.coord, mesh.offset) = near_origin(&coord);
        mesh.notes.extend(offset_note(mesh.offset));
    }
    if cut > 0 {
        mesh.notes.push(format!("{cut} polygons with more than three corners were cut into triangles"));
    }
    if dropped > 0 {
        mesh.notes.push(format!("{dropped} faces with fewer than three corners were dropped"));
    }
    if let Some(color) = &color {
        match color.to_bytes(&colors) {
            Ok((bytes, note)) => {
                mesh.color = Some(bytes);
                mesh.notes.extend(note);
            }
            Err(problem) if !leave_out.unreadable => return Err(problem),
            Err(problem) => mesh.notes.push(format!("its colours are left out: {problem}")),
        }
    }
    mesh.notes.extend(unused(vertex, color.as_ref()));
    mesh.normal = normal.then_some(normals);
    mesh.label = label.then_some(labels);
    mesh.confidence = confidence.then_some(confidences);
    Ok(mesh)
}

/// The names of the properties, for a message.
fn names(element: &ElementDef) -> String {
    one_line(&element.properties.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// The payload, consumed record by record.
struct Records<'a> {
    encoding: Encoding,
    rest: &'a [u8],
}

impl Records<'_> {
    fn next<E: PropertyAccess>(&mut self, element: &ElementDef, i: usize) -> Result<E, Problem> {
        let parser = Parser::<E>::new();
        let read = match self.encoding {
            Encoding::Ascii => return self.next_line(&parser, element, i),
            Encoding::BinaryBigEndian => parser.read_big_endian_element(&mut self.rest, element),
            Encoding::BinaryLittleEndian => parser.read_little_endian_element(&mut self.rest, element),
        };
        read.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => ends_early(element, i),
            _ => Problem::Ply(format!("{} {i}: {}", element.name, one_line(&e.to_string()))),
        })
    }

    fn next_line<E: PropertyAccess>(
        &mut self,
        parser: &Parser<E>,
        element: &ElementDef,
        i: usize,
    ) -> Result<E, Problem> {
        let line = loop {
            if self.rest.is_empty() {
                return Err(ends_early(element, i));
            }
            let end = self.rest.iter().position(|&b| b == b'\n').unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            let line = line.trim_ascii();
            if !line.is_empty() {
                break line;
            }
        };
        let bad = |detail: &str| Problem::Ply(format!("{} {i}: {detail}", element.name));
        let line = std::str::from_utf8(line).map_err(|_| bad("the line is not text"))?;
        // ply-rs-bw skips what follows the last property; it means that the header describes other records.
        if let Some(extra) = left_over(line, element) {
            return Err(bad(&format!("'{}' follows the properties that the header declares", one_line(extra))));
        }
        if let Ok(e) = parser.read_ascii_element(line, element) {
            return Ok(e);
        }
        // ply-rs-bw does not parse "1.", ".5" or "nan", which C programs print: rewrite the numbers and try again.
        let mut plain = String::with_capacity(line.len());
        for (place, token) in line.split_whitespace().enumerate() {
            let mut value: f64 = token.parse().map_err(|_| bad(&format!("'{}' is not a number", one_line(token))))?;
            if !value.is_finite() {
                // the properties of vertices are hardly ever lists, so this is the name
                match element.properties.keys().nth(place).map(String::as_str) {
                    Some("x" | "y" | "z") if element.name == "vertex" => {
                        return Err(Problem::NotFinite { vertex: i, value });
                    }
                    // as good as none: normals are made then
                    Some("nx" | "ny" | "nz") if element.name == "vertex" => value = 0.0,
                    _ => return Err(bad("a number is not finite")),
                }
            }
            plain.push_str(&format!("{value} "));
        }
        let (values, declared) = (plain.split_whitespace().count(), element.properties.len());
        if values < declared {
            return Err(match self.rest.trim_ascii().is_empty() {
                true => ends_early(element, i),
                false => bad(&format!("its line has {values} of {declared} values")),
            });
        }
        parser.read_ascii_element(&plain, element).map_err(|e| {
            let message = e.to_string();
            match message.split_once("Value: '").and_then(|(_, m)| m.split_once('\'')) {
                Some((value, _)) => bad(&format!("'{}' is not a value of its property's type", one_line(value))),
                None => bad(&one_line(&message)),
            }
        })
    }

    /// Anything except white space after the last record is an error: the counts are wrong.
    fn end(&self) -> Result<(), Problem> {
        let rest = match self.encoding {
            Encoding::Ascii => self.rest.trim_ascii(),
            _ => self.rest,
        };
        if rest.is_empty() { Ok(()) } else { Err(Problem::Trailing { extra: rest.len() as u64 }) }
    }
}

fn ends_early(element: &ElementDef, i: usize) -> Problem {
    Problem::EndsEarly { element: one_line(&element.name), number: i + 1, promised: element.count }
}

/// The first word of a line after all properties of its element. Also `None` if the line is damaged in another way.
fn left_over<'a>(line: &'a str, element: &ElementDef) -> Option<&'a str> {
    let mut words = line.split_ascii_whitespace();
    for property in element.properties.values() {
        let word = words.next()?;
        if let PropertyType::List(..) = property.data_type
            && let Some(last) = word.parse::<usize>().ok()?.checked_sub(1)
        {
            words.nth(last)?;
        }
    }
    words.next()
}

#[derive(Default)]
struct Vertex {
    coord: [f64; 3],
    /// The values of each way in which a vertex may have a colour.
    color: [[f64; 3]; WAYS],
    normal: [f32; 3],
    label: f64,
    confidence: f32,
}

impl PropertyAccess for Vertex {
    fn new() -> Self {
        Vertex::default()
    }
    fn set_property(&mut self, name: &str, value: Property) -> PropertyAccessResult {
        let Some(number) = number(&value) else { return PropertyAccessResult::Ignored };
        match name {
            "x" => self.coord[0] = number,
            "y" => self.coord[1] = number,
            "z" => self.coord[2] = number,
            "nx" => self.normal[0] = number as f32,
            "ny" => self.normal[1] = number as f32,
            "nz" => self.normal[2] = number as f32,
            "label" => self.label = number,
            "confidence" => self.confidence = number as f32,
            _ => match (colors::place(name), &value) {
                (Some((colors::PACKED_WAY, _)), Property::Float(v)) => {
                    self.color[colors::PACKED_WAY][0] = v.to_bits().into()
                }
                (Some((way, channel)), _) => self.color[way][channel] = number,
                (None, _) => return PropertyAccessResult::Ignored,
            },
        }
        PropertyAccessResult::Set
    }
}

/// The value of a scalar.
fn number(p: &Property) -> Option<f64> {
    Some(match p {
        Property::Char(v) => f64::from(*v),
        Property::UChar(v) => f64::from(*v),
        Property::Short(v) => f64::from(*v),
        Property::UShort(v) => f64::from(*v),
        Property::Int(v) => f64::from(*v),
        Property::UInt(v) => f64::from(*v),
        Property::Float(v) => f64::from(*v),
        Property::Double(v) => *v,
        _ => return None,
    })
}

/// The label of a vertex: an integer, which saturates, or a real number without a fraction.
fn whole(vertex: usize, label: f64) -> Result<i32, Problem> {
    match label.fract() == 0.0 {
        true => Ok(label as i32),
        false => Err(Problem::RealLabel { row: vertex, value: label }),
    }
}

#[derive(Default)]
struct Face {
    indices: Vec<i64>,
}

impl PropertyAccess for Face {
    fn new() -> Self {
        Face::default()
    }
    fn set_property(&mut self, name: &str, value: Property) -> PropertyAccessResult {
        if !matches!(name, "vertex_indices" | "vertex_index") {
            return PropertyAccessResult::Ignored;
        }
        self.indices = match value {
            Property::ListChar(v) => v.into_iter().map(i64::from).collect(),
            Property::ListUChar(v) => v.into_iter().map(i64::from).collect(),
            Property::ListShort(v) => v.into_iter().map(i64::from).collect(),
            Property::ListUShort(v) => v.into_iter().map(i64::from).collect(),
            Property::ListInt(v) => v.into_iter().map(i64::from).collect(),
            Property::ListUInt(v) => v.into_iter().map(i64::from).collect(),
            _ => return PropertyAccessResult::UnsupportedType,
        };
        PropertyAccessResult::Set
    }
}

struct Ignored;

impl PropertyAccess for Ignored {
    fn new() -> Self {
        Ignored
    }
}
