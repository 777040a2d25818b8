//! Outlines of rooms: simple polygons, counter-clockwise, with their lowest corner at the origin.

use crate::dice::Dice;

pub(crate) type Point = [f32; 2];

/// Shapes of floor plans. Those with more corners need more space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Rectangle,
    /// A rectangle without a rectangle at one corner.
    L,
    /// A rectangle without rectangles at two corners of one side.
    T,
    /// A rectangle with a recess in one side, or a column or shaft at it.
    U,
    /// A rectangle with one corner cut off at an angle.
    Chamfered,
    /// One side is slanted.
    Slanted,
}

/// Shortest sides in metres for which a shape other than a rectangle is drawn.
const LEAST: f32 = 3.3;

impl Shape {
    /// Draws a shape for a room of `size` metres. Every second room is a rectangle, and all small ones are.
    pub fn draw(d: &mut Dice, size: Point) -> Shape {
        let shapes = [Shape::L, Shape::L, Shape::T, Shape::U, Shape::Chamfered, Shape::Slanted];
        let (plain, shape) = (d.chance(0.5), d.pick(&shapes));
        if plain || size[0].min(size[1]) < LEAST { Shape::Rectangle } else { shape }
    }

    /// Draws an outline of this shape, within the box from the origin to `size`.
    pub fn outline(self, d: &mut Dice, size: Point) -> Vec<Point> {
        let [x, y] = size;
        let (cut_x, cut_y) = (x * d.between(0.25, 0.45), y * d.between(0.2, 0.45));
        let (other_x, other_y) = (x * d.between(0.15, 0.3), y * d.between(0.15, 0.4));
        let mut corners = match self {
            Shape::Rectangle => vec![[0.0, 0.0], [x, 0.0], [x, y], [0.0, y]],
            Shape::L => vec![[0.0, 0.0], [x, 0.0], [x, y - cut_y], [x - cut_x, y - cut_y], [x - cut_x, y], [0.0, y]],
            Shape::T => vec![
                [0.0, 0.0],
                [x, 0.0],
                [x, y - cut_y],
                [x - cut_x, y - cut_y],
                [x - cut_x, y],
                [other_x, y],
                [other_x, y - other_y],
                [0.0, y - other_y],
            ],
            Shape::U => {
                let deep = if d.chance(0.5) { d.between(0.2, 0.5) } else { cut_y };
                let wide = if deep < 0.5 { d.between(0.3, 0.7) } else { cut_x };
                let from = d.between(0.25, 0.75) * (x - wide);
                vec![
                    [0.0, 0.0],
                    [x, 0.0],
                    [x, y],
                    [from + wide, y],
                    [from + wide, y - deep],
                    [from, y - deep],
                    [from, y],
                    [0.0, y],
                ]
            }
            Shape::Chamfered => vec![[0.0, 0.0], [x, 0.0], [x, y - cut_y], [x - cut_x, y], [0.0, y]],
            Shape::Slanted => vec![[0.0, 0.0], [x, 0.0], [x, y], [0.0, y - other_y]],
        };
        // A mirrored plan puts what was cut at another corner.
        let turn = d.below(4);
        for (axis, extent) in [(0, x), (1, y)] {
            if turn >> axis & 1 == 1 {
                corners.iter_mut().for_each(|c| c[axis] = extent - c[axis]);
                corners.reverse();
            }
        }
        corners
    }
}

fn side(a: Point, b: Point, p: Point) -> f32 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

/// Area of an outline.
pub(crate) fn area(corners: &[Point]) -> f32 {
    let next = |i: usize| corners[(i + 1) % corners.len()];
    corners.iter().enumerate().map(|(i, a)| a[0] * next(i)[1] - next(i)[0] * a[1]).sum::<f32>() / 2.0
}

/// Whether `p` is within an outline and at least `margin` metres from its sides.
pub(crate) fn contains(corners: &[Point], p: Point, margin: f32) -> bool {
    let mut inside = false;
    for (i, &a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let along = [b[0] - a[0], b[1] - a[1]];
        let t = ((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / (along[0] * along[0] + along[1] * along[1]);
        let t = t.clamp(0.0, 1.0);
        if (p[0] - a[0] - t * along[0]).hypot(p[1] - a[1] - t * along[1]) < margin {
            return false;
        }
        // the ray from p along +x crosses this side
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + along[0] * (p[1] - a[1]) / along[1] {
            inside = !inside;
        }
    }
    inside
}

/// Divides an outline into triangles by clipping ears.
pub(crate) fn triangles(corners: &[Point]) -> Vec<[Point; 3]> {
    let mut left = corners.to_vec();
    let mut out = Vec::new();
    while left.len() > 3 {
        let n = left.len();
        let ear = (0..n).find(|&i| {
            let (a, b, c) = (left[(i + n - 1) % n], left[i], left[(i + 1) % n]);
            let others = left.iter().filter(|p| **p != a && **p != b && **p != c);
            side(a, b, c) > 0.0
                && others.into_iter().all(|p| side(a, b, *p) < 0.0 || side(b, c, *p) < 0.0 || side(c, a, *p) < 0.0)
        });
        // a simple polygon always has an ear
        let i = ear.unwrap_or(0);
        out.push([left[(i + n - 1) % n], left[i], left[(i + 1) % n]]);
        left.remove(i);
    }
    out.extend(left.first_chunk::<3>());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Shape; 6] = [Shape::Rectangle, Shape::L, Shape::T, Shape::U, Shape::Chamfered, Shape::Slanted];

    #[test]
    fn triangles_cover_the_outline_once() {
        for stream in 0..60 {
            let mut d = Dice::new(2, stream);
            let shape = ALL[stream as usize % 6];
            let corners = shape.outline(&mut d, [4.0, 5.0]);
            let whole = area(&corners);
            assert!(whole > 8.0, "{shape:?} must be counter-clockwise: {whole}");
            let parts = triangles(&corners);
            let sum: f32 = parts.iter().map(|t| area(t)).sum();
            assert!((sum - whole).abs() < 1e-3 && parts.iter().all(|t| area(t) > 0.0), "{shape:?}: {sum} of {whole}");
            for _ in 0..200 {
                let p = [4.0 * d.unit(), 5.0 * d.unit()];
                let within = parts
                    .iter()
                    .any(|[a, b, c]| side(*a, *b, p) >= 0.0 && side(*b, *c, p) >= 0.0 && side(*c, *a, p) >= 0.0);
                assert_eq!(contains(&corners, p, 0.0), within, "{shape:?} {p:?}");
            }
        }
    }

    #[test]
    fn a_margin_keeps_away_from_every_side() {
        let corners = Shape::L.outline(&mut Dice::new(1, 1), [4.0, 4.0]);
        for i in 0..1600 {
            let p = [(i % 40) as f32 * 0.1, (i / 40) as f32 * 0.1];
            if contains(&corners, p, 0.3) {
                for k in 0..8 {
                    let (s, c) = (k as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
                    assert!(contains(&corners, [p[0] + 0.29 * c, p[1] + 0.29 * s], 0.0), "{p:?}");
                }
            }
        }
    }
}
