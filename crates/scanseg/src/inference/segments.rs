//! Probabilities that hold together where a surface does.

use crate::thinned::Thinned;
use pointops::SurfaceGraph;

/// Fewest points of a segment.
const LEAST: u32 = 10;

/// Adds to the probabilities of every vertex the means over its segments: one for each threshold, which counts as much as
/// the vertex's own probabilities.
///
/// - `sums`: `[vertices · outputs]`, in proportion to probabilities
/// - `thresholds`: of [`SurfaceGraph::segments`], for the scene thinned to a point in 4 cm
pub(super) fn add_segments(sums: &mut [f32], outputs: usize, coord: &[[f32; 3]], thresholds: &[f32]) {
    if thresholds.is_empty() {
        return;
    }
    let thinned = Thinned::new(coord);
    let points = thinned.points.len();
    // sums over the vertices of each point
    let (mut own, mut vertices) = (vec![0f64; points * outputs], vec![0f64; points]);
    for (sums, point) in sums.chunks_exact_mut(outputs).zip(&thinned.of) {
        let total: f32 = sums.iter().sum();
        sums.iter_mut().for_each(|v| *v /= total);
        add(&mut own, *point, sums.iter().map(|v| f64::from(*v)));
        vertices[*point as usize] += 1.0;
    }
    let graph = SurfaceGraph::new(&thinned.points).expect("a scene has finite points");
    let mut means = vec![0f64; points * outputs];
    for segments in thresholds.iter().map(|threshold| graph.segments(*threshold, LEAST)) {
        let count = segments.iter().max().map_or(0, |last| *last as usize + 1);
        let (mut sum, mut size) = (vec![0f64; count * outputs], vec![0f64; count]);
        for ((own, vertices), segment) in own.chunks_exact(outputs).zip(&vertices).zip(&segments) {
            add(&mut sum, *segment, own.iter().copied());
            size[*segment as usize] += vertices;
        }
        for (point, segment) in segments.iter().enumerate() {
            let (sum, size) = (&sum[*segment as usize * outputs..][..outputs], size[*segment as usize]);
            add(&mut means, point as u32, sum.iter().map(|sum| sum / size));
        }
    }
    for (sums, point) in sums.chunks_exact_mut(outputs).zip(&thinned.of) {
        let means = &means[*point as usize * outputs..][..outputs];
        sums.iter_mut().zip(means).for_each(|(sum, mean)| *sum += *mean as f32);
    }
}

/// Adds values to a row of a table.
fn add(table: &mut [f64], row: u32, values: impl ExactSizeIterator<Item = f64>) {
    let width = values.len();
    table[row as usize * width..][..width].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
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
        add_segments(&mut joined, 3, &coord, &[]);
        assert_eq!(joined, sums);
        add_segments(&mut joined, 3, &coord, &[0.1, 2.0]);
        let mean = [0.57, 0.33, 0.1];
        for (i, found) in joined.chunks_exact(3).enumerate() {
            let segment = if i % 2 == 0 { mean } else { own(i) };
            for ((found, own), segment) in found.iter().zip(own(i)).zip(segment) {
                assert!((found - (own + 2.0 * segment)).abs() < 1e-5, "{i}: {found} {own} {segment}");
            }
        }
        assert!(odd(0) && joined[0] > joined[1], "the surface decides");
    }
}
