//! Farthest point sampling of 16 chunks and of a scene.

mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use pointops::{farthest_point_sample, farthest_point_sample_batch};
use scene::{CHUNKS, scene, serial};

fn fps(c: &mut Criterion) {
    let scene = scene();
    let mut group = c.benchmark_group("fps");
    group.sample_size(20);
    let one = serial();
    group.bench_function("chunks 16 x 8192 to 1024, serial", |b| {
        b.iter(|| one.install(|| farthest_point_sample_batch(&scene.chunks, CHUNKS, 1024, 0)))
    });
    group.bench_function("chunks 16 x 8192 to 1024, parallel", |b| {
        b.iter(|| farthest_point_sample_batch(&scene.chunks, CHUNKS, 1024, 0))
    });
    group.bench_function("scene 150k to 8192", |b| b.iter(|| farthest_point_sample(&scene.points, 8192, 0)));
}

criterion_group!(benches, fps);
criterion_main!(benches);
