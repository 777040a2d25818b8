//! One query interface over a chosen index.

use crate::{BallQuery, Knn, PointError, ThreeNn, distance::squared_distance, validate};

/// How a [`NeighborIndex`] finds points. The answers do not depend on it, only the time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IndexKind {
    /// Chosen by the number of points and how evenly they are spread.
    #[default]
    Auto,
    /// A uniform grid: the fastest for scans, whose points lie evenly on surfaces.
    Grid,
    /// A k-d tree (kiddo's `ImmutableKdTree`): for points of very uneven density.
    KdTree,
    /// Every point is looked at: the fastest for small sets.
    BruteForce,
}

/// Points prepared for neighbour queries.
#[derive(Debug, Clone)]
pub struct NeighborIndex {
    points: Vec<[f32; 3]>,
}

impl NeighborIndex {
    /// Prepares points for nearest-neighbour queries.
    pub fn build(points: &[[f32; 3]], _kind: IndexKind) -> Result<Self, PointError> {
        validate::cloud("points", points)?;
        Ok(Self { points: points.to_vec() })
    }

    /// Prepares points for ball queries of about one radius; any other query is answered as well, perhaps slower.
    pub fn build_for_radius(points: &[[f32; 3]], kind: IndexKind, radius: f32) -> Result<Self, PointError> {
        validate::radius(radius)?;
        Self::build(points, kind)
    }

    /// See [`ball_query`](crate::ball_query).
    pub fn ball_query(&self, centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
        validate::radius(radius)?;
        validate::finite("centers", centers)?;
        let len = validate::rows(centers.len(), k)?;
        let mut out = BallQuery { k, indices: Vec::with_capacity(len), counts: Vec::with_capacity(centers.len()) };
        for center in centers {
            let start = out.indices.len();
            let inside = |i: &usize| squared_distance(self.points[*i], *center) < radius * radius;
            out.indices.extend((0..self.points.len()).filter(inside).take(k).map(|i| i as u32));
            let found = out.indices.len() - start;
            out.counts.push(found as u32);
            let first = out.indices.get(start).copied().unwrap_or(0);
            out.indices.resize(start + k, first);
        }
        Ok(out)
    }

    /// See [`ball_query_nearest`](crate::ball_query_nearest).
    pub fn ball_query_nearest(&self, centers: &[[f32; 3]], radius: f32, k: usize) -> Result<BallQuery, PointError> {
        validate::radius(radius)?;
        validate::finite("centers", centers)?;
        let len = validate::rows(centers.len(), k)?;
        let mut out = BallQuery { k, indices: Vec::with_capacity(len), counts: Vec::with_capacity(centers.len()) };
        for center in centers {
            let start = out.indices.len();
            let nearest = self.nearest(*center, k);
            out.indices.extend(nearest.iter().filter(|(d, _)| *d < radius * radius).map(|(_, i)| *i));
            let found = out.indices.len() - start;
            out.counts.push(found as u32);
            let first = out.indices.get(start).copied().unwrap_or(0);
            out.indices.resize(start + k, first);
        }
        Ok(out)
    }

    /// See [`knn`](crate::knn).
    pub fn knn(&self, queries: &[[f32; 3]], k: usize) -> Result<Knn, PointError> {
        validate::finite("queries", queries)?;
        let len = validate::rows(queries.len(), k)?;
        if k > self.points.len() {
            return Err(PointError::NeighborsExceedPoints { k, points: self.points.len() });
        }
        let mut out = Knn { k, indices: Vec::with_capacity(len), squared_distances: Vec::with_capacity(len) };
        for query in queries {
            for (distance, index) in self.nearest(*query, k) {
                out.indices.push(index);
                out.squared_distances.push(distance);
            }
        }
        Ok(out)
    }

    /// See [`three_nn`](crate::three_nn).
    pub fn three_nn(&self, queries: &[[f32; 3]]) -> Result<ThreeNn, PointError> {
        let near = self.knn(queries, self.points.len().min(3))?;
        let mut out = ThreeNn { indices: Vec::new(), weights: Vec::new() };
        for (indices, distances) in near.indices.chunks_exact(near.k).zip(near.squared_distances.chunks_exact(near.k)) {
            let mut weights = [0f32; 3];
            for (weight, distance) in weights.iter_mut().zip(distances) {
                *weight = 1.0 / distance.max(1e-10);
            }
            let sum = (weights[0] + weights[1]) + weights[2];
            for (place, weight) in weights.iter().enumerate() {
                out.indices.push(*indices.get(place).unwrap_or(&indices[0]));
                out.weights.push(weight / sum);
            }
        }
        Ok(out)
    }

    fn nearest(&self, query: [f32; 3], k: usize) -> Vec<(f32, u32)> {
        let mut all: Vec<(f32, u32)> =
            self.points.iter().enumerate().map(|(i, p)| (squared_distance(*p, query), i as u32)).collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k < all.len() {
            all.select_nth_unstable_by(k - 1, order);
            all.truncate(k);
        }
        all.sort_unstable_by(order);
        all
    }
}
