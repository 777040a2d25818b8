//! The PLY header, with the checks that ply-rs-bw leaves to the caller.

use super::colors::Colors;
use crate::error::Problem;
use crate::foreign;
use ply_rs_bw::parser::{Parser, Reader};
use ply_rs_bw::ply::{DefaultElement, ElementDef, Encoding, PropertyType, ScalarType};

/// Where the header must end at the latest. Real headers have a few hundred bytes, some a page of comments.
const LONGEST: usize = 1 << 20;

pub(super) struct Header {
    pub encoding: Encoding,
    pub elements: Vec<ElementDef>,
    /// Offset of the first byte after the header.
    pub payload: usize,
}

/// Parses the header in the first bytes of a file of `length` bytes, and checks its counts against that.
pub(super) fn parse(bytes: &[u8], length: u64) -> Result<Header, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.starts_with("\u{feff}ply".as_bytes()) {
        return Err(Problem::Ply("it begins with a byte order mark, as some editors write".into()));
    }
    if !bytes.starts_with(b"ply") {
        let unknown = || Problem::Ply("it does not start with 'ply'".into());
        return Err(foreign::no_scan(bytes, length)
            .map_or_else(unknown, |f| Problem::NotPly { what: f.what, remedy: f.remedy }));
    }
    let payload = end_of_header(bytes).ok_or_else(|| Problem::Ply("its header has no 'end_header' line".into()))?;
    // names of properties count in any case: some programs write X, Y and Z
    let lower = |line: &str| match line.split_whitespace().next() {
        Some("property") => line.to_ascii_lowercase(),
        _ => line.to_owned(),
    };
    let text: String = String::from_utf8_lossy(&bytes[..payload]).split_inclusive('\n').map(lower).collect();
    let parsed = Parser::<DefaultElement>::new()
        .read_header(&mut Reader::new(text.as_bytes()))
        .map_err(|e| Problem::Ply(header_fault(&e.to_string())))?;
    // ply-rs-bw keeps elements and properties in maps: a name that occurs twice would silently shift all that follows.
    let declared = |word: &str| text.lines().filter(|l| l.split_whitespace().next() == Some(word)).count();
    let properties: usize = parsed.elements.values().map(|e| e.properties.len()).sum();
    if declared("element") != parsed.elements.len() || declared("property") != properties {
        return Err(Problem::Ply("its header declares an element or a property twice".into()));
    }
    let elements: Vec<ElementDef> = parsed.elements.into_iter().map(|(_, e)| e).collect();
    let header = Header { encoding: parsed.encoding, elements, payload };
    if header.encoding == Encoding::Ascii && bytes[payload..].contains(&0) {
        return Err(Problem::Ply("its lines are not text".into()));
    }
    header.check_counts(length)?;
    Ok(header)
}

impl Header {
    /// Checks the counts: every record takes bytes, so the file's length bounds them. This keeps a malicious header
    /// from costing memory or time.
    fn check_counts(&self, have: u64) -> Result<(), Problem> {
        let mut need = self.payload as u64;
        // Lines of text may have any length.
        let mut most = (self.encoding != Encoding::Ascii).then_some(need);
        for e in &self.elements {
            if e.count == 0 {
                continue;
            }
            if e.properties.is_empty() {
                return Err(Problem::Ply(format!("its element '{}' has no properties", e.name)));
            }
            let record = match self.encoding {
                // A digit and a separator per property.
                Encoding::Ascii => 2 * e.properties.len() as u64,
                _ => e.properties.values().map(|p| smallest(&p.data_type) as u64).sum(),
            };
            need = need.saturating_add((e.count as u64).saturating_mul(record));
            let all = largest(e).and_then(|largest| largest.checked_mul(e.count as u64));
            most = most.and_then(|most| most.checked_add(all?));
        }
        // The last ASCII record may lack its line end.
        let slack = u64::from(self.encoding == Encoding::Ascii);
        if need > have + slack {
            return Err(Problem::Truncated { need, have });
        }
        match most.and_then(|most| have.checked_sub(most)) {
            Some(extra) if extra > 0 => Err(Problem::Trailing { extra }),
            _ => Ok(()),
        }
    }
}

/// Most bytes of a binary record.
fn largest(element: &ElementDef) -> Option<u64> {
    let largest = |t: &PropertyType| match t {
        PropertyType::Scalar(s) => size_of(s) as u64,
        PropertyType::List(count, item) => {
            let longest = (1u64 << (8 * size_of(count).min(4))) - 1;
            size_of(count) as u64 + longest * size_of(item) as u64
        }
    };
    element.properties.values().map(|p| largest(&p.data_type)).try_fold(0u64, u64::checked_add)
}

fn end_of_header(bytes: &[u8]) -> Option<usize> {
    const WORD: &[u8] = b"\nend_header";
    let window = &bytes[..bytes.len().min(LONGEST)];
    let mut from = 0;
    while let Some(at) = window[from..].windows(WORD.len()).position(|w| w == WORD) {
        let mut end = from + at + WORD.len();
        while matches!(window.get(end), Some(b' ' | b'\t' | b'\r')) {
            end += 1;
        }
        match window.get(end) {
            Some(b'\n') => return Some(end + 1),
            None if end == bytes.len() => return Some(end),
            _ => from = end,
        }
    }
    None
}

/// The type of a property, unless it is a list.
pub(super) fn scalar<'a>(element: &'a ElementDef, name: &str) -> Option<&'a ScalarType> {
    match &element.properties.get(name)?.data_type {
        PropertyType::Scalar(kind) => Some(kind),
        PropertyType::List(..) => None,
    }
}

/// A note that names the properties of the vertices that no reader uses, if there are any.
pub(super) fn unused(vertex: &ElementDef, colors: Option<&Colors>) -> Option<String> {
    // the confidence of older labels goes with them
    const USED: [&str; 9] = ["x", "y", "z", "nx", "ny", "nz", "alpha", "label", "confidence"];
    let color = colors.map_or(&[][..], Colors::names);
    let names = vertex.properties.values().map(|p| p.name.as_str());
    let left: Vec<&str> = names.filter(|n| !USED.contains(n) && !color.contains(n)).collect();
    let shown = left.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if left.len() > 5 { ", …" } else { "" };
    (!left.is_empty()).then(|| format!("other properties of the vertices are left out: {}{more}", one_line(&shown)))
}

pub(super) fn size_of(t: &ScalarType) -> usize {
    match t {
        ScalarType::Char | ScalarType::UChar => 1,
        ScalarType::Short | ScalarType::UShort => 2,
        ScalarType::Int | ScalarType::UInt | ScalarType::Float => 4,
        ScalarType::Double => 8,
    }
}

/// Smallest number of bytes of a property: a list may be empty, but has a length.
fn smallest(t: &PropertyType) -> usize {
    match t {
        PropertyType::Scalar(s) | PropertyType::List(s, _) => size_of(s),
    }
}

/// Describes the line at fault. What the parser's grammar expected there means nothing to users.
fn header_fault(message: &str) -> String {
    let place = message.strip_prefix("Line ").and_then(|m| m.split_once(':')).map(|(number, _)| number);
    let line = message.split_once("String: '").and_then(|(_, m)| Some(m.split_once('\'')?.0.trim()));
    match (place, line) {
        (Some(number), Some(line)) => format!("line {number} of its header is not valid: '{}'", one_line(line)),
        _ => one_line(message),
    }
}

/// Makes one line of limited length from a parser's message, which can span lines and repeat the input.
pub(super) fn one_line(message: &str) -> String {
    let mut line: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(200) {
        line.truncate(cut);
        line.push('…');
    }
    line
}
