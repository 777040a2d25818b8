//! The colours of everything that has none of its own, for pages and pictures. They stay apart for people who cannot
//! tell red from green.

use labelset::{LabelSet, NO_CLASS};

/// A point whose class is wrong.
pub(crate) const WRONG: [u8; 3] = [245, 130, 20];
/// A point whose class is right.
pub(crate) const RIGHT: [u8; 3] = [110, 134, 168];
/// A point without a class, or whose class cannot be judged.
pub const NONE: [u8; 3] = [84, 84, 88];
/// Points of a scan without colours.
pub(crate) const PLAIN: [u8; 3] = [180, 180, 180];

/// From low to high values: the colours of viridis in six places, whose lightness rises evenly.
pub(crate) const RAMP: [[u8; 3]; 6] =
    [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];

/// The colour of a value from 0 to 1.
pub(crate) fn ramp(value: f32) -> [u8; 3] {
    let place = value.clamp(0.0, 1.0) * (RAMP.len() - 1) as f32;
    let low = (place as usize).min(RAMP.len() - 2);
    let t = place - low as f32;
    std::array::from_fn(|a| {
        let (from, to) = (f32::from(RAMP[low][a]), f32::from(RAMP[low + 1][a]));
        (from + (to - from) * t).round() as u8
    })
}

/// The colour of a class, [`NONE`] for no class.
pub(crate) fn class(labels: &LabelSet, class: i32) -> [u8; 3] {
    if class == NO_CLASS { NONE } else { labels.color_of(class) }
}

/// The colour of a class as it is judged.
pub(crate) fn error(truth: i32, predicted: i32) -> [u8; 3] {
    match truth {
        NO_CLASS => NONE,
        _ if truth == predicted => RIGHT,
        _ => WRONG,
    }
}

/// The colour of a direction.
pub(crate) fn normal(normal: [f32; 3]) -> [u8; 3] {
    normal.map(|v| (127.5 + 127.5 * v.clamp(-1.0, 1.0)).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_ends_at_its_ends_and_takes_any_number() {
        assert_eq!([ramp(-1.0), ramp(0.0)], [RAMP[0]; 2]);
        assert_eq!([ramp(1.0), ramp(f32::INFINITY)], [RAMP[5]; 2]);
        assert_eq!(ramp(0.2), RAMP[1]);
        ramp(f32::NAN);
    }

    /// Brightness as the eye sees it, which colour blindness leaves.
    #[test]
    fn judged_points_differ_in_brightness_or_in_blue_and_yellow() {
        let blue_yellow = |c: [u8; 3]| i32::from(c[2]) - (i32::from(c[0]) + i32::from(c[1])) / 2;
        assert!(blue_yellow(RIGHT) - blue_yellow(WRONG) > 150);
        assert!((blue_yellow(NONE) - blue_yellow(WRONG)).abs() > 100);
    }
}
