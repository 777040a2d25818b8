//! A depth buffer: the nearest triangle through each pixel of a pinhole camera.

use crate::math::{Pose, V3, cross, scale, sub, unit};

/// Distance of the near plane in metres.
const NEAR: f32 = 0.05;

/// The index of "no triangle".
pub const NO_TRIANGLE: u32 = u32::MAX;

/// A pinhole camera.
pub struct View {
    /// Its pose: x right, y down, z forward.
    pub pose: Pose,
    /// Focal length in pixels. The principal point is the middle of the image.
    pub focal: f32,
}

/// An image, reused for all views.
pub struct Raster {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Inverse depth, which is linear in the image, as depth is not; 0 where there is no triangle.
    pub inverse: Vec<f32>,
    /// Index of the triangle, [`NO_TRIANGLE`] where there is none.
    pub triangle: Vec<u32>,
}

/// Unit normals of triangles; counter-clockwise ones face the viewer.
pub fn normals(corners: &[[V3; 3]]) -> Vec<V3> {
    corners.iter().map(|[a, b, c]| unit(cross(sub(*b, *a), sub(*c, *a)))).collect()
}

impl Raster {
    /// An image without triangles.
    pub fn new(width: usize, height: usize) -> Raster {
        Raster { width, height, inverse: vec![0.0; width * height], triangle: vec![NO_TRIANGLE; width * height] }
    }

    /// Draws all triangles, both front and back faces.
    pub fn draw(&mut self, view: &View, corners: &[[V3; 3]]) {
        self.inverse.fill(0.0);
        self.triangle.fill(NO_TRIANGLE);
        for (index, corner) in corners.iter().enumerate() {
            self.add(view, index as u32, corner);
        }
    }

    fn add(&mut self, view: &View, index: u32, corners: &[V3; 3]) {
        let p = corners.map(|c| view.pose.unapply(c));
        if p.iter().all(|c| c[2] < NEAR) {
            return;
        }
        // Clip at the near plane, which leaves up to four corners.
        let mut polygon = [[0.0; 3]; 4];
        let mut n = 0;
        for i in 0..3 {
            let (a, b) = (p[i], p[(i + 1) % 3]);
            if a[2] >= NEAR {
                polygon[n] = a;
                n += 1;
            }
            if (a[2] >= NEAR) != (b[2] >= NEAR) {
                let t = (NEAR - a[2]) / (b[2] - a[2]);
                polygon[n] = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), NEAR];
                n += 1;
            }
        }
        let (cx, cy) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        let project = |c: V3| {
            let w = 1.0 / c[2];
            [cx + view.focal * c[0] * w, cy + view.focal * c[1] * w, w]
        };
        for i in 2..n {
            self.fill(index, [project(polygon[0]), project(polygon[i - 1]), project(polygon[i])]);
        }
    }

    /// Fills a triangle whose corners `p` are x and y in pixels, and inverse depth.
    fn fill(&mut self, index: u32, p: [V3; 3]) {
        let span = |a: usize, limit: usize| {
            let low = p.iter().map(|c| c[a]).fold(f32::MAX, f32::min);
            let high = p.iter().map(|c| c[a]).fold(f32::MIN, f32::max);
            // Pixel centers are at half-integers; the casts saturate.
            ((low - 0.5).ceil().max(0.0) as usize, ((high + 0.5).floor().max(0.0) as usize).min(limit))
        };
        let ((x0, x1), (y0, y1)) = (span(0, self.width), span(1, self.height));
        let (u, v) = (sub(p[1], p[0]), sub(p[2], p[0]));
        let area = u[0] * v[1] - u[1] * v[0];
        if area.abs() < 1e-9 || x0 >= x1 || y0 >= y1 {
            return;
        }
        let (u, v) = (scale(u, 1.0 / area), scale(v, 1.0 / area));
        let (rise_u, rise_v) = (p[1][2] - p[0][2], p[2][2] - p[0][2]);
        for y in y0..y1 {
            let dy = y as f32 + 0.5 - p[0][1];
            let row = y * self.width;
            for x in x0..x1 {
                let dx = x as f32 + 0.5 - p[0][0];
                let s = dx * v[1] - dy * v[0];
                let t = dy * u[0] - dx * u[1];
                if s >= 0.0 && t >= 0.0 && s + t <= 1.0 {
                    let inverse = p[0][2] + s * rise_u + t * rise_v;
                    if inverse > self.inverse[row + x] {
                        self.inverse[row + x] = inverse;
                        self.triangle[row + x] = index;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{add, dot};

    /// The nearest hit of a ray with all triangles, by Möller-Trumbore.
    fn cast(direction: V3, triangles: &[[V3; 3]]) -> Option<(f32, u32)> {
        let mut best: Option<(f32, u32)> = None;
        for (i, [a, b, c]) in triangles.iter().enumerate() {
            let (e1, e2) = (sub(*b, *a), sub(*c, *a));
            let h = cross(direction, e2);
            let det = dot(e1, h);
            let s = scale(*a, -1.0);
            let u = dot(s, h) / det;
            let q = cross(s, e1);
            let v = dot(direction, q) / det;
            let t = dot(e2, q) / det;
            if u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t > NEAR && best.is_none_or(|(z, _)| t < z) {
                best = Some((t, i as u32));
            }
        }
        best
    }

    #[test]
    fn agrees_with_ray_casting() {
        let mut state = 2u32;
        let mut between = |low: f32, high: f32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            low + (high - low) * (state >> 8) as f32 / (1 << 24) as f32
        };
        let triangles: Vec<[V3; 3]> = (0..60)
            .map(|_| {
                let c = [between(-2.0, 2.0), between(-2.0, 2.0), between(-0.5, 4.0)];
                std::array::from_fn(|_| add(c, std::array::from_fn(|_| between(-1.0, 1.0))))
            })
            .collect();
        let mut image = Raster::new(64, 48);
        let focal = 50.0;
        image.draw(&View { pose: Pose::IDENTITY, focal }, &triangles);
        let mut wrong = 0;
        for y in 0..48 {
            for x in 0..64 {
                let ray = [(x as f32 + 0.5 - 32.0) / focal, (y as f32 + 0.5 - 24.0) / focal, 1.0];
                let i = y * 64 + x;
                match cast(ray, &triangles) {
                    Some((z, t)) if image.triangle[i] == t => assert!((1.0 / image.inverse[i] - z).abs() < 1e-2 * z),
                    None if image.triangle[i] == NO_TRIANGLE => {}
                    _ => wrong += 1,
                }
            }
        }
        // Only rays through edges may differ.
        assert!(wrong <= 12, "{wrong} of 3072 pixels");
    }
}
