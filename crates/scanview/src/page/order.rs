//! The order of a page's points: neighbours near each other, so that they compress well, and any beginning of the list
//! evenly spread, so that it shows the whole scan while the camera moves.

/// Every eighth point along the curve comes first, then the others, each eighth between those before.
const EIGHTHS: [usize; 8] = [0, 4, 2, 6, 1, 5, 3, 7];

/// At most `most` of the points with these indices, in the page's order.
pub(super) fn order(quantised: &[[u16; 3]], indices: &[u32], most: usize) -> Vec<u32> {
    let mut along: Vec<(u64, u32)> = indices.iter().map(|&i| (morton(quantised[i as usize]), i)).collect();
    along.sort_unstable();
    let (n, kept) = (along.len(), along.len().min(most));
    let kept: Vec<u32> = (0..kept).map(|k| along[k * n / kept].1).collect();
    EIGHTHS.iter().flat_map(|&first| kept.iter().skip(first).step_by(8)).copied().collect()
}

/// The place on a Z-order curve (Morton, 1966): the bits of the three coordinates take turns.
fn morton(p: [u16; 3]) -> u64 {
    p.iter().zip(0..).fold(0, |key, (&v, shift)| key | spread(v) << shift)
}

/// The bits of a number, each followed by two zeros.
fn spread(v: u16) -> u64 {
    let v = u64::from(v);
    let v = (v | v << 16) & 0x001f_0000_ff00_00ff;
    let v = (v | v << 8) & 0x100f_00f0_0f00_f00f;
    let v = (v | v << 4) & 0x10c3_0c30_c30c_30c3;
    (v | v << 2) & 0x1249_2492_4924_9249
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_coordinates_take_turns() {
        for p in [[0, 0, 0], [1, 0, 0], [0x8421, 0x1248, 0xffff], [0xa5c3, 0x0f01, 0x7777], [0xffff; 3]] {
            let slow = (0..48).fold(0u64, |key, bit| key | u64::from(p[bit % 3] >> (bit / 3) & 1) << bit);
            assert_eq!(morton(p), slow, "{p:x?}");
        }
    }

    #[test]
    fn every_point_comes_once_and_beginnings_are_spread() {
        let points: Vec<[u16; 3]> = (0..4096u32).map(|i| [(i % 64 * 1024) as u16, (i / 64 * 1024) as u16, 7]).collect();
        let indices: Vec<u32> = (0..4096).collect();
        let all = order(&points, &indices, usize::MAX);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..4096));
        let first = &all[..512];
        for quarter in 0..4u32 {
            let inside = first.iter().filter(|&&i| i % 64 / 32 + i / 64 / 32 * 2 == quarter).count();
            assert_eq!(inside, 128);
        }
        let some = order(&points, &indices, 1000);
        assert!(some.len() == 1000 && some == order(&points, &indices, 1000));
        assert_eq!(order(&points, &[7], 5), [7]);
    }
}
