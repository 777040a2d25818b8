//! Colours of a scan: materials under the room's lamps, seen by a camera whose exposure wanders.

use crate::dice::Dice;
use crate::math::{V3, dot, noise3, norm, sub, unit};
use crate::rooms::Room;

/// One colour a vertex (room coordinates); `on` is what [`super::nearest_surface`] found.
pub(crate) fn paint(
    room: &Room,
    coord: &[V3],
    normal: &[V3],
    on: &[Option<(u32, V3)>],
    noise: f32,
    d: &mut Dice,
) -> Vec<[u8; 3]> {
    let plan = &room.layout.plan;
    let lamp = |d: &mut Dice| {
        let x = plan.size[0] * d.between(0.3, 0.7);
        [x, plan.size[1] * d.between(0.3, 0.7), plan.height - 0.05]
    };
    let lamps = [lamp(d), lamp(d)];
    let warmth = d.between(-0.06, 0.08);
    let (exposure, seed) = (d.between(0.9, 1.08), d.word());
    (0..coord.len())
        .map(|i| {
            let (p, n) = (coord[i], normal[i]);
            let base = match on[i] {
                Some((t, q)) => room.scene.materials[room.scene.triangles[t as usize].material as usize].color(q),
                None => [0.4; 3],
            };
            let mut light = 0.52;
            for lamp in &lamps {
                let way = sub(*lamp, p);
                let facing = (0.35 + 0.65 * dot(unit(way), n)).max(0.0);
                light += 0.46 * facing / (0.6 + 0.16 * norm(way) * norm(way));
            }
            // Frames of a moving camera differ in exposure, which leaves clouds on the fused colours.
            let cloud = 0.08 * noise3(p.map(|v| v * 1.3), seed) + 0.04 * noise3(p.map(|v| v * 5.0), seed ^ 1);
            let gain = light * exposure * (1.0 + cloud * noise);
            let common = 0.018 * noise * d.normal();
            std::array::from_fn(|a| {
                let tint = 1.0 + warmth * (1.0 - a as f32);
                let value = base[a] * gain * tint + common + 0.01 * noise * d.normal();
                (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
            })
        })
        .collect()
}
