//! The geometry that networks take.

use crate::support::vec;
use burn::tensor::Device;
use pointmodel::{HostTensor, HostValues, Prepared, SearchOn};
use pointnet2::{Grouping, LevelSpec, NetworkError, PointPyramid, Pyramid, PyramidSpec, Weighting};

fn cloud(points: usize) -> Vec<[f32; 3]> {
    (0..points).map(|i| [(i % 7) as f32 * 0.1 + 4.0, (i % 11) as f32 * 0.1, (i / 7) as f32 * 0.1]).collect()
}

/// A level of 10 points with two groupings, and one of a single point.
fn spec() -> PyramidSpec {
    let groupings = vec![Grouping::Ball { radius: 0.3, neighbors: 5 }, Grouping::Nearest { neighbors: 3 }];
    let levels = vec![LevelSpec::Sampled { points: 10, groupings, own: None }, LevelSpec::All];
    PyramidSpec { levels, ..PyramidSpec::default() }
}

fn pyramid(search: SearchOn, device: &Device) -> PointPyramid {
    Pyramid::prepare(&cloud(80), 2, spec(), search).unwrap().into_device(device)
}

#[test]
fn levels_match_their_spec() {
    assert_eq!(spec().levels[0].members(40), [5, 3]);
    assert_eq!(spec().levels[1].members(10), [10]);
    let pyramid = pyramid(SearchOn::Host, &Device::flex());
    assert_eq!((pyramid.clouds(), pyramid.levels()), (2, 2));
    assert_eq!([0, 1, 2].map(|level| pyramid.points(level)), [40, 10, 1]);
    assert_eq!(pyramid.coord(1).dims(), [20, 3]);
    let members = |level| pyramid.groups(level).iter().map(|groups| groups.members).collect::<Vec<_>>();
    assert_eq!((members(1), members(2)), (vec![5, 3], vec![10]));
    // coordinates are relative to the middle of the cloud, which is where a level of all points lies
    assert_eq!(vec(pyramid.coord(2)), [0.0; 6]);
}

#[test]
fn clouds_and_levels_are_validated() {
    let spec = |level| PyramidSpec { levels: vec![LevelSpec::ball(4, 0.2, 3), level], ..PyramidSpec::default() };
    // both searches reject the same
    for search in [SearchOn::Host, SearchOn::Device] {
        let error = |points: &[[f32; 3]], spec| Pyramid::prepare(points, 2, spec, search).unwrap_err();
        let unequal = NetworkError::UnequalClouds { points: 9, clouds: 2 };
        assert_eq!(error(&cloud(9), spec(LevelSpec::All)), unequal);
        let too_many = NetworkError::TooManyPoints { level: 2, points: 5, below: 4 };
        assert_eq!(error(&cloud(10), spec(LevelSpec::ball(5, 0.2, 3))), too_many);
        let nearest = LevelSpec::Sampled { points: 2, groupings: vec![Grouping::Nearest { neighbors: 5 }], own: None };
        let too_many = NetworkError::TooManyNeighbors { level: 2, neighbors: 5, below: 4 };
        assert_eq!(error(&cloud(10), spec(nearest)), too_many);
        let huge = error(&cloud(10), spec(LevelSpec::ball(2, 0.2, 70_000))).to_string();
        assert!(huge.contains("the number of neighbors of level 2 is 70000; it must be at most 65536"), "{huge}");
        let mut points = cloud(10);
        points[3][1] = f32::NAN;
        for spec in [spec(LevelSpec::All), PyramidSpec::default()] {
            let message = error(&points, spec).to_string();
            assert!(message.contains("point 3 are not finite"), "{message}");
        }
    }
}

/// Bits of all coordinates and weights, and all indices.
fn contents(pyramid: &PointPyramid) -> (Vec<Vec<u32>>, Vec<Vec<i32>>) {
    let bits = |tensor| vec::<2>(tensor).into_iter().map(f32::to_bits).collect();
    let (mut floats, mut indices) = (vec![bits(pyramid.coord(0))], Vec::new());
    for level in 1..=pyramid.levels() {
        let interpolation = pyramid.interpolation(level);
        floats.extend([bits(pyramid.coord(level)), bits(interpolation.weights.clone())]);
        indices.extend(pyramid.groups(level).iter().map(|groups| groups.to_host()));
        indices.push(interpolation.to_host());
    }
    (floats, indices)
}

#[test]
fn host_and_device_find_the_same_levels() {
    let host = contents(&pyramid(SearchOn::Host, &Device::flex()));
    for device in [Device::flex(), Device::flex().autodiff()] {
        assert_eq!(contents(&pyramid(SearchOn::Host, &device)), host);
        assert_eq!(contents(&pyramid(SearchOn::Device, &device)), host);
    }
}

#[test]
fn levels_match_pointops() {
    let (coord, clouds) = (cloud(80), 2);
    let rows = |indices: &[u32], points: u32| -> Vec<i32> {
        let of_cloud = indices.len() / clouds;
        indices.iter().enumerate().map(|(i, &index)| ((i / of_cloud) as u32 * points + index) as i32).collect()
    };
    let kept = pointops::farthest_point_sample_batch(&coord, clouds, 10, 0).unwrap();
    let centers: Vec<[f32; 3]> = rows(&kept, 40).iter().map(|&row| coord[row as usize]).collect();
    let middles = [0, 40].map(|start| {
        let (low, high) = pointops::bounds(&coord[start..start + 40]);
        [0, 1, 2].map(|axis| low[axis] / 2.0 + high[axis] / 2.0)
    });
    let three = |known: &[[f32; 3]], queries: &[[f32; 3]], weighting| {
        pointops::three_nn_batch(known, queries, clouds, weighting).unwrap()
    };
    let near = three(&centers, &coord, Weighting::InverseSquaredDistance);
    let last = three(&middles, &centers, Weighting::InverseSquaredDistance);
    let expected = [
        rows(&pointops::ball_query_batch(&coord, &centers, clouds, 0.3, 5).unwrap().indices, 40),
        rows(&pointops::knn_batch(&coord, &centers, clouds, 3).unwrap().indices, 40),
        rows(&near.indices, 10),
        (0..20).collect(),
        rows(&last.indices, 1),
    ];
    let pyramid = pyramid(SearchOn::Host, &Device::flex());
    assert_eq!(contents(&pyramid).1, expected);
    assert_eq!(vec(pyramid.interpolation(1).weights.clone()), near.weights);
    assert_eq!(vec(pyramid.interpolation(2).weights.clone()), last.weights);
    for search in [SearchOn::Host, SearchOn::Device] {
        let by_distance = PyramidSpec { interpolation: Weighting::InverseDistance, ..spec() };
        let by_distance = Pyramid::prepare(&coord, clouds, by_distance, search).unwrap();
        let by_distance = by_distance.into_device(&Device::flex());
        assert_eq!(contents(&by_distance).1, expected);
        let weights = three(&centers, &coord, Weighting::InverseDistance).weights;
        assert_ne!(weights, near.weights);
        assert_eq!(vec(by_distance.interpolation(1).weights.clone()), weights);
    }
    let relative = |point: &[f32; 3], cloud: usize| [0, 1, 2].map(|axis| point[axis] - middles[cloud][axis]);
    let relative: Vec<f32> = centers.iter().enumerate().flat_map(|(i, point)| relative(point, i / 10)).collect();
    assert_eq!(vec(pyramid.coord(1)), relative);
}

#[test]
fn tensors_of_a_batch_have_names() {
    let batch = |search| Pyramid::prepare(&cloud(80), 2, spec(), search).unwrap();
    let tensors = batch(SearchOn::Host).tensors();
    let shapes: Vec<_> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.shape.as_slice())).collect();
    let expected: [(&str, &[usize]); 10] = [
        ("level0.coord", &[80, 3]),
        ("level1.coord", &[20, 3]),
        ("level2.coord", &[2, 3]),
        ("level1.groups0", &[20, 5]),
        ("level1.groups1", &[20, 3]),
        ("level1.interpolation", &[80, 3]),
        ("level1.interpolation_weights", &[80, 3]),
        ("level2.groups0", &[2, 10]),
        ("level2.interpolation", &[20, 3]),
        ("level2.interpolation_weights", &[20, 3]),
    ];
    assert_eq!(shapes, expected);
    let len = |tensor: &HostTensor| match &tensor.values {
        HostValues::Floats(values) => values.len(),
        HostValues::Ints(values) => values.len(),
    };
    assert!(tensors.iter().all(|tensor| len(tensor) == tensor.shape.iter().product::<usize>()));
    // nothing has been searched yet
    assert!(batch(SearchOn::Device).tensors().is_empty());
}

#[test]
fn points_of_a_level_are_grouped_among_themselves() {
    let own = Some(Grouping::Ball { radius: 0.4, neighbors: 4 });
    let level = LevelSpec::Sampled { points: 10, groupings: vec![], own };
    assert_eq!(
        (level.own_members(), LevelSpec::ball(10, 0.4, 4).own_members(), LevelSpec::All.own_members()),
        (4, 0, 0)
    );
    let spec = PyramidSpec { levels: vec![level, LevelSpec::All], ..PyramidSpec::default() };
    let coord = cloud(80);
    for search in [SearchOn::Host, SearchOn::Device] {
        let batch = Pyramid::prepare(&coord, 2, spec.clone(), search).unwrap();
        let pyramid = batch.clone().into_device(&Device::flex().autodiff());
        let kept = pyramid.kept(1).unwrap().into_data().try_to_vec::<i32>().unwrap();
        let centers: Vec<[f32; 3]> = kept.iter().map(|&row| coord[row as usize]).collect();
        let found = pointops::ball_query_batch(&centers, &centers, 2, 0.4, 4).unwrap().indices;
        let rows: Vec<i32> = found.iter().enumerate().map(|(i, &row)| (i / 40 * 10) as i32 + row as i32).collect();
        assert_eq!(pyramid.own_groups(1).unwrap().to_host(), rows);
        assert!(pyramid.own_groups(2).is_none() && pyramid.kept(2).is_none());
        let named = batch.tensors().into_iter().find(|tensor| tensor.name == "level1.own_groups");
        assert_eq!(named.map(|tensor| tensor.shape), (search == SearchOn::Host).then(|| vec![20, 4]));
    }
    // a level's own points are fewer than those below it
    let own = Some(Grouping::Nearest { neighbors: 11 });
    let level = LevelSpec::Sampled { points: 10, groupings: vec![], own };
    let error = PyramidSpec { levels: vec![level], ..PyramidSpec::default() }.check(40).unwrap_err();
    assert_eq!(error, NetworkError::TooManyNeighbors { level: 1, neighbors: 11, below: 10 });
}
