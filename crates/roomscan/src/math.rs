//! Noise and distances to triangles, on the vectors and rigid transforms of `scanview`.

pub(crate) use scanview::math::{Pose, V3, add, cross, dot, norm, scale, sub, unit};

pub(crate) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

pub(crate) fn mix(a: V3, b: V3, t: f32) -> V3 {
    [lerp(a[0], b[0], t), lerp(a[1], b[1], t), lerp(a[2], b[2], t)]
}

/// A 32-bit hash of a lattice point, with the finaliser of MurmurHash3.
pub(crate) fn hash3(x: i32, y: i32, z: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ (z as u32).wrapping_mul(0xC2B2_AE3D)
        ^ seed.wrapping_mul(0x27D4_EB2F);
    h ^= h >> 16;
    h = h.wrapping_mul(0x85EB_CA6B);
    h ^= h >> 13;
    h = h.wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

/// `hash3` as a number in [0, 1).
pub(crate) fn hash_unit(x: i32, y: i32, z: i32, seed: u32) -> f32 {
    (hash3(x, y, z, seed) >> 8) as f32 / (1 << 24) as f32
}

/// Smooth value noise in [-1, 1] with lattice spacing 1.
pub(crate) fn noise3(p: V3, seed: u32) -> f32 {
    let base = p.map(|v| v.floor());
    let [i, j, k] = base.map(|v| v as i32);
    let t: V3 = std::array::from_fn(|a| {
        let f = p[a] - base[a];
        f * f * (3.0 - 2.0 * f)
    });
    let corner = |dx: i32, dy: i32, dz: i32| hash_unit(i + dx, j + dy, k + dz, seed);
    let row = |dy: i32, dz: i32| lerp(corner(0, dy, dz), corner(1, dy, dz), t[0]);
    let plane = |dz: i32| lerp(row(0, dz), row(1, dz), t[1]);
    2.0 * lerp(plane(0), plane(1), t[2]) - 1.0
}

/// Returns the point of triangle `t` nearest to `p`, by Voronoi regions (Ericson, Real-Time Collision Detection,
/// 5.1.5).
pub(crate) fn closest_on_triangle(p: V3, t: &[V3; 3]) -> V3 {
    let [a, b, c] = *t;
    let (ab, ac, ap) = (sub(b, a), sub(c, a), sub(p, a));
    let (d1, d2) = (dot(ab, ap), dot(ac, ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return a;
    }
    let bp = sub(p, b);
    let (d3, d4) = (dot(ab, bp), dot(ac, bp));
    if d3 >= 0.0 && d4 <= d3 {
        return b;
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return add(a, scale(ab, d1 / (d1 - d3).max(1e-20)));
    }
    let cp = sub(p, c);
    let (d5, d6) = (dot(ab, cp), dot(ac, cp));
    if d6 >= 0.0 && d5 <= d6 {
        return c;
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return add(a, scale(ac, d2 / (d2 - d6).max(1e-20)));
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && (d4 - d3) >= 0.0 && (d5 - d6) >= 0.0 {
        let w = (d4 - d3) / ((d4 - d3) + (d5 - d6)).max(1e-20);
        return add(b, scale(sub(c, b), w));
    }
    let sum = va + vb + vc;
    if sum.abs() < 1e-20 {
        return a;
    }
    add(add(a, scale(ab, vb / sum)), scale(ac, vc / sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closest_point_agrees_with_a_dense_search() {
        let t = [[0.0, 0.0, 0.0], [1.0, 0.1, 0.2], [0.2, 0.9, -0.3]];
        for i in 0..200 {
            let p: V3 = std::array::from_fn(|a| 3.0 * hash_unit(i, a as i32, 0, 5) - 1.0);
            let got = norm(sub(p, closest_on_triangle(p, &t)));
            let mut best = f32::MAX;
            for u in 0..=100 {
                for v in 0..=(100 - u) {
                    let (u, v) = (u as f32 / 100.0, v as f32 / 100.0);
                    let q = add(t[0], add(scale(sub(t[1], t[0]), u), scale(sub(t[2], t[0]), v)));
                    best = best.min(norm(sub(p, q)));
                }
            }
            assert!(got <= best + 1e-5 && best - got < 0.01, "{got} {best}");
        }
    }

    #[test]
    fn noise_is_bounded_and_continuous() {
        let mut before = noise3([0.0, 0.3, 0.6], 9);
        for i in 1..1000 {
            let now = noise3([i as f32 * 0.01, 0.3, 0.6], 9);
            assert!(now.abs() <= 1.0 && (now - before).abs() < 0.1);
            before = now;
        }
    }
}
