//! Point sets of many shapes, and brute-force results computed without the crate's code.
#![allow(dead_code)]

use pointops::Weighting;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Shapes that break sampling, grids and trees in different ways.
pub const SHAPES: [&str; 12] = [
    "random",
    "clustered",
    "gridded",
    "duplicated",
    "one point",
    "collinear",
    "flat floor",
    "offset",
    "huge offset",
    "outlier",
    "tiny",
    "room",
];

/// Shapes whose squared distances overflow.
pub const HUGE: [&str; 2] = ["far apart", "at the limit"];

pub fn shape(name: &str, n: usize, seed: u64) -> Vec<[f32; 3]> {
    let mut r = rng(seed);
    let mut unit = move || r.random::<f32>();
    let mut cloud: Vec<[f32; 3]> = (0..n).map(|_| [unit(), unit(), unit()]).collect();
    for i in 0..n {
        let p = cloud[i];
        cloud[i] = match name {
            "random" => p.map(|v| v * 4.0 - 2.0),
            "clustered" => {
                let c = (p[0] * 5.0).floor();
                [c + p[0] * 1e-3, c * c + p[1] * 1e-3, p[2] * 1e-3]
            }
            "gridded" => p.map(|v| (v * 9.0).floor() * 0.125),
            "duplicated" => cloud[(p[0] * p[0] * n as f32 / 4.0) as usize % n.max(1)],
            "one point" => [1.25, -3.5, 0.3],
            "collinear" => [p[0] * 3.0, p[0] * 3.0 + 1.0, -p[0] * 3.0],
            "flat floor" => [(i % 37) as f32 * 0.02, (i / 37) as f32 * 0.02, 0.0],
            "offset" => [p[0] + 1000.0, p[1] - 5000.0, p[2]],
            "huge offset" => [p[0] * 1e3 + 1e6, p[1] * 4e3 + 4e6, p[2] * 0.5 - 3e7],
            "outlier" if i == n / 2 => [1e4, -1e5, 1e3],
            "outlier" => p,
            "tiny" => p.map(|v| v * 1e-22),
            "room" => match i % 4 {
                0 => [p[0] * 2.0, p[1] * 2.0, 0.0],
                1 => [p[0] * 2.0, 0.003 * p[1], p[2] * 2.4],
                2 => [0.003 * p[0], p[1] * 2.0, p[2] * 2.4],
                _ => [0.5 + p[0] * 0.5, 0.5 + p[1] * 0.5, 0.7],
            },
            // squared distances overflow between points of different steps
            "far apart" => [(p[0] * 8.0).floor() * 2e19, p[1], (p[2] * 2.0).floor() * 1e19],
            // differences overflow too
            "at the limit" => p.map(|v| (v - 0.5) * 2.0 * f32::MAX),
            other => panic!("no shape {other}"),
        };
    }
    cloud
}

/// Points of the cloud, points between them, and points nearby.
pub fn queries_near(points: &[[f32; 3]], m: usize, seed: u64) -> Vec<[f32; 3]> {
    let mut r = rng(seed ^ 0x5eed);
    (0..m)
        .map(|i| {
            let p = points[r.random_range(0..points.len())];
            let q = points[r.random_range(0..points.len())];
            match i % 4 {
                0 | 1 => p,
                2 => std::array::from_fn(|a| {
                    let between = p[a] + (q[a] - p[a]) * r.random::<f32>() * 1.2;
                    if between.is_finite() { between } else { q[a] }
                }),
                _ => std::array::from_fn(|a| p[a] + (r.random::<f32>() - 0.5) * 0.3),
            }
        })
        .collect()
}

pub fn d2(a: [f32; 3], b: [f32; 3]) -> f32 {
    let x = a[0] - b[0];
    let y = a[1] - b[1];
    let z = a[2] - b[2];
    let s = x * x + y * y;
    s + z * z
}

pub fn fps(points: &[[f32; 3]], count: usize, start: usize) -> Vec<u32> {
    let mut nearest = vec![f32::INFINITY; points.len()];
    let mut out = vec![];
    let mut current = start;
    for _ in 0..count {
        out.push(current as u32);
        let mut best = -1f32;
        let mut next = 0;
        for i in 0..points.len() {
            let d = d2(points[i], points[current]);
            if d < nearest[i] {
                nearest[i] = d;
            }
            if nearest[i] > best {
                best = nearest[i];
                next = i;
            }
        }
        current = next;
    }
    out
}

/// (indices, counts)
pub fn ball(points: &[[f32; 3]], centers: &[[f32; 3]], radius: f32, k: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut indices, mut counts) = (vec![], vec![]);
    for &center in centers {
        let inside = (0..points.len()).filter(|&i| d2(points[i], center) < radius * radius);
        let mut row: Vec<u32> = inside.take(k).map(|i| i as u32).collect();
        counts.push(row.len() as u32);
        let fill = row.first().copied().unwrap_or(0);
        row.resize(k, fill);
        indices.extend(row);
    }
    (indices, counts)
}

pub fn sorted(points: &[[f32; 3]], query: [f32; 3]) -> Vec<(f32, u32)> {
    let mut all: Vec<(f32, u32)> = points.iter().enumerate().map(|(i, &p)| (d2(p, query), i as u32)).collect();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    all
}

/// (indices, squared distances)
pub fn knn(points: &[[f32; 3]], queries: &[[f32; 3]], k: usize) -> (Vec<u32>, Vec<f32>) {
    let (mut indices, mut distances) = (vec![], vec![]);
    for &query in queries {
        for (d, i) in sorted(points, query).into_iter().take(k) {
            indices.push(i);
            distances.push(d);
        }
    }
    (indices, distances)
}

/// A random index below `n`.
pub fn below(r: &mut impl Rng, n: usize) -> usize {
    r.random_range(0..n)
}

/// (indices, weights)
pub fn three(known: &[[f32; 3]], queries: &[[f32; 3]], weighting: Weighting) -> (Vec<u32>, Vec<f32>) {
    let (mut indices, mut weights) = (vec![], vec![]);
    for &query in queries {
        let near = sorted(known, query);
        let at = |i: usize| near.get(i).copied().unwrap_or((f32::INFINITY, near[0].1));
        let divisor = |squared: f32| match weighting {
            Weighting::InverseSquaredDistance => squared.max(1e-10),
            Weighting::InverseDistance => squared.sqrt() + 1e-8,
        };
        let w: Vec<f32> = (0..3).map(|i| 1.0 / divisor(at(i).0)).collect();
        for i in 0..3 {
            indices.push(at(i).1);
            let sum = w[0] + w[1] + w[2];
            weights.push(if sum > 0.0 { w[i] / sum } else { if i == 0 { 1.0 } else { 0.0 } });
        }
    }
    (indices, weights)
}
