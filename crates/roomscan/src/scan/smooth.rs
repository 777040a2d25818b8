//! Smoothing of a mesh.

use super::Surface;
use crate::math::{V3, add, scale, sub};

/// Moves each vertex towards the mean of its neighbours `rounds` times by `inward`, and back by `outward` after each
/// time (Taubin, "A Signal Processing Approach to Fair Surface Design", 1995). With an `outward` below `inward`, thin
/// things shrink.
pub(crate) fn smooth(surface: &mut Surface, rounds: usize, inward: f32, outward: f32) {
    let n = surface.coord.len();
    let mut degree = vec![0.0f32; n];
    for f in &surface.faces {
        f.iter().for_each(|&i| degree[i as usize] += 2.0);
    }
    let mut sum: Vec<V3> = vec![[0.0; 3]; n];
    for step in [inward, -outward].into_iter().cycle().take(2 * rounds) {
        sum.fill([0.0; 3]);
        // An edge inside the mesh counts twice, once for each of its faces.
        for [a, b, c] in surface.faces.iter().map(|f| f.map(|i| i as usize)) {
            let [pa, pb, pc] = [a, b, c].map(|i| surface.coord[i]);
            sum[a] = add(sum[a], add(pb, pc));
            sum[b] = add(sum[b], add(pa, pc));
            sum[c] = add(sum[c], add(pa, pb));
        }
        for i in (0..n).filter(|&i| degree[i] > 0.0) {
            let p = surface.coord[i];
            surface.coord[i] = add(p, scale(sub(scale(sum[i], 1.0 / degree[i]), p), step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bump_becomes_flat_and_a_plane_stays() {
        let n = 20;
        let coord = (0..n * n).map(|i| [(i % n) as f32, (i / n) as f32, if i == 210 { 1.0 } else { 0.0 }]).collect();
        let faces = (0..(n - 1) * (n - 1))
            .flat_map(|i| {
                let a = (i / (n - 1) * n + i % (n - 1)) as u32;
                [[a, a + 1, a + n as u32], [a + 1, a + n as u32 + 1, a + n as u32]]
            })
            .collect();
        let mut surface = Surface { coord, faces };
        smooth(&mut surface, 3, 0.5, 0.2);
        assert!((0.0..0.4).contains(&surface.coord[210][2]), "{:?}", surface.coord[210]);
        assert!(surface.coord[25][2] == 0.0 && (surface.coord[25][0] - 5.0).abs() < 0.2);
    }
}
