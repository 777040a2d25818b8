//! Levels and neighbours of a batch.

use crate::support::small;
use burn::tensor::Device;
use pointcnn::{Geometry, Neighborhoods, PointCnnConfig, PointCnnError};
use pointmodel::{HostValues, Prepared};

/// Two clouds of 20 points on a line, 1 m apart, and the same points once more.
fn line() -> Vec<[f32; 3]> {
    let cloud = |y: f32| (0..40).map(move |i| [(i % 20) as f32, y, 0.25]);
    cloud(0.0).chain(cloud(7.0)).collect()
}

fn found(config: &PointCnnConfig) -> Neighborhoods {
    Geometry::prepare(config, &line(), 2).unwrap().into_device(&Device::flex())
}

fn indices(batch: &Neighborhoods, layer: usize) -> Vec<i32> {
    batch.layers[layer].indices.clone().into_data().try_to_vec().unwrap()
}

#[test]
fn neighbors_are_every_other_one_of_the_nearest_places() {
    let mut config = small();
    config.encoder[0].dilation = 2;
    let batch = found(&config);
    let first = indices(&batch, 0);
    assert_eq!(first.len(), 2 * 40 * 5);
    // of places 0 to 9
    assert_eq!(first[..5], [0, 2, 4, 6, 8]);
    // 10, 9, 11, 8, 12 … by distance, then index; its copy has the same neighbours
    assert_eq!(first[10 * 5..][..5], [10, 11, 12, 13, 14]);
    assert_eq!(first[30 * 5..][..5], [10, 11, 12, 13, 14]);
    assert!(first[..200].iter().all(|&row| row < 20) && first[200..].iter().all(|&row| (40..60).contains(&row)));
    let relative: Vec<f32> = batch.layers[0].relative.clone().into_data().try_to_vec().unwrap();
    assert_eq!(relative[10 * 15..][..9], [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
}

#[test]
fn the_last_level_is_seen_from_the_floor_in_the_middle() {
    let last: Vec<f32> = found(&small()).last.into_data().try_to_vec().unwrap();
    assert_eq!(last.len(), 2 * 14 * 3);
    assert_eq!(last[..6], [-9.5, 0.0, 0.0, 9.5, 0.0, 0.0]);
    assert_eq!(last[14 * 3..][..3], [-9.5, 0.0, 0.0]);
}

#[test]
fn too_few_places_are_repeated() {
    let points = [[0.0; 3], [1.0, 0.0, 0.0]].repeat(20);
    let batch = Geometry::prepare(&small(), &points, 1).unwrap().into_device(&Device::flex());
    assert_eq!(indices(&batch, 0)[..10], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
}

#[test]
fn arrays_for_other_programs() {
    let tensors = Geometry::prepare(&small(), &line(), 2).unwrap().tensors();
    let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let of = |kind: &str| [0, 1].map(|i| [format!("{kind}.{i}.indices"), format!("{kind}.{i}.relative")]).concat();
    assert_eq!(names, [of("encoder"), of("decoder"), vec!["last".into()]].concat());
    assert_eq!((tensors[2].shape.clone(), tensors[3].shape.clone()), (vec![28, 4], vec![28, 12]));
    assert!(matches!(&tensors[2].values, HostValues::Ints(values) if values.len() == 28 * 4));
}

#[test]
fn clouds_that_do_not_fit() {
    let config = small();
    let error = |points: &[[f32; 3]], clouds| Geometry::prepare(&config, points, clouds).unwrap_err();
    assert_eq!(error(&line(), 3), PointCnnError::UnequalClouds { points: 80, clouds: 3 });
    assert_eq!(error(&[], 1), PointCnnError::UnequalClouds { points: 0, clouds: 1 });
    let mut points = line();
    points[7][1] = f32::NAN;
    assert_eq!(error(&points, 2), PointCnnError::NotFinite { index: 7 });
    assert_eq!(error(&line()[..10], 1), PointCnnError::TooManyPoints { layer: 2, points: 14, below: 10 });
}
