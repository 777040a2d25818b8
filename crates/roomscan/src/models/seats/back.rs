//! Backs of chairs, in a frame that stands on the seat's rear edge and leans backwards.

use super::super::parts::{SIDES, cushion};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::Brush;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Back {
    Solid,
    Padded,
    /// Horizontal boards.
    Ladder,
    /// Upright bars.
    Spindles,
    /// One board at the top.
    Rail,
    /// A frame around a hole or a net.
    Frame,
    /// A board in the middle from seat to top.
    Splat,
}

impl Back {
    pub const ALL: [Back; 7] =
        [Back::Solid, Back::Padded, Back::Ladder, Back::Spindles, Back::Rail, Back::Frame, Back::Splat];

    /// Draws a back of `rest` metres from a seat whose rear edge is at `y`, `half` metres wide on each side. `posts` are
    /// the thickness of the bars at both sides, or 0 for none.
    #[expect(clippy::too_many_arguments, reason = "the measures of a back")]
    pub fn draw(
        self,
        b: &mut Brush,
        d: &mut Dice,
        [wood, cloth]: [u32; 2],
        half: f32,
        [y, seat]: [f32; 2],
        rest: f32,
        tilt: f32,
        posts: f32,
    ) {
        let mut back = b.inside(Pose::tilted([0.0, y, seat], tilt));
        let (x, t) = (half, 0.018);
        let open = rest * d.between(0.05, 0.45);
        if posts > 0.0 {
            for s in SIDES {
                back.block(wood, [s * (x - posts / 2.0), 0.0, -0.03], [posts, posts, rest + 0.03]);
            }
        }
        let mut board = |m: u32, x0: f32, x1: f32, z0: f32, z1: f32| back.cuboid(m, [x0, -t, z0], [x1, t, z1]);
        match self {
            Back::Solid => board(wood, -x, x, open, rest),
            Back::Padded => {
                let thick = d.between(0.03, 0.06);
                cushion(&mut back, cloth, [-x, -thick, open], [x, thick, rest], 5.0);
            }
            Back::Ladder => {
                let n = 2 + d.below(4);
                for i in 0..n {
                    let z = open + (rest - open) * (i + 1) as f32 / n as f32;
                    board(wood, -x, x, z - (rest - open) / n as f32 * 0.6, z);
                }
            }
            Back::Spindles => {
                let n = 3 + d.below(4);
                board(wood, -x, x, rest - 0.07, rest);
                for i in 0..n {
                    let px = x * (2.0 * (i as f32 + 0.5) / n as f32 - 1.0);
                    board(wood, px - 0.015, px + 0.015, 0.0, rest);
                }
            }
            Back::Rail => board(wood, -x, x, rest - d.between(0.1, 0.22), rest),
            Back::Frame => {
                board(wood, -x, x, rest - 0.05, rest);
                board(wood, -x, x, open, open + 0.05);
                if d.chance(0.5) {
                    board(cloth, -x, x, open, rest);
                }
            }
            Back::Splat => {
                board(wood, -x, x, rest - 0.09, rest);
                board(wood, -x * 0.35, x * 0.35, 0.0, rest);
            }
        }
    }
}
