//! The light in a room: lamps below the ceiling and windows by day, with shadows.

use super::Solid;
use crate::dice::Dice;
use crate::math::{Pose, V3, add, cross, dot, mix, norm, scale, sub, unit};
use scanview::raster::{NO_TRIANGLE, Raster, View};

/// Side of a shadow map in pixels.
const MAP: usize = 320;
/// Tangent of half the angle of view of a shadow map.
const REACH: f32 = 2.2;
const FOCAL: f32 = MAP as f32 / 2.0 / REACH;
/// Most lights of a room or flat.
const MOST: usize = 40;
/// Light that is too weak to look up its shadow.
const WEAK: f32 = 0.03;

/// A light, and its shadow map, which looks where it shines.
pub(crate) struct Light {
    pose: Pose,
    map: Raster,
    strength: f32,
    /// Its warmth: red is stronger and blue weaker by this fraction.
    pub warmth: f32,
    is_window: bool,
}

/// All lights of a room.
pub(crate) struct Lighting {
    pub lights: Vec<Light>,
    /// Light from everywhere.
    pub ambient: f32,
    /// How bright windows are to look at.
    pub day: f32,
}

impl Lighting {
    pub fn draw(solid: &Solid<'_>, d: &mut Dice) -> Lighting {
        let day = if d.chance(0.3) { 0.0 } else { d.between(0.3, 1.6) };
        let lamps_on = day == 0.0 || d.chance(0.75);
        let mut lights = Vec::new();
        for ceiling in parts(solid, "ceiling", |_| true).into_iter().filter(|_| lamps_on) {
            let area: f32 = ceiling.iter().map(area).sum();
            let count = (area / d.between(4.0, 14.0)).ceil().clamp(1.0, 4.0);
            // The light of several lamps is that of one bright lamp.
            let (strength, warmth) = (d.between(0.6, 1.3) / count.sqrt(), d.between(-0.03, 0.14));
            for _ in 0..count as usize {
                let at = sub(point_on(&ceiling, d), [0.0, 0.0, 0.05]);
                lights.push(Light::new(at, [0.0, 0.0, -1.0], strength, warmth, solid));
            }
        }
        for pane in parts(solid, "window", |dropout| dropout > 0.1).into_iter().filter(|_| day > 0.0) {
            let at = scale(pane.iter().flatten().fold([0.0; 3], |sum, p| add(sum, *p)), 1.0 / (3 * pane.len()) as f32);
            let normal = unit(cross(sub(pane[0][1], pane[0][0]), sub(pane[0][2], pane[0][0])));
            let strength = day * (pane.iter().map(area).sum::<f32>() / 1.5).clamp(0.3, 2.0);
            // There is nothing outside: the room is on the side where more is seen.
            let sides = [1.0, -1.0].map(|side| {
                let inward = scale(normal, side);
                Light::new(add(at, scale(inward, 0.12)), inward, strength, -0.08, solid)
            });
            lights.extend(sides.into_iter().max_by_key(Light::seen));
        }
        lights.truncate(MOST);
        let ambient = d.between(0.12, 0.4) + 0.08 * day;
        Lighting { lights, ambient, day }
    }

    /// The light at `p` without colour.
    pub fn mean_at(&self, p: V3, normal: V3) -> f32 {
        self.ambient + self.lights.iter().map(|l| l.shine(p, normal).1).sum::<f32>()
    }
}

impl Light {
    fn new(at: V3, forward: V3, strength: f32, warmth: f32, solid: &Solid<'_>) -> Light {
        let aside = if forward[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let right = unit(cross(forward, aside));
        let pose = Pose { axes: [right, cross(forward, right), forward], origin: at };
        let mut map = Raster::new(MAP, MAP);
        map.draw(&View { pose, focal: FOCAL }, &solid.corners);
        Light { pose, map, strength, warmth, is_window: forward[2].abs() < 0.9 }
    }

    /// Number of pixels of the shadow map that show something.
    fn seen(&self) -> usize {
        self.map.triangle.iter().filter(|&&t| t != NO_TRIANGLE).count()
    }

    /// Unit vector from `p` to the light, and the light that arrives at `p` on a surface with the given normal.
    pub fn shine(&self, p: V3, normal: V3) -> (V3, f32) {
        let way = sub(self.pose.origin, p);
        let far = norm(way);
        let to_light = scale(way, 1.0 / far.max(0.05));
        let facing = 0.25 + 0.75 * dot(to_light, normal);
        if facing <= 0.0 {
            return (to_light, 0.0);
        }
        // A window shines mostly straight into the room, a lamp to all sides.
        let forward = -dot(to_light, self.pose.axes[2]);
        let spread = if self.is_window { forward.max(0.0) } else { 0.6 + 0.4 * forward.max(0.0) };
        let full = self.strength * spread * facing / (0.5 + 0.2 * far * far);
        let reaches = if full < WEAK { 0.0 } else { self.reaches(p) };
        (to_light, full * (0.12 + 0.88 * reaches))
    }

    /// Fraction of the light that reaches `p`. A mean over neighbouring pixels makes soft shadows, as of a large light.
    fn reaches(&self, p: V3) -> f32 {
        let q = self.pose.unapply(p);
        if q[2] < 0.1 {
            return 1.0;
        }
        let (u, v) = (q[0] / q[2] * FOCAL + MAP as f32 / 2.0, q[1] / q[2] * FOCAL + MAP as f32 / 2.0);
        let mut lit = 0;
        for i in 0..16 {
            let (x, y) = (u + 2.0 * (i % 4) as f32 - 3.0, v + 2.0 * (i / 4) as f32 - 3.0);
            let inside = x >= 0.0 && y >= 0.0 && x < MAP as f32 && y < MAP as f32;
            // A surface within 6 cm of the occluder is the occluder itself.
            lit += usize::from(!inside || self.map.inverse[y as usize * MAP + x as usize] * (q[2] - 0.06) < 1.0);
        }
        lit as f32 / 16.0
    }
}

/// The triangles of each object called `name`, if they have a material whose dropout is `wanted`.
fn parts(solid: &Solid<'_>, name: &str, wanted: impl Fn(f32) -> bool) -> Vec<Vec<[V3; 3]>> {
    let objects = &solid.scene.objects;
    let mut found = vec![Vec::new(); objects.len()];
    for (i, t) in solid.scene.triangles.iter().enumerate() {
        if let Some(list) = found.get_mut(t.object as usize)
            && objects[t.object as usize] == name
            && wanted(solid.material(i as u32).dropout)
        {
            list.push(t.corners);
        }
    }
    found.retain(|list| !list.is_empty());
    found
}

fn area(t: &[V3; 3]) -> f32 {
    0.5 * norm(cross(sub(t[1], t[0]), sub(t[2], t[0])))
}

/// A random point on `triangles`, not close to their corners.
fn point_on(triangles: &[[V3; 3]], d: &mut Dice) -> V3 {
    let mut left = d.unit() * triangles.iter().map(area).sum::<f32>();
    let (u, v) = (d.between(0.2, 0.8), d.between(0.2, 0.8));
    let chosen = triangles.iter().find(|t| {
        left -= area(t);
        left <= 0.0
    });
    let [a, b, c] = *chosen.unwrap_or(&triangles[0]);
    mix(a, mix(b, c, v), u.sqrt())
}
