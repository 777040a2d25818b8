//! Bounding boxes.

/// Lowest and highest coordinate of `coord` along each axis: the corners of its bounding box.
///
/// An empty slice gives `([f32::INFINITY; 3], [f32::NEG_INFINITY; 3])`. Values are compared with `<` and `>`, and
/// `-0.0` equals `0.0`. The coordinates must not be NaN.
///
/// ```
/// let (low, high) = pointops::bounds(&[[1.0, -2.0, 0.5], [0.0, 3.0, 0.5]]);
/// assert_eq!((low, high), ([0.0, -2.0, 0.5], [1.0, 3.0, 0.5]));
/// ```
pub fn bounds(coord: &[[f32; 3]]) -> ([f32; 3], [f32; 3]) {
    // Four points at a time: twelve lanes are a multiple of three axes, so each lane stays on one axis and the loop
    // vectorises.
    let (mut low, mut high) = ([f32::INFINITY; 12], [f32::NEG_INFINITY; 12]);
    let (fours, rest) = coord.as_flattened().as_chunks::<12>();
    for four in fours {
        for lane in 0..12 {
            low[lane] = lower(four[lane], low[lane]);
            high[lane] = higher(four[lane], high[lane]);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        low[lane] = lower(value, low[lane]);
        high[lane] = higher(value, high[lane]);
    }
    let fold = |lanes: &[f32; 12], pick: fn(f32, f32) -> f32| {
        std::array::from_fn(|axis| pick(pick(lanes[axis], lanes[axis + 3]), pick(lanes[axis + 6], lanes[axis + 9])))
    };
    (fold(&low, lower), fold(&high, higher))
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn higher(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_a_fold_over_each_axis() {
        assert_eq!(bounds(&[]), ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]));
        let coord: Vec<[f32; 3]> =
            (0..30u32).map(|i| [0, 1, 2].map(|a| (i * 7919 + a * 104_729) as f32 % 97.0 - 40.0)).collect();
        for len in 1..coord.len() {
            let fold = |start: f32, pick: fn(f32, f32) -> f32| {
                [0, 1, 2].map(|axis| coord[..len].iter().map(|p| p[axis]).fold(start, pick))
            };
            assert_eq!(bounds(&coord[..len]), (fold(f32::INFINITY, f32::min), fold(f32::NEG_INFINITY, f32::max)));
        }
        let wide = [[f32::MAX; 3], [f32::INFINITY; 3], [f32::MIN; 3]];
        assert_eq!(bounds(&wide), ([f32::MIN; 3], [f32::INFINITY; 3]));
    }
}
