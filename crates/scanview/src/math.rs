//! Vectors and rigid transforms.

/// A point or a direction, in metres.
pub type V3 = [f32; 3];

/// `a + b`.
#[inline]
pub fn add(a: V3, b: V3) -> V3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// `a - b`.
#[inline]
pub fn sub(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// `a` times `s`.
#[inline]
pub fn scale(a: V3, s: f32) -> V3 {
    [a[0] * s, a[1] * s, a[2] * s]
}

/// Dot product.
#[inline]
pub fn dot(a: V3, b: V3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Cross product.
#[inline]
pub fn cross(a: V3, b: V3) -> V3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Length.
#[inline]
pub fn norm(a: V3) -> f32 {
    dot(a, a).sqrt()
}

/// Unit vector along `a`. The zero vector gives +z, so that a degenerate triangle never causes a NaN.
#[inline]
pub fn unit(a: V3) -> V3 {
    let n = norm(a);
    if n > 1e-12 { scale(a, 1.0 / n) } else { [0.0, 0.0, 1.0] }
}

/// A rigid transform: `axes` are the images of x, y and z, `origin` is that of the origin.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// Images of the axes.
    pub axes: [V3; 3],
    /// Image of the origin.
    pub origin: V3,
}

impl Pose {
    /// Changes nothing.
    pub const IDENTITY: Pose = Pose { axes: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], origin: [0.0; 3] };

    /// Moves to `origin`.
    #[inline]
    pub fn at(origin: V3) -> Pose {
        Pose { origin, ..Pose::IDENTITY }
    }

    /// Rotates by `yaw` radians about z, then moves to `origin`.
    #[inline]
    pub fn turned(origin: V3, yaw: f32) -> Pose {
        let (s, c) = yaw.sin_cos();
        Pose { axes: [[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]], origin }
    }

    /// Rotates by `pitch` radians about x (y towards z), then moves to `origin`.
    #[inline]
    pub fn tilted(origin: V3, pitch: f32) -> Pose {
        let (s, c) = pitch.sin_cos();
        Pose { axes: [[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]], origin }
    }

    /// Rotates a direction.
    #[inline]
    pub fn rotate(&self, v: V3) -> V3 {
        add(add(scale(self.axes[0], v[0]), scale(self.axes[1], v[1])), scale(self.axes[2], v[2]))
    }

    /// Transforms a point.
    #[inline]
    pub fn apply(&self, p: V3) -> V3 {
        add(self.rotate(p), self.origin)
    }

    /// The inverse of [`Pose::apply`].
    #[inline]
    pub fn unapply(&self, p: V3) -> V3 {
        let d = sub(p, self.origin);
        [dot(self.axes[0], d), dot(self.axes[1], d), dot(self.axes[2], d)]
    }

    /// Applies `inner` first, then `self`.
    #[inline]
    pub fn then(&self, inner: &Pose) -> Pose {
        Pose { axes: inner.axes.map(|a| self.rotate(a)), origin: self.apply(inner.origin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_invert_and_compose() {
        let f = Pose::turned([1.0, 2.0, 3.0], 0.7).then(&Pose::tilted([0.1, 0.2, 0.3], -0.4));
        let p = [0.3, -0.8, 1.1];
        let q = f.unapply(f.apply(p));
        assert!((0..3).all(|a| (p[a] - q[a]).abs() < 1e-5), "{q:?}");
    }
}
