//! A synthetic room of 150,000 points, spaced and ordered like the vertices of a scan, and chunks of 8192 points of it.
#![allow(dead_code)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub const SCENE_POINTS: usize = 150_000;
pub const CHUNK_POINTS: usize = 8192;
pub const CHUNKS: usize = 16;
/// Mean distance between neighbouring vertices of a ScanNet mesh in metres.
const SPACING: f32 = 0.0235;

pub struct Scene {
    pub points: Vec<[f32; 3]>,
    /// `[CHUNKS * CHUNK_POINTS]`
    pub chunks: Vec<[f32; 3]>,
}

pub fn scene() -> Scene {
    let mut r = ChaCha8Rng::seed_from_u64(7);
    let mut points = Vec::new();
    let mut patch = |origin: [f32; 3], u: [f32; 3], v: [f32; 3]| {
        let length = |a: [f32; 3]| (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt();
        let (nu, nv) = ((length(u) / SPACING) as usize + 1, (length(v) / SPACING) as usize + 1);
        let holes: Vec<[f32; 3]> = (0..(nu * nv) / 900)
            .map(|_| [r.random::<f32>() * nu as f32, r.random::<f32>() * nv as f32, 1.5 + r.random::<f32>() * 5.0])
            .collect();
        for i in 0..nu {
            for j in 0..nv {
                let hole = |h: &[f32; 3]| (h[0] - i as f32).powi(2) + (h[1] - j as f32).powi(2) < h[2] * h[2];
                if holes.iter().any(hole) {
                    continue;
                }
                let a = (i as f32 + r.random::<f32>() * 0.7 - 0.35) / nu as f32;
                let b = (j as f32 + r.random::<f32>() * 0.7 - 0.35) / nv as f32;
                let noise: [f32; 3] = std::array::from_fn(|_| (r.random::<f32>() - 0.5) * 0.01);
                points.push(std::array::from_fn::<f32, 3, _>(|k| origin[k] + a * u[k] + b * v[k] + noise[k]));
            }
        }
    };
    let (x, y, z) = (6.8, 5.6, 2.5);
    patch([0.0; 3], [x, 0.0, 0.0], [0.0, y, 0.0]);
    for (origin, along) in [
        ([0.0; 3], [x, 0.0, 0.0]),
        ([0.0, y, 0.0], [x, 0.0, 0.0]),
        ([0.0; 3], [0.0, y, 0.0]),
        ([x, 0.0, 0.0], [0.0, y, 0.0]),
    ] {
        patch(origin, along, [0.0, 0.0, z]);
    }
    for i in 0..14 {
        let f = i as f32;
        let (w, d, h) = (0.5 + 0.1 * (f % 4.0), 0.45 + 0.2 * (f % 3.0), 0.4 + 0.12 * (f % 7.0));
        let (ox, oy) = (0.2 + (f * 1.37) % (x - 1.3), 0.2 + (f * 0.93) % (y - 1.3));
        patch([ox, oy, h], [w, 0.0, 0.0], [0.0, d, 0.0]);
        for o in [[ox, oy, 0.0], [ox, oy + d, 0.0]] {
            patch(o, [w, 0.0, 0.0], [0.0, 0.0, h]);
        }
        for o in [[ox, oy, 0.0], [ox + w, oy, 0.0]] {
            patch(o, [0.0, d, 0.0], [0.0, 0.0, h]);
        }
    }
    // Exactly the wanted number of points, in 16 cm blocks of random order, as written by a mesher that hashes blocks.
    assert!(points.len() >= SCENE_POINTS, "the room has only {} points", points.len());
    while points.len() > SCENE_POINTS {
        let i = r.random_range(0..points.len());
        points.swap_remove(i);
    }
    let hash = |p: &[f32; 3]| {
        let b = p.map(|v| (v / 0.16).floor() as i64);
        (b[0] * 73_856_093 + b[1] * 19_349_663 + b[2] * 83_492_791).rem_euclid(1_000_003)
    };
    points.sort_by(|a, b| hash(a).cmp(&hash(b)).then(a[2].total_cmp(&b[2])));
    let mut chunks = Vec::new();
    while chunks.len() < CHUNKS * CHUNK_POINTS {
        let c = points[r.random_range(0..points.len())];
        let near: Vec<[f32; 3]> =
            points.iter().copied().filter(|p| (p[0] - c[0]).abs() < 0.95 && (p[1] - c[1]).abs() < 0.95).collect();
        if near.len() >= 3000 {
            chunks.extend((0..CHUNK_POINTS).map(|_| near[r.random_range(0..near.len())]));
        }
    }
    Scene { points, chunks }
}

pub fn gather(points: &[[f32; 3]], indices: &[u32]) -> Vec<[f32; 3]> {
    indices.iter().map(|&i| points[i as usize]).collect()
}

/// A thread pool of one, for comparison with serial libraries.
pub fn serial() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread")
}
