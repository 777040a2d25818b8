//! Colours of a scan: materials lit by lamps that cast shadows, seen by a camera whose exposure varies.

use crate::dice::Dice;
use crate::math::{Pose, V3, dot, noise3, norm, sub, unit};
use crate::rooms::Room;
use scanview::raster::{Raster, View};

/// Side of a shadow map in pixels.
const MAP: usize = 384;
/// Tangent of half the angle of view of a shadow map.
const REACH: f32 = 2.2;

/// A lamp below the ceiling, and its shadow map, which looks straight down.
struct Lamp {
    at: V3,
    map: Raster,
}

impl Lamp {
    const FOCAL: f32 = MAP as f32 / 2.0 / REACH;

    fn new(at: V3, corners: &[[V3; 3]]) -> Lamp {
        let mut map = Raster::new(MAP, MAP);
        map.draw(&View { pose: Lamp::pose(at), focal: Lamp::FOCAL }, corners);
        Lamp { at, map }
    }

    fn pose(at: V3) -> Pose {
        Pose { axes: [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]], origin: at }
    }

    /// Fraction of the lamp's light that reaches `p`. A mean over neighbouring pixels makes soft shadows, as of a large
    /// lamp.
    fn reaches(&self, p: V3) -> f32 {
        let q = Lamp::pose(self.at).unapply(p);
        if q[2] < 0.1 {
            return 1.0;
        }
        let (u, v) = (q[0] / q[2] * Lamp::FOCAL + MAP as f32 / 2.0, q[1] / q[2] * Lamp::FOCAL + MAP as f32 / 2.0);
        let mut lit = 0;
        for i in 0..25 {
            let (x, y) = (u + 1.7 * (i % 5) as f32 - 3.4, v + 1.7 * (i / 5) as f32 - 3.4);
            let inside = x >= 0.0 && y >= 0.0 && x < MAP as f32 && y < MAP as f32;
            // A surface within 6 cm of the occluder is the occluder itself.
            lit += usize::from(!inside || self.map.inverse[y as usize * MAP + x as usize] * (q[2] - 0.06) < 1.0);
        }
        lit as f32 / 25.0
    }
}

/// Returns the colour of each vertex (in room coordinates). `on` is the result of [`super::nearest_surface`].
pub(crate) fn paint(
    room: &Room,
    coord: &[V3],
    normal: &[V3],
    on: &[Option<(u32, V3)>],
    noise: f32,
    d: &mut Dice,
) -> Vec<[u8; 3]> {
    let plan = &room.layout.plan;
    let corners: Vec<[V3; 3]> = room.scene.triangles.iter().map(|t| t.corners).collect();
    let lamps = [0, 1].map(|_| {
        let x = plan.size[0] * d.between(0.3, 0.7);
        Lamp::new([x, plan.size[1] * d.between(0.3, 0.7), plan.height - 0.05], &corners)
    });
    let warmth = d.between(-0.06, 0.08);
    let (exposure, seed) = (d.between(0.9, 1.08), d.word());
    (0..coord.len())
        .map(|i| {
            let (p, n) = (coord[i], normal[i]);
            let base = match on[i] {
                Some((t, q)) => room.scene.materials[room.scene.triangles[t as usize].material as usize].color(q),
                None => [0.4; 3],
            };
            let mut light = 0.46;
            for lamp in &lamps {
                let way = sub(lamp.at, p);
                let facing = (0.35 + 0.65 * dot(unit(way), n)).max(0.0) * (0.25 + 0.75 * lamp.reaches(p));
                light += 0.5 * facing / (0.6 + 0.16 * norm(way) * norm(way));
            }
            // A moving camera changes its exposure, which leaves smooth blotches in the fused colours.
            let cloud = 0.08 * noise3(p.map(|v| v * 1.3), seed) + 0.04 * noise3(p.map(|v| v * 5.0), seed ^ 1);
            // Highlights are compressed as in a camera: bright walls become pale, not white.
            let gain = 1.4 * (1.0 - (-light).exp()) * exposure * (1.0 + cloud * noise);
            let common = 0.018 * noise * d.normal();
            std::array::from_fn(|a| {
                let tint = 1.0 + warmth * (1.0 - a as f32);
                let value = base[a] * gain * tint + common + 0.01 * noise * d.normal();
                (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
            })
        })
        .collect()
}
