//! The geometry that networks take.

use burn::tensor::Device;
use pointnet2::{Grouping, LevelSpec, Pyramid, PyramidError, PyramidSpec};

fn cloud(points: usize) -> Vec<[f32; 3]> {
    (0..points).map(|i| [(i % 7) as f32 * 0.1 + 4.0, (i % 11) as f32 * 0.1, (i / 7) as f32 * 0.1]).collect()
}

#[test]
fn levels_have_the_points_and_groups_of_their_specification() {
    let groupings = vec![Grouping::Ball { radius: 0.3, neighbors: 5 }, Grouping::Nearest { neighbors: 3 }];
    let spec = PyramidSpec { levels: vec![LevelSpec::Sampled { points: 10, groupings }, LevelSpec::All] };
    assert_eq!(spec.levels[0].members(40), [5, 3]);
    assert_eq!(spec.levels[1].members(10), [10]);
    let pyramid = Pyramid::build(&cloud(80), 2, &spec).unwrap().to_device(&Device::flex());
    assert_eq!((pyramid.clouds(), pyramid.levels()), (2, 2));
    assert_eq!([0, 1, 2].map(|level| pyramid.points(level)), [40, 10, 1]);
    assert_eq!(pyramid.coord(1).dims(), [20, 3]);
    // coordinates are relative to the middle, which is where a level of all points stands
    assert_eq!(crate::support::vec(pyramid.coord(2)), [0.0; 6]);
}

#[test]
fn what_no_pyramid_can_be_built_from() {
    let spec = |level| PyramidSpec { levels: vec![LevelSpec::ball(4, 0.2, 3), level] };
    for build in [Pyramid::build, Pyramid::prepare] {
        refuses(&spec, build);
    }
}

type Build = fn(&[[f32; 3]], usize, &PyramidSpec) -> Result<Pyramid, PyramidError>;

/// The search on the host and on the device must refuse the same.
fn refuses(spec: &dyn Fn(LevelSpec) -> PyramidSpec, build: Build) {
    let unequal = build(&cloud(9), 2, &spec(LevelSpec::All));
    assert!(matches!(unequal, Err(PyramidError::UnequalClouds { points: 9, clouds: 2 })));
    let too_many = build(&cloud(10), 2, &spec(LevelSpec::ball(5, 0.2, 3)));
    assert!(matches!(too_many, Err(PyramidError::Level { level: 2, .. })));
    let groupings = vec![Grouping::Nearest { neighbors: 5 }];
    let too_near = build(&cloud(10), 2, &spec(LevelSpec::Sampled { points: 2, groupings }));
    assert!(matches!(too_near, Err(PyramidError::Level { level: 2, .. })));
    let mut points = cloud(10);
    points[3][1] = f32::NAN;
    for spec in [spec(LevelSpec::All), PyramidSpec::default()] {
        let message = build(&points, 2, &spec).unwrap_err().to_string();
        assert!(message.contains("coord[3]"), "{message}");
    }
}

#[test]
fn levels_found_on_the_device_are_those_found_on_the_host() {
    let groupings = vec![Grouping::Ball { radius: 0.3, neighbors: 5 }, Grouping::Nearest { neighbors: 3 }];
    let spec = PyramidSpec { levels: vec![LevelSpec::Sampled { points: 10, groupings }, LevelSpec::All] };
    for device in [Device::flex(), Device::flex().autodiff()] {
        let host = Pyramid::build(&cloud(80), 2, &spec).unwrap().to_device(&device);
        let found = Pyramid::prepare(&cloud(80), 2, &spec).unwrap().to_device(&device);
        for level in 0..=2 {
            assert_eq!(crate::support::vec(host.coord(level)), crate::support::vec(found.coord(level)));
        }
        assert_eq!(format!("{:?}", host.indices()), format!("{:?}", found.indices()));
    }
}
