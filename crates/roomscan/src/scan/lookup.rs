//! Finds the triangle of the room on which a scanned vertex lies.

use crate::math::{V3, closest_on_triangle, cross, dot, norm, sub, unit};
use crate::scene::Scene;
use std::collections::HashMap;

const CELL: f32 = 0.08;
/// Penalty in metres for a normal at right angles, which tells the two sides of a corner apart.
const TURN: f32 = 0.012;

/// For each point (in room coordinates), finds the nearest triangle with a similar normal, and returns its index and
/// its nearest point. `None` if no triangle is within `reach` metres: such a vertex is an artefact of the fusion.
pub(crate) fn nearest_surface(scene: &Scene, coord: &[V3], normal: &[V3], reach: f32) -> Vec<Option<(u32, V3)>> {
    let key = |p: V3| p.map(|v| (v / CELL).floor() as i32);
    // Each triangle is listed in all cells within reach, so that a query looks at one cell. The map is never iterated.
    let mut grid: HashMap<[i32; 3], Vec<u32>> = HashMap::new();
    for p in coord {
        grid.entry(key(*p)).or_default();
    }
    let faces: Vec<V3> = (scene.triangles.iter())
        .map(|t| unit(cross(sub(t.corners[1], t.corners[0]), sub(t.corners[2], t.corners[0]))))
        .collect();
    for (index, t) in scene.triangles.iter().enumerate() {
        let bound =
            |a: usize, sign: f32| t.corners.iter().map(|c| c[a] * sign).fold(f32::MIN, f32::max) * sign + sign * reach;
        let low = key([bound(0, -1.0), bound(1, -1.0), bound(2, -1.0)]);
        let high = key([bound(0, 1.0), bound(1, 1.0), bound(2, 1.0)]);
        let plane = dot(faces[index], t.corners[0]);
        for z in low[2]..=high[2] {
            for y in low[1]..=high[1] {
                for x in low[0]..=high[0] {
                    let middle = [x, y, z].map(|c| (c as f32 + 0.5) * CELL);
                    if (dot(faces[index], middle) - plane).abs() < reach + CELL * 0.87
                        && let Some(list) = grid.get_mut(&[x, y, z])
                    {
                        list.push(index as u32);
                    }
                }
            }
        }
    }
    coord
        .iter()
        .zip(normal)
        .map(|(p, n)| {
            let mut best: Option<(f32, u32, V3)> = None;
            for &index in grid.get(&key(*p)).into_iter().flatten() {
                let q = closest_on_triangle(*p, &scene.triangles[index as usize].corners);
                let away = norm(sub(*p, q));
                let cost = away + TURN * (1.0 - dot(*n, faces[index as usize]).abs());
                if away < reach && best.is_none_or(|(c, ..)| cost < c) {
                    best = Some((cost, index, q));
                }
            }
            best.map(|(_, index, q)| (index, q))
        })
        .collect()
}
