//! Probabilities that hold together where a surface does.

use crate::thinned::Thinned;
use pointops::SurfaceGraph;

/// Fewest points of a segment.
const LEAST: u32 = 10;

/// Over-segmentations of a scene that is thinned to a point in 4 cm.
pub(super) struct Segments {
    /// `[vertices]` the point of each vertex.
    point: Vec<u32>,
    /// `[points]` the segment of each point, for each threshold.
    of_points: Vec<Vec<u32>>,
}

impl Segments {
    /// Cuts a scene into segments for some thresholds, see [`SurfaceGraph::segments`].
    pub fn new(coord: &[[f32; 3]], thresholds: &[f32]) -> Self {
        if thresholds.is_empty() {
            return Segments { point: Vec::new(), of_points: Vec::new() };
        }
        let thinned = Thinned::new(coord);
        let graph = SurfaceGraph::new(&thinned.points).expect("a scene has finite points");
        let of_points = thresholds.iter().map(|threshold| graph.segments(*threshold, LEAST)).collect();
        Segments { point: thinned.of, of_points }
    }

    /// Adds to the probabilities of every vertex the means over its segments: each counts as much as its own
    /// probabilities. Without thresholds nothing changes.
    ///
    /// - `sums`: `[vertices · outputs]`, in proportion to probabilities
    pub fn add_means(&self, sums: &mut [f32], outputs: usize) {
        if self.of_points.is_empty() {
            return;
        }
        for own in sums.chunks_exact_mut(outputs) {
            let total: f32 = own.iter().sum();
            own.iter_mut().for_each(|v| *v /= total);
        }
        let means: Vec<Vec<f64>> =
            self.of_points.iter().map(|of_points| self.means(of_points, sums, outputs)).collect();
        for (own, &point) in sums.chunks_exact_mut(outputs).zip(&self.point) {
            for (of_points, means) in self.of_points.iter().zip(&means) {
                let mean = &means[of_points[point as usize] as usize * outputs..][..outputs];
                own.iter_mut().zip(mean).for_each(|(own, mean)| *own += *mean as f32);
            }
        }
    }

    /// The mean probabilities of the vertices of each segment, `[segments · outputs]`.
    fn means(&self, of_points: &[u32], probabilities: &[f32], outputs: usize) -> Vec<f64> {
        let count = of_points.iter().max().map_or(0, |last| *last as usize + 1);
        let (mut sums, mut vertices) = (vec![0f64; count * outputs], vec![0u32; count]);
        for (own, &point) in probabilities.chunks_exact(outputs).zip(&self.point) {
            let segment = of_points[point as usize] as usize;
            vertices[segment] += 1;
            sums[segment * outputs..][..outputs].iter_mut().zip(own).for_each(|(sum, v)| *sum += f64::from(*v));
        }
        for (sums, vertices) in sums.chunks_exact_mut(outputs).zip(vertices) {
            sums.iter_mut().for_each(|sum| *sum /= f64::from(vertices));
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_outvotes_a_few_of_its_points() {
        // two floors, 1 m apart; a tenth of the lower one's vertices have another opinion
        let coord: Vec<[f32; 3]> = (0..5000)
            .map(|i| [(i / 2 % 50) as f32 * 0.02, (i / 100) as f32 * 0.02, if i % 2 == 0 { 0.0 } else { 1.0 }])
            .collect();
        let odd = |i: usize| i.is_multiple_of(20);
        let own = |i: usize| match (i % 2, odd(i)) {
            (0, false) => [0.6, 0.3, 0.1],
            (0, true) => [0.3, 0.6, 0.1],
            _ => [0.0, 0.1, 0.9],
        };
        // sums of several draws
        let sums: Vec<f32> = (0..5000).flat_map(|i| own(i).map(|v| v * (1 + i % 3) as f32)).collect();
        let mut joined = sums.clone();
        Segments::new(&coord, &[]).add_means(&mut joined, 3);
        assert_eq!(joined, sums);
        Segments::new(&coord, &[0.1, 2.0]).add_means(&mut joined, 3);
        for (i, found) in joined.chunks_exact(3).enumerate() {
            let segment = if i % 2 == 0 { [0.57, 0.33, 0.1] } else { own(i) };
            for ((found, own), segment) in found.iter().zip(own(i)).zip(segment) {
                assert!((found - (own + 2.0 * segment)).abs() < 1e-5, "{i}: {found} {own} {segment}");
            }
        }
        assert!(odd(0) && joined[0] > joined[1], "the surface decides");
    }
}
