//! The measurements of scanseg.

use crate::scene::CHUNKS;
use crate::{Failure, Input, SCAN, hash, timed};
use pointops::{
    Weighting, ball_query, ball_query_batch, farthest_point_sample, farthest_point_sample_batch, knn,
    pointnet2_compat_voxel_first, three_nn, three_nn_batch, voxel_first_ceil,
};
use scannet::{PreprocessOptions, Segments, preprocess, read_mesh};

pub fn run(case: &str, input: &Input) -> Result<(f64, String), Failure> {
    let Input { scene, chunks, centers, chunk_centers, raw, prepared } = input;
    let files = raw.scan(SCAN).ok_or("the prepared scan is missing")?;
    let ids = |(ms, result): (f64, Vec<u32>)| (ms, hash(result.into_iter()));
    Ok(match case {
        "fps_chunks" => {
            let (ms, chosen) = timed(|| farthest_point_sample_batch(chunks, CHUNKS, 1024, 0));
            ids((ms, chosen?))
        }
        "fps_scene" => {
            let (ms, chosen) = timed(|| farthest_point_sample(scene, 8192, 0));
            ids((ms, chosen?))
        }
        "ball_chunks" => {
            let (ms, found) = timed(|| ball_query_batch(chunks, chunk_centers, CHUNKS, 0.1, 32));
            ids((ms, found?.indices))
        }
        "ball_scene" => {
            let (ms, found) = timed(|| ball_query(scene, centers, 0.1, 32));
            ids((ms, found?.indices))
        }
        // This includes interpolation weights; libraries that only find neighbours do not compute them.
        "three_nn_chunks" => {
            let (ms, found) = timed(|| three_nn_batch(chunk_centers, chunks, CHUNKS, Weighting::default()));
            ids((ms, found?.indices))
        }
        "three_nn_scene" => {
            let (ms, found) = timed(|| three_nn(centers, scene, Weighting::default()));
            ids((ms, found?.indices))
        }
        // Compares distances, because other libraries return neighbours at the same distance in any order.
        "knn_16_scene" => {
            let (ms, found) = timed(|| knn(scene, scene, 16));
            (ms, hash(found?.squared_distances.into_iter().map(f32::to_bits)))
        }
        "read_ply" => {
            let (ms, mesh) = timed(|| read_mesh(files.mesh()));
            let mesh = mesh?;
            (ms, hash(mesh.coord.iter().flatten().map(|v| v.to_bits()).chain(mesh.faces.iter().flatten().copied())))
        }
        "segs_json" => {
            let (ms, segments) = timed(|| Segments::read(files.segments()));
            ids((ms, segments?.seg_indices))
        }
        "voxel_labels" => {
            let labels: Vec<i32> = (0..scene.len() as i32).map(|i| i / 100 % 21).collect();
            let (ms, found) = timed(|| {
                pointnet2_compat_voxel_first(scene, 0.02)
                    .map(|first| (first.iter().map(|&i| labels[i as usize]).collect::<Vec<i32>>(), first))
            });
            ids((ms, found?.1))
        }
        "voxel_labels_exact" => {
            let labels: Vec<i32> = (0..scene.len() as i32).map(|i| i / 100 % 21).collect();
            let (ms, found) = timed(|| {
                voxel_first_ceil(scene, 0.02)
                    .map(|first| (first.iter().map(|&i| labels[i as usize]).collect::<Vec<i32>>(), first))
            });
            ids((ms, found?.1))
        }
        "preprocess" | "preprocess_no_normals" => {
            let mut alone = raw.clone();
            alone.scans.retain(|s| s.id == SCAN);
            let options = PreprocessOptions { normals: case == "preprocess", force: true, ..Default::default() };
            let (ms, outcome) = timed(|| preprocess(&alone, prepared.with_extension("one"), &options, &|_| {}));
            assert_eq!(outcome?.done.len(), 1);
            (ms, "-".into())
        }
        "preprocess_many" | "preprocess_many_2_threads" => {
            let options = PreprocessOptions { force: true, ..Default::default() };
            let (ms, outcome) = timed(|| preprocess(raw, prepared, &options, &|_| {}));
            let done = outcome?.done.len();
            assert_eq!(done, raw.scans.len());
            (ms / done as f64, "-".into())
        }
        other => return Err(format!("there is no case {other}").into()),
    })
}
