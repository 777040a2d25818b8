//! The points of a page as bytes. What each number differs by from that of the point before is stored, and the low and
//! high bytes of 16-bit numbers apart: so neighbours compress well. `data.js` reads it.
//!
//! In this order, for all points each: x, y, z (16 bits); red, green, blue; two numbers of the normal; the class of the
//! annotation and, for each prediction, class and confidence. What a scan does not have is left out. Classes are one
//! more than their index, 0 for none, and have 16 bits if a label set has many.

use crate::scan::Scan;
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// Whether classes need 16 bits.
pub(super) fn is_wide(scan: &Scan) -> bool {
    scan.labels.len() > 255
}

/// Coordinates as 65536ths of the bounding box.
pub(super) fn quantise(coord: &[[f32; 3]], low: [f32; 3], high: [f32; 3]) -> Vec<[u16; 3]> {
    let scale: [f32; 3] = std::array::from_fn(|a| 65535.0 / (high[a] - low[a]).max(1e-6));
    // the cast saturates
    coord.iter().map(|p| std::array::from_fn(|a| ((p[a] - low[a]) * scale[a]).round() as u16)).collect()
}

/// The bytes of the points in `order`.
pub(super) fn pack(scan: &Scan, quantised: &[[u16; 3]], normal: Option<&[[f32; 3]]>, order: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(order.len() * 16);
    let indices = || order.iter().map(|&i| i as usize);
    (0..3).for_each(|axis| add_words(&mut bytes, indices().map(|i| quantised[i][axis])));
    if let Some(color) = &scan.color {
        (0..3).for_each(|channel| add_bytes(&mut bytes, indices().map(|i| color[i][channel])));
    }
    if let Some(normal) = normal {
        let flat: Vec<[u8; 2]> = indices().map(|i| octahedral(normal[i])).collect();
        (0..2).for_each(|axis| add_bytes(&mut bytes, flat.iter().map(|n| n[axis])));
    }
    let add_classes = |bytes: &mut Vec<u8>, classes: &[i32]| match is_wide(scan) {
        true => add_words(bytes, indices().map(|i| (classes[i] + 1) as u16)),
        false => add_bytes(bytes, indices().map(|i| (classes[i] + 1) as u8)),
    };
    if let Some(truth) = &scan.truth {
        add_classes(&mut bytes, truth);
    }
    for prediction in &scan.predictions {
        add_classes(&mut bytes, &prediction.classes);
        if let Some(confidence) = &prediction.confidence {
            add_bytes(&mut bytes, indices().map(|i| (confidence[i] * 255.0).round() as u8));
        }
    }
    bytes
}

fn add_bytes(bytes: &mut Vec<u8>, values: impl Iterator<Item = u8>) {
    let mut before = 0u8;
    bytes.extend(values.map(|value| value.wrapping_sub(std::mem::replace(&mut before, value))));
}

/// Differences with their sign in the lowest bit, so that small ones of either sign have a high byte of 0.
fn add_words(bytes: &mut Vec<u8>, values: impl Iterator<Item = u16>) {
    let mut before = 0u16;
    let differences = values.map(|value| value.wrapping_sub(std::mem::replace(&mut before, value)) as i16);
    let words: Vec<u16> = differences.map(|d| ((d << 1) ^ (d >> 15)) as u16).collect();
    bytes.extend(words.iter().map(|word| *word as u8));
    bytes.extend(words.iter().map(|word| (word >> 8) as u8));
}

/// A direction as two numbers from 1 to 255: the sphere is projected to an octahedron, which is unfolded to a square
/// (Meyer et al., "On Floating-Point Normal Vectors", 2010). 0, 0 for no direction.
fn octahedral(normal: [f32; 3]) -> [u8; 2] {
    let sum: f32 = normal.iter().map(|v| v.abs()).sum();
    // also if it is NaN
    if !(sum > 1e-6 && sum.is_finite()) {
        return [0; 2];
    }
    let [x, y, z] = normal.map(|v| v / sum);
    let folded = |a: f32, b: f32| (1.0 - b.abs()) * if a < 0.0 { -1.0 } else { 1.0 };
    let flat = if z < 0.0 { [folded(x, y), folded(y, x)] } else { [x, y] };
    flat.map(|v| (128.0 + 127.0 * v).round() as u8)
}

/// The bytes in zlib's format, which browsers call "deflate".
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(5));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_lead_back_to_the_values() {
        let (words, mut packed) = ([0u16, 65535, 3, 2, 40000, 0], Vec::new());
        add_words(&mut packed, words.into_iter());
        let mut value = 0u16;
        let back: Vec<u16> = (0..6)
            .map(|i| {
                let word = u16::from(packed[i]) | u16::from(packed[6 + i]) << 8;
                value = value.wrapping_add((word >> 1) ^ (word & 1).wrapping_neg());
                value
            })
            .collect();
        assert_eq!(back, words);
    }

    #[test]
    fn directions_lose_less_than_a_degree() {
        let decode = |n: [u8; 2]| {
            let [x, y] = n.map(|v| (f32::from(v) - 128.0) / 127.0);
            let z = 1.0 - x.abs() - y.abs();
            let back = |a: f32| a + if a < 0.0 { z.min(0.0).abs() } else { -z.min(0.0).abs() };
            crate::math::unit([back(x), back(y), z])
        };
        for i in 0..1000 {
            let (a, z) = (i as f32 * 2.4, i as f32 / 499.5 - 1.0);
            let r = (1.0 - z * z).max(0.0).sqrt();
            let normal = [r * a.cos(), r * a.sin(), z];
            let cosine = crate::math::dot(normal, decode(octahedral(normal)));
            assert!(cosine > 0.9998, "{normal:?} {cosine}");
        }
        for none in [[0.0; 3], [f32::NAN, 0.0, 1.0], [f32::INFINITY; 3]] {
            assert_eq!(octahedral(none), [0; 2]);
        }
    }
}
