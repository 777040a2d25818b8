//! Legs of seats, tables and cabinets.

use super::{CORNERS, SIDES};
use crate::scene::{Brush, Ring};

/// The shape of the legs under a seat or a top.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::models) enum Legs {
    Square,
    Round,
    /// Thinner at the floor.
    Tapered,
    /// Wider apart at the floor.
    Splayed,
    /// A closed frame at each end.
    Sled,
    /// Two bars that cross, at each end.
    Crossed,
    /// A board at each end.
    Boards,
    /// A post with a foot at each end.
    Posts,
}

impl Legs {
    pub const CHAIR: [Legs; 6] = [Legs::Square, Legs::Square, Legs::Round, Legs::Tapered, Legs::Splayed, Legs::Sled];
    pub const TABLE: [Legs; 10] = [
        Legs::Square,
        Legs::Square,
        Legs::Square,
        Legs::Round,
        Legs::Tapered,
        Legs::Splayed,
        Legs::Sled,
        Legs::Crossed,
        Legs::Boards,
        Legs::Posts,
    ];

    /// Draws legs from the floor to height `h` within ±`half`, about `thick` metres thick.
    pub fn draw(self, b: &mut Brush, m: u32, half: [f32; 2], h: f32, thick: f32) {
        let [x, y] = half.map(|v| v - thick / 2.0);
        let r = thick / 2.0;
        match self {
            Legs::Square | Legs::Round | Legs::Tapered | Legs::Splayed => {
                for [sx, sy] in CORNERS {
                    let (px, py) = (sx * x, sy * y);
                    match self {
                        Legs::Square => b.block(m, [px, py, 0.0], [thick, thick, h]),
                        Legs::Round => b.cylinder(m, [px, py, 0.0], r, h),
                        Legs::Tapered => {
                            let top = Ring::new([px, py, h], [r * 1.3; 2], 6.0);
                            b.loft(m, &[Ring::new([px, py, 0.0], [r * 0.75; 2], 6.0), top], 12);
                        }
                        _ => b.tube(m, [px, py, 0.0], [px * 0.72, py * 0.72, h], r),
                    }
                }
            }
            Legs::Sled | Legs::Crossed => {
                for s in SIDES {
                    let p = |t: f32, z: f32| [s * x, t * y, z];
                    if self == Legs::Sled {
                        b.path(m, &[p(-1.0, h), p(-1.0, r), p(1.0, r), p(1.0, h), p(-1.0, h - r)], r);
                    } else {
                        b.tube(m, p(-1.0, 0.0), p(1.0, h), r);
                        b.tube(m, p(1.0, 0.0), p(-1.0, h), r);
                    }
                }
            }
            Legs::Boards => {
                for s in SIDES {
                    b.block(m, [s * (half[0] - 0.02), 0.0, 0.0], [0.04, 2.0 * half[1], h]);
                }
            }
            Legs::Posts => {
                for s in SIDES {
                    let px = s * half[0] * 0.72;
                    b.block(m, [px, 0.0, 0.0], [thick + 0.02, half[1] * 1.8, 0.05]);
                    b.block(m, [px, 0.0, 0.0], [thick + 0.02, half[1] * 0.4, h]);
                    b.block(m, [px, 0.0, h - 0.05], [thick, half[1] * 1.6, 0.05]);
                }
            }
        }
    }
}
