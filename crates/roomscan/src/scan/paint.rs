//! Colours of a scan: materials lit by lamps and windows, seen by a camera.

use super::Solid;
use super::light::Lighting;
use super::look::Look;
use super::openness::Openness;
use crate::dice::Dice;
use crate::math::{V3, add, dot, sub, unit};
use crate::scene::{Material, NO_OBJECT, Pattern, Scene};

/// Returns the colour of each vertex (in room coordinates). `on` is the result of [`super::nearest_surface`].
pub(crate) fn paint(
    scene: &Scene,
    coord: &[V3],
    normal: &[V3],
    on: &[Option<(u32, V3)>],
    noise: f32,
    d: &mut Dice,
) -> Vec<[u8; 3]> {
    let solid = Solid::of(scene);
    let lighting = Lighting::draw(&solid, d);
    let sample = (0..coord.len()).step_by(53).map(|i| lighting.mean_at(coord[i], normal[i]));
    let look = Look::draw(coord, sample.sum::<f32>() / coord.len().div_ceil(53).max(1) as f32, noise, d);
    let open = Openness::of(coord);
    // What lies on no surface has the colour of what was seen before it.
    let mut base = [0.4; 3];
    (0..coord.len())
        .map(|i| {
            let (p, n) = (coord[i], normal[i]);
            let (from, gain) = look.picture(p);
            let view = unit(sub(from, p));
            let (mut gloss, mut glow) = (0.0, 0.0);
            if let Some((t, q)) = on[i] {
                let material = solid.material(t);
                base = material.color(q);
                gloss = glossiness(material);
                glow = if is_pane(scene, t, material) { 2.0 * lighting.day } else { 0.0 };
            }
            let mut light = [lighting.ambient + glow; 3];
            let mut shine = 0.0;
            for l in &lighting.lights {
                let (to_light, strength) = l.shine(p, n);
                let tint = [1.0 + l.warmth, 1.0, 1.0 - l.warmth];
                light = std::array::from_fn(|a| light[a] + strength * tint[a]);
                // Blinn's half vector
                shine += strength * gloss * dot(unit(add(to_light, view)), n).max(0.0).powi(24);
            }
            let corner = 0.5 + 0.5 * open.at(p, n);
            look.show(p, base, light.map(|v| v * corner), gain, shine, d)
        })
        .collect()
}

/// Strength of highlights.
fn glossiness(material: &Material) -> f32 {
    match material.pattern {
        _ if material.dropout > 0.0 => 1.0,
        Pattern::Tiles | Pattern::Planks => 0.5,
        Pattern::Plain | Pattern::Grain => 0.2,
        _ => 0.0,
    }
}

/// Whether a triangle is the glass of a window, through which one sees the day.
fn is_pane(scene: &Scene, triangle: u32, material: &Material) -> bool {
    let object = scene.triangles[triangle as usize].object;
    material.dropout > 0.1 && object != NO_OBJECT && scene.objects[object as usize] == "window"
}
