//! The over-segmentation and the annotation.
//!
//! As in ScanNet, segments come from the graph-based method of Felzenszwalb and Huttenlocher (2004) on the mesh, with
//! differences of normals as weights. Patches of about 25 cm keep the segments small. Segments do not cross the borders
//! of objects, except for a few leaks.

use crate::dice::Dice;
use crate::math::{V3, dot, hash_unit, noise3, sub, unit};
use crate::scan::vertex_normals;
use crate::scene::NO_OBJECT;
use pointops::{Edge, GraphSegments, graph_segments};

/// Size of a patch in metres.
const PATCH: f32 = 0.25;
/// Parameter k of the graph-based method, as in ScanNet's file names.
const THRESHOLD: f32 = 0.01;
/// Fewest vertices of a segment, as in ScanNet's parameters.
pub(crate) const LEAST_VERTICES: u32 = 20;
/// Added to the weights of edges that leave a patch or an object; larger than any difference of normals.
const BORDER: f32 = 3.0;

/// Returns the segment id of each vertex, which is the index of the segment's root vertex.
pub(crate) fn segment(coord: &[V3], faces: &[[u32; 3]], object: &[u32], seed: u32) -> Vec<u32> {
    let normal = vertex_normals(coord, faces);
    let patch: Vec<u32> = coord.iter().map(|p| patch_of(*p, seed)).collect();
    let mut edges: Vec<Edge> = Vec::with_capacity(faces.len() * 3);
    for f in faces {
        for (a, b) in [(f[0], f[1]), (f[1], f[2]), (f[2], f[0])] {
            let (i, j) = (a as usize, b as usize);
            let mut weight = 1.0 - dot(normal[i], normal[j]);
            // Convex edges are likely inside an object, concave ones between two.
            if dot(normal[j], unit(sub(coord[j], coord[i]))) > 0.0 {
                weight *= weight;
            }
            if patch[i] != patch[j] {
                weight += BORDER;
            }
            let leak = noise3(coord[i].map(|v| v * 9.0), seed ^ 3) > 0.62;
            if object[i] != object[j] && !leak {
                weight += 2.0 * BORDER;
            }
            edges.push((weight, a.min(b), a.max(b)));
        }
    }
    pointops::sort_edges(&mut edges);
    let parameters = GraphSegments { threshold: THRESHOLD, growth: 40.0, border: BORDER, least: LEAST_VERTICES };
    let mut sets = graph_segments(coord.len(), &edges, &parameters);
    (0..coord.len() as u32).map(|i| sets.find(i)).collect()
}

/// Id of the patch of `p`: the nearest point of a jittered lattice.
fn patch_of(p: V3, seed: u32) -> u32 {
    let base = p.map(|v| (v / PATCH).floor() as i32);
    let mut best = (f32::MAX, 0);
    for i in 0..27 {
        let c = [base[0] + i % 3 - 1, base[1] + i / 3 % 3 - 1, base[2] + i / 9 - 1];
        let away: f32 = (0..3)
            .map(|a| {
                let site = (c[a] as f32 + hash_unit(c[0], c[1], c[2], seed.wrapping_add(a as u32))) * PATCH;
                (p[a] - site) * (p[a] - site)
            })
            .sum();
        if away < best.0 {
            best = (away, crate::math::hash3(c[0], c[1], c[2], seed));
        }
    }
    best.1
}

/// Returns the segments of each object in ascending order. Objects without segments were not seen or not annotated.
///
/// A segment belongs to the object on which most of its vertices lie. A fraction `missed` of the segments is left out,
/// and so are objects: ten times as many of those with one segment, as many of those with ten.
pub(crate) fn annotate(segments: &[u32], object: &[u32], objects: usize, missed: f32, d: &mut Dice) -> Vec<Vec<u32>> {
    // Sorted (segment, object) pairs give the counts of each segment without a map.
    let mut pairs: Vec<(u32, u32)> = segments.iter().copied().zip(object.iter().copied()).collect();
    pairs.sort_unstable();
    let mut groups = vec![Vec::new(); objects];
    for of_segment in pairs.chunk_by(|a, b| a.0 == b.0) {
        let winner =
            of_segment.chunk_by(|a, b| a.1 == b.1).max_by_key(|run| run.len()).map_or(NO_OBJECT, |run| run[0].1);
        let left_out = d.chance(missed);
        if let Some(group) = groups.get_mut(winner as usize)
            && !left_out
        {
            group.push(of_segment[0].0);
        }
    }
    for group in &mut groups {
        let luck = d.unit();
        if luck < missed * 10.0 / group.len().max(1) as f32 {
            group.clear();
        }
    }
    groups
}

/// Median length of the mesh's edges in metres; 0 for a mesh without faces.
pub(crate) fn median_edge(coord: &[V3], faces: &[[u32; 3]]) -> f32 {
    let mut lengths: Vec<f32> = faces
        .iter()
        .map(|f| {
            let e = sub(coord[f[1] as usize], coord[f[0] as usize]);
            dot(e, e).sqrt()
        })
        .collect();
    if lengths.is_empty() {
        return 0.0;
    }
    let middle = lengths.len() / 2;
    *lengths.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two horizontal squares of 1 m, one 40 cm above the other and not connected.
    fn terraces() -> (Vec<V3>, Vec<[u32; 3]>, Vec<u32>) {
        let (n, mut coord, mut faces, mut object) = (50, Vec::new(), Vec::new(), Vec::new());
        for k in 0..2 {
            let base = coord.len() as u32;
            for i in 0..n * n {
                coord.push([(i % n) as f32 * 0.02, (i / n) as f32 * 0.02, k as f32 * 0.4]);
                object.push(k);
            }
            for y in 0..n as u32 - 1 {
                for x in 0..n as u32 - 1 {
                    let a = base + y * n as u32 + x;
                    faces.push([a, a + 1, a + n as u32]);
                    faces.push([a + 1, a + n as u32 + 1, a + n as u32]);
                }
            }
        }
        (coord, faces, object)
    }

    #[test]
    fn segments_are_patches_of_one_object() {
        let (coord, faces, object) = terraces();
        let segments = segment(&coord, &faces, &object, 4);
        let mut ids = segments.clone();
        ids.sort_unstable();
        ids.dedup();
        assert!((20..140).contains(&ids.len()), "{}", ids.len());
        for id in ids {
            assert_eq!(segments[id as usize], id, "the id must be a vertex of the segment");
            let members: Vec<usize> = (0..segments.len()).filter(|&i| segments[i] == id).collect();
            assert!(members.len() >= LEAST_VERTICES as usize);
            assert!(members.iter().all(|&i| object[i] == object[id as usize]));
        }
    }

    #[test]
    fn objects_get_the_segments_mostly_on_them() {
        let segments = [0, 0, 0, 3, 3, 3, 6, 6];
        let object = [1, 1, 0, 0, 0, 0, NO_OBJECT, NO_OBJECT];
        let groups = annotate(&segments, &object, 2, 0.0, &mut Dice::new(0, 0));
        assert_eq!(groups, vec![vec![3], vec![0]]);
        let none = annotate(&segments, &object, 2, 1.0, &mut Dice::new(0, 0));
        assert!(none.iter().all(Vec::is_empty));

        // Small objects are forgotten more often than large ones.
        let segments: Vec<u32> = (0..2200).collect();
        let object: Vec<u32> = (0..2200).map(|i| if i < 2000 { i / 20 } else { 100 + (i - 2000) / 2 }).collect();
        let groups = annotate(&segments, &object, 200, 0.02, &mut Dice::new(0, 0));
        let forgotten = |part: &[Vec<u32>]| part.iter().filter(|g| g.is_empty()).count();
        let (large, small) = (forgotten(&groups[..100]), forgotten(&groups[100..]));
        assert!((1..12).contains(&large) && (large..30).contains(&small), "{large} {small}");
    }
}
