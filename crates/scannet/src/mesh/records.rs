//! The two loops that decode ScanNet's own records, at the speed of memory. Each record is one load of 16 bytes and one
//! store, whose excess bytes the next store overwrites. Records are checked in the same pass, without branches.

use super::{MAX_COORDINATE, prefetch};

/// Number of bytes of a triangle: the number of corners and three indices.
pub(super) const FACE: usize = 1 + 3 * 4;

/// Number of bytes of a vertex in ScanNet's meshes: x, y, z; red, green, blue, alpha.
pub(super) const SCANNET: usize = 3 * 4 + 4;

/// The highest bit of an index or a number.
const HIGHEST: u32 = 1 << 31;

/// The result of [`triangles`].
pub(super) struct Triangles {
    pub faces: Vec<[u32; 3]>,
    /// Whether a record has a number of corners other than three.
    pub other: bool,
    /// Whether all indices are below the number of vertices; may be false although they are if one is 2³¹ or more.
    pub below: bool,
}

/// Decodes and checks triangles. The faces are only valid if [`Triangles::other`] is false.
pub(super) fn triangles(records: &[[u8; FACE]], vertices: usize) -> Triangles {
    // Two indices are checked in one word: if both are below 2³¹, adding this sets the highest bit of an index that is
    // not below the limit, and carries nothing into the other one.
    let limit = u32::try_from(vertices).unwrap_or(u32::MAX).min(HIGHEST);
    let beyond = u64::from(HIGHEST - limit) << 32 | u64::from(HIGHEST - limit);
    let (mut seen, mut corners) = ([0; 2], 0);
    let mut faces = Rows::for_items(records.len());
    let mut put = |record: &[u8; FACE], words: [u64; 2]| {
        corners |= record[0] ^ 3;
        seen = [0, 1].map(|k| seen[k] | words[k] | words[k].wrapping_add(beyond));
        faces.put(halves(words));
    };
    // A load includes four bytes of the next record, which does not exist for the last record.
    const WIDE: usize = 1 + 2 * 8;
    for (i, wide) in records.as_flattened().windows(WIDE).step_by(FACE).enumerate() {
        let wide: &[u8; WIDE] = wide.try_into().expect("windows have this length");
        if i.is_multiple_of(4) {
            prefetch::ahead_of_reading(wide.as_ptr());
        }
        let (record, words) = (wide.first_chunk().expect("shorter"), wide.last_chunk().expect("shorter"));
        put(record, words_of(words));
    }
    if let Some(last) = records.last() {
        let mut words = [0; 16];
        words[..12].copy_from_slice(&last[1..]);
        put(last, words_of(&words));
    }
    let highest = u64::from(HIGHEST);
    let below = seen[0] & (highest << 32 | highest) == 0 && seen[1] & highest == 0;
    Triangles { faces: faces.done(), other: corners != 0, below }
}

/// Decodes coordinates and colours, and says whether all coordinates are finite and below [`MAX_COORDINATE`].
pub(super) fn scannet_vertices(bytes: &[u8]) -> (Vec<[f32; 3]>, Vec<[u8; 3]>, bool) {
    // Exponents from that of `MAX_COORDINATE` on, which those of NaN and infinity are too, carry into the highest bit.
    const EXPONENT: u64 = 0x7f80_0000_7f80_0000;
    const CARRY: u64 = ((1 << 31) - MAX_COORDINATE.to_bits() as u64) * 0x1_0000_0001;
    let records = bytes.as_chunks::<SCANNET>().0;
    let (mut coord, mut color) = (Rows::for_items(records.len()), Rows::for_items(records.len()));
    let mut seen = [0; 2];
    for (i, record) in records.iter().enumerate() {
        if i.is_multiple_of(4) {
            prefetch::ahead_of_reading(record.as_ptr());
        }
        let words = words_of(record);
        seen = [0, 1].map(|k| seen[k] | ((words[k] & EXPONENT) + CARRY));
        coord.put(halves(words).map(f32::from_bits));
        color.put([record[12], record[13], record[14], record[15]]);
    }
    let highest = u64::from(HIGHEST);
    let near = seen[0] & (highest << 32 | highest) == 0 && seen[1] & highest == 0;
    (coord.done(), color.done(), near)
}

fn words_of(bytes: &[u8; 16]) -> [u64; 2] {
    let words = bytes.as_chunks::<8>().0;
    [0, 1].map(|k| u64::from_le_bytes(words[k]))
}

fn halves([a, b]: [u64; 2]) -> [u32; 4] {
    [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]
}

/// Rows of three that are written four values at a time: the next row overwrites the excess value.
struct Rows<T> {
    rows: Vec<[T; 3]>,
    /// Number of rows that fit.
    room: usize,
}

impl<T: Copy> Rows<T> {
    fn for_items(room: usize) -> Self {
        // One more row, for the excess value of the last one.
        Rows { rows: Vec::with_capacity(room + 1), room }
    }

    /// Writes the first three values as the next row.
    #[inline(always)]
    fn put(&mut self, row: [T; 4]) {
        let at = self.rows.len();
        assert!(at < self.room);
        // SAFETY: `room + 1 > at + 1` rows are allocated, and four values from row `at` on are less than two rows; the
        // row that is added to the length has been written completely.
        unsafe {
            let to = self.rows.as_mut_ptr().add(at);
            if at.is_multiple_of(4) {
                prefetch::ahead_of_writing(to.cast());
            }
            to.cast::<[T; 4]>().write_unaligned(row);
            self.rows.set_len(at + 1);
        }
    }

    fn done(self) -> Vec<[T; 3]> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(corners: u8, indices: [u32; 3]) -> [u8; FACE] {
        let mut record = [corners; FACE];
        indices.iter().zip(record[1..].chunks_exact_mut(4)).for_each(|(i, to)| to.copy_from_slice(&i.to_le_bytes()));
        record
    }

    #[test]
    fn every_corner_of_every_face_is_checked() {
        for count in 0..9 {
            let good: Vec<[u32; 3]> = (0..count).map(|i| [i, 8, 2 * i % 9]).collect();
            let records: Vec<_> = good.iter().map(|&f| face(3, f)).collect();
            let found = triangles(&records, 9);
            assert!(found.faces == good && found.below && !found.other);
            for at in 0..records.len() {
                let mut changed = records.clone();
                changed[at][0] = 4;
                assert!(triangles(&changed, 9).other);
                for corner in 0..3 {
                    for index in [9, 10, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
                        let mut wrong = good.clone();
                        wrong[at][corner] = index;
                        let changed: Vec<_> = wrong.iter().map(|&f| face(3, f)).collect();
                        let found = triangles(&changed, 9);
                        assert!(found.faces == wrong && !found.below && !found.other, "{wrong:?}");
                    }
                }
            }
        }
        let large = [face(3, [0x7fff_ffff, 0, 1])];
        assert!(triangles(&large, 1 << 31).below && !triangles(&large, 0x7fff_ffff).below);
        assert!(!triangles(&[face(3, [0; 3])], 0).below);
    }

    #[test]
    fn every_coordinate_is_checked_and_no_colour_is() {
        let vertex = |coord: [f32; 3], color: [u8; 4]| -> Vec<u8> {
            coord.iter().flat_map(|v| v.to_le_bytes()).chain(color).collect()
        };
        for count in 0..6 {
            let good: Vec<[f32; 3]> = (0..count).map(|i| [i as f32, 131_071.99, -f32::MIN_POSITIVE]).collect();
            // A colour and an alpha whose bytes would not be a finite number.
            let color = [1, 2, 0x80, 0x7f];
            let bytes = good.iter().flat_map(|&c| vertex(c, color)).collect::<Vec<u8>>();
            assert_eq!(scannet_vertices(&bytes), (good.clone(), vec![[1, 2, 0x80]; good.len()], true));
            for at in 0..good.len() {
                for axis in 0..3 {
                    for value in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -131_072.0] {
                        let mut wrong = good.clone();
                        wrong[at][axis] = value;
                        let bytes = wrong.iter().flat_map(|&c| vertex(c, color)).collect::<Vec<u8>>();
                        assert!(!scannet_vertices(&bytes).2, "{wrong:?}");
                    }
                }
            }
        }
    }
}
