//! A scene thinned to one point in 4 cm.

use crate::sampling::Cells;

/// Side of a cell in metres.
const SPACING: f32 = 0.04;

/// The points of a thinned scene: no denser than one in 4 cm, whatever it was scanned with.
pub(crate) struct Thinned {
    /// `[points]` the means of the vertices in each cell.
    pub points: Vec<[f32; 3]>,
    /// `[vertices]` the point of each vertex.
    pub of: Vec<u32>,
}

impl Thinned {
    /// Thins the vertices of a scene. Cells begin where the scene without its strays begins, so that a stray does not move
    /// them.
    pub fn new(coord: &[[f32; 3]]) -> Self {
        let (low, _) = pointops::main_extent(coord);
        let relative: Vec<[f32; 3]> = coord.iter().map(|p| std::array::from_fn(|a| p[a] - low[a])).collect();
        let Cells { of_point: of, count, .. } = Cells::number(&relative, SPACING);
        let (mut sums, mut vertices) = (vec![[0f64; 3]; count], vec![0u32; count]);
        for (p, &cell) in coord.iter().zip(&of) {
            vertices[cell as usize] += 1;
            sums[cell as usize].iter_mut().zip(p).for_each(|(sum, v)| *sum += f64::from(*v));
        }
        let mean = |(sum, vertices): (&[f64; 3], &u32)| sum.map(|v| (v / f64::from(*vertices)) as f32);
        Thinned { points: sums.iter().zip(&vertices).map(mean).collect(), of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_scene_by_voxels_and_strays_change_nothing() {
        let mut coord: Vec<[f32; 3]> = (0..4000)
            .map(|i| {
                let at = |a: u32| (i as u32).wrapping_mul(a) % 10_007;
                [at(7919) as f32 * 5e-4, at(104_729) as f32 * 4e-4 - 2.0, (i % 7) as f32 * 0.05]
            })
            .collect();
        let thinned = Thinned::new(&coord);
        let voxels = pointops::voxel_downsample(&coord, SPACING).unwrap();
        assert!(thinned.points == voxels.points && thinned.of == voxels.map.inverse);
        coord.extend([[-3.0, -4.0, -0.7], [1e5, 1e5, 1e5]]);
        let strays = Thinned::new(&coord);
        assert!(strays.points[..thinned.points.len()] == thinned.points && strays.of[..4000] == thinned.of);
        assert_eq!(strays.points[thinned.points.len()..], coord[4000..]);
    }
}
