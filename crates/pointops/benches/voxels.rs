//! 2 cm voxels of a scene.

mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use pointops::{pointnet2_compat_voxel_first, voxel_downsample, voxel_first_ceil, voxelize};
use scene::scene;

fn voxels(c: &mut Criterion) {
    let scene = scene();
    let labels: Vec<i32> = (0..scene.points.len() as i32).map(|i| i / 100 % 21).collect();
    let mut group = c.benchmark_group("2 cm voxels of 150k points");
    group.sample_size(30);
    group.bench_function("voxelize", |b| b.iter(|| voxelize(&scene.points, 0.02)));
    group.bench_function("voxel_first_ceil", |b| b.iter(|| voxel_first_ceil(&scene.points, 0.02)));
    group.bench_function("pointnet2_compat_voxel_first", |b| {
        b.iter(|| pointnet2_compat_voxel_first(&scene.points, 0.02))
    });
    group.bench_function("voxel_downsample", |b| b.iter(|| voxel_downsample(&scene.points, 0.02)));
    let map = voxelize(&scene.points, 0.02).expect("a valid scene");
    group.bench_function("majority", |b| b.iter(|| map.majority(&labels, -1)));
    group.finish();
}

criterion_group!(benches, voxels);
criterion_main!(benches);
