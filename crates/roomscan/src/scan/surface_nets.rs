//! The mesh of the volume's zero level, by naive surface nets (Gibson, "Constrained Elastic Surface Nets", 1998): each
//! cell has one vertex, at the mean of its edge crossings. The vertices are evenly spaced, and sharp edges become
//! round.

use super::fusion::{BLOCK, VOXELS, Volume, Voxel};
use crate::math::{V3, add, cross, dot, hash3, scale, sub, unit};

/// A triangle mesh. Faces are counter-clockwise as seen from free space.
pub(crate) struct Surface {
    pub coord: Vec<V3>,
    pub faces: Vec<[u32; 3]>,
}

/// Voxels with less weight than this count as unseen.
const LEAST_WEIGHT: f32 = 0.12;
/// Connected pieces with fewer vertices are noise and removed.
const LEAST_PIECE: u32 = 60;
/// Neighbouring voxels on the two sides of a surface differ by 1/3 in distance, and by more at a silhouette. A jump of
/// nearly 2 is no surface: there, the truncated region behind a surface ends next to free space.
const MOST_JUMP: f32 = 1.45;
const NO_VERTEX: u32 = u32::MAX;
const SIDE: usize = BLOCK + 1;

pub(crate) fn extract(volume: &Volume) -> Surface {
    // Blocks in the order of a hash, and their cells in raster order, as voxel hashing writes them: so the order of the
    // vertices does not reveal objects.
    let mut order: Vec<usize> = (0..volume.blocks.len()).collect();
    order.sort_by_key(|&b| {
        let [x, y, z] = volume.blocks[b];
        (hash3(x, y, z, 0), [x, y, z])
    });
    let mut vertex = vec![NO_VERTEX; volume.blocks.len() * VOXELS];
    let mut coord = Vec::new();
    for &b in &order {
        let patch = patch(volume, b);
        let corner = volume.blocks[b].map(|c| c * BLOCK as i32);
        for z in 0..BLOCK {
            for y in 0..BLOCK {
                for x in 0..BLOCK {
                    if let Some(p) = cell_vertex(&patch, x, y, z) {
                        vertex[(b * BLOCK + z) * BLOCK * BLOCK + y * BLOCK + x] = coord.len() as u32;
                        let at = [x, y, z];
                        coord.push(std::array::from_fn(|a| {
                            (corner[a] as f32 + at[a] as f32 + 0.5 + p[a]) * volume.voxel
                        }));
                    }
                }
            }
        }
    }
    let mut faces = Vec::new();
    for &b in &order {
        let patch = patch(volume, b);
        for z in 0..BLOCK {
            for y in 0..BLOCK {
                for x in 0..BLOCK {
                    stitch(volume, &vertex, &patch, b, [x, y, z], &mut faces);
                }
            }
        }
    }
    keep_large_pieces(Surface { coord, faces })
}

/// Voxels of the block and the first layer of its upper neighbours. Unseen voxels have weight 0.
fn patch(volume: &Volume, block: usize) -> Vec<Voxel> {
    let at = volume.blocks[block];
    let neighbours: [Option<usize>; 8] = std::array::from_fn(|n| {
        volume.find([at[0] + (n & 1) as i32, at[1] + (n >> 1 & 1) as i32, at[2] + (n >> 2) as i32])
    });
    let mut out = vec![Voxel::default(); SIDE * SIDE * SIDE];
    for z in 0..SIDE {
        for y in 0..SIDE {
            for x in 0..SIDE {
                let n = (x / BLOCK) | (y / BLOCK) << 1 | (z / BLOCK) << 2;
                if let Some(b) = neighbours[n] {
                    let local = ((z % BLOCK) * BLOCK + y % BLOCK) * BLOCK + x % BLOCK;
                    let v = volume.voxels[b * VOXELS + local];
                    if v.weight >= LEAST_WEIGHT {
                        out[(z * SIDE + y) * SIDE + x] = v;
                    }
                }
            }
        }
    }
    out
}

/// Whether the surface passes between two seen voxels.
fn crosses(a: Voxel, b: Voxel) -> bool {
    (a.distance < 0.0) != (b.distance < 0.0) && (a.distance - b.distance).abs() < MOST_JUMP
}

/// Vertex of the cell whose lowest voxel is (x, y, z), in voxels and relative to that voxel.
fn cell_vertex(patch: &[Voxel], x: usize, y: usize, z: usize) -> Option<V3> {
    let corner: [Voxel; 8] =
        std::array::from_fn(|c| patch[((z + (c >> 2)) * SIDE + y + (c >> 1 & 1)) * SIDE + x + (c & 1)]);
    if corner.iter().any(|v| v.weight == 0.0) {
        return None;
    }
    let below = corner.iter().filter(|v| v.distance < 0.0).count();
    if below == 0 || below == 8 {
        return None;
    }
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for a in 0..8usize {
        for axis in 0..3 {
            let b = a | 1 << axis;
            if b != a && crosses(corner[a], corner[b]) {
                let t = corner[a].distance / (corner[a].distance - corner[b].distance);
                let mut p: V3 = std::array::from_fn(|i| (a >> i & 1) as f32);
                p[axis] += t;
                sum = add(sum, p);
                count += 1.0;
            }
        }
    }
    (count >= 3.0).then(|| scale(sum, 1.0 / count))
}

/// Adds the quads around the three edges from voxel `at` to its upper neighbours, if the surface crosses them.
fn stitch(volume: &Volume, vertex: &[u32], patch: &[Voxel], block: usize, at: [usize; 3], faces: &mut Vec<[u32; 3]>) {
    let voxel = |p: [usize; 3]| patch[(p[2] * SIDE + p[1]) * SIDE + p[0]];
    let here = voxel(at);
    if here.weight == 0.0 {
        return;
    }
    for axis in 0..3 {
        let mut next = at;
        next[axis] += 1;
        let there = voxel(next);
        if there.weight == 0.0 || !crosses(here, there) {
            continue;
        }
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        // The four cells around this edge are at offsets 0 and -1 along the two other axes.
        let cell = |du: i32, dv: i32| {
            let mut p = at.map(|c| c as i32);
            p[u] += du;
            p[v] += dv;
            let mut home = volume.blocks[block];
            for a in 0..3 {
                if p[a] < 0 {
                    p[a] += BLOCK as i32;
                    home[a] -= 1;
                }
            }
            let b = if home == volume.blocks[block] { Some(block) } else { volume.find(home) };
            b.map_or(NO_VERTEX, |b| {
                vertex[b * VOXELS + ((p[2] as usize * BLOCK) + p[1] as usize) * BLOCK + p[0] as usize]
            })
        };
        let mut quad = [cell(0, 0), cell(-1, 0), cell(-1, -1), cell(0, -1)];
        if quad.contains(&NO_VERTEX) {
            continue;
        }
        // If `at` is in free space, its side sees the cells in the opposite order.
        if here.distance >= 0.0 {
            quad.reverse();
        }
        faces.push([quad[0], quad[1], quad[2]]);
        faces.push([quad[0], quad[2], quad[3]]);
    }
}

/// Removes vertices without faces and small pieces. The others keep their order.
fn keep_large_pieces(surface: Surface) -> Surface {
    let mut pieces = pointops::DisjointSets::new(surface.coord.len());
    for [a, b, c] in &surface.faces {
        pieces.join(*a, *b);
        pieces.join(*a, *c);
    }
    let mut renumber = vec![NO_VERTEX; surface.coord.len()];
    let mut coord = Vec::with_capacity(surface.coord.len());
    for (i, p) in surface.coord.iter().enumerate() {
        let root = pieces.find(i as u32);
        if pieces.size(root) >= LEAST_PIECE {
            renumber[i] = coord.len() as u32;
            coord.push(*p);
        }
    }
    let faces = (surface.faces.iter())
        .filter(|f| renumber[f[0] as usize] != NO_VERTEX)
        .map(|f| f.map(|i| renumber[i as usize]))
        .collect();
    Surface { coord, faces }
}

/// Unit normals of all vertices: means over their faces, weighted by area.
pub(crate) fn vertex_normals(coord: &[V3], faces: &[[u32; 3]]) -> Vec<V3> {
    let mut normal = vec![[0.0; 3]; coord.len()];
    for f in faces {
        let [a, b, c] = f.map(|i| coord[i as usize]);
        let n = cross(sub(b, a), sub(c, a));
        if dot(n, n) > 0.0 {
            f.iter().for_each(|&i| normal[i as usize] = add(normal[i as usize], n));
        }
    }
    normal.into_iter().map(unit).collect()
}
