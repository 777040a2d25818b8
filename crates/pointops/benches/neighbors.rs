//! Ball query, 3-NN and 16-NN of chunks and of a scene.

mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use pointops::{
    IndexKind, NeighborIndex, Weighting, ball_query, ball_query_batch, farthest_point_sample,
    farthest_point_sample_batch, knn, three_nn, three_nn_batch,
};
use scene::{CHUNK_POINTS, CHUNKS, gather, scene, serial};

const RADIUS: f32 = 0.1;
const K: usize = 32;

fn neighbors(c: &mut Criterion) {
    let scene = scene();
    let chosen = farthest_point_sample_batch(&scene.chunks, CHUNKS, 1024, 0).expect("a valid scene");
    let chunk_centers: Vec<[f32; 3]> = chosen
        .chunks_exact(1024)
        .zip(scene.chunks.chunks_exact(CHUNK_POINTS))
        .flat_map(|(chosen, chunk)| gather(chunk, chosen))
        .collect();
    let chosen = farthest_point_sample(&scene.points, 8192, 0).expect("a valid scene");
    let centers = gather(&scene.points, &chosen);
    let one = serial();

    let mut group = c.benchmark_group("ball query");
    group.sample_size(20);
    let chunks = || ball_query_batch(&scene.chunks, &chunk_centers, CHUNKS, RADIUS, K).expect("valid");
    group.bench_function("chunks, serial", |b| b.iter(|| one.install(chunks)));
    group.bench_function("chunks, parallel", |b| b.iter(chunks));
    let whole = || ball_query(&scene.points, &centers, RADIUS, K).expect("valid");
    group.bench_function("scene, serial", |b| b.iter(|| one.install(whole)));
    group.bench_function("scene, parallel", |b| b.iter(whole));
    let tree = |p: &[[f32; 3]], c: &[[f32; 3]]| {
        NeighborIndex::build(p, IndexKind::KdTree).expect("valid").ball_query(c, RADIUS, K).expect("valid")
    };
    group.bench_function("scene, k-d tree index, serial", |b| b.iter(|| one.install(|| tree(&scene.points, &centers))));
    group.finish();

    let mut group = c.benchmark_group("3-NN");
    group.sample_size(20);
    let chunks = || three_nn_batch(&chunk_centers, &scene.chunks, CHUNKS, Weighting::default()).expect("valid");
    group.bench_function("chunks, serial", |b| b.iter(|| one.install(chunks)));
    group.bench_function("chunks, parallel", |b| b.iter(chunks));
    let whole = || three_nn(&centers, &scene.points, Weighting::default()).expect("valid");
    group.bench_function("scene, serial", |b| b.iter(|| one.install(whole)));
    group.bench_function("scene, parallel", |b| b.iter(whole));
    group.finish();

    let mut group = c.benchmark_group("16-NN");
    group.sample_size(10);
    let whole = || knn(&scene.points, &scene.points, 16).expect("valid");
    group.bench_function("scene, serial", |b| b.iter(|| one.install(whole)));
    group.bench_function("scene, parallel", |b| b.iter(whole));
    group.finish();
}

criterion_group!(benches, neighbors);
criterion_main!(benches);
