//! Comparison with numpy, see `tests/reference/augmentations.py`.

use super::elastic::Lattice;
use super::{color_contrast, mirror, rotate, scale, tilt};
use crate::sampling::InputPoints;
use crate::scene::FeatureLayout;
use scannet::Scene;
use serde::Deserialize;
use serde::de::DeserializeOwned;

const TEXT: &str = include_str!("../../../../../tests/reference/augmentations/cases.json");

#[derive(Deserialize)]
struct Points {
    coord: Vec<[f32; 3]>,
    normal: Vec<[f32; 3]>,
    color: Vec<[f32; 3]>,
    covariance: Vec<[f32; 6]>,
}

impl Points {
    fn read(value: &serde_json::Value) -> Self {
        serde_json::from_value(value.clone()).unwrap()
    }

    /// With colours, normals, heights and covariances as features.
    fn input(&self) -> InputPoints {
        let point = |i: usize| [&self.color[i][..], &self.normal[i], &[self.coord[i][2]], &self.covariance[i]].concat();
        InputPoints {
            coord: self.coord.clone(),
            features: (0..self.coord.len()).flat_map(point).collect(),
            layout: FeatureLayout {
                channels: 13,
                color: Some(0),
                normal: Some(3),
                height: Some(6),
                covariance: Some(7),
            },
        }
    }
}

/// A case by its name: a reader of its parameters, the points before and the expected result.
fn case(name: &str) -> (impl Fn(&str) -> serde_json::Value, InputPoints, InputPoints) {
    let all: serde_json::Value = serde_json::from_str(TEXT).unwrap();
    let case = all[name].clone();
    let expected = Points::read(&case["result"]).input();
    (move |key: &str| case[key].clone(), Points::read(&all["points"]).input(), expected)
}

fn value<T: DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn assert_close(found: &InputPoints, expected: &InputPoints) {
    let close = |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 5e-6);
    assert!(
        close(found.coord.as_flattened(), expected.coord.as_flattened()),
        "{:?}\n{:?}",
        found.coord,
        expected.coord
    );
    assert!(close(&found.features, &expected.features), "{:?}\n{:?}", found.features, expected.features);
}

#[test]
fn rotations_are_those_of_numpy() {
    let (parameter, mut input, expected) = case("rotate");
    rotate::rotate(&mut input, value(parameter("angles")));
    assert_close(&input, &expected);
}

#[test]
fn scales_are_those_of_numpy() {
    let (parameter, mut input, expected) = case("scale");
    scale::scale(&mut input, value(parameter("factors")));
    assert_close(&input, &expected);
}

#[test]
fn mirrors_are_those_of_numpy() {
    let (_, mut input, expected) = case("mirror");
    mirror::mirror(&mut input, [true, false]);
    assert_close(&input, &expected);
}

#[test]
fn elastic_distortions_are_those_of_numpy() {
    let (parameter, mut input, expected) = case("elastic");
    let lattice = Lattice::over(&input.coord, value(parameter("granularity")));
    assert_eq!(lattice.size, value::<[usize; 3]>(parameter("size")));
    let mut noise: Vec<[f32; 3]> = value(parameter("noise"));
    lattice.smooth(&mut noise);
    lattice.distort(&mut input, &noise, value(parameter("magnitude")));
    assert_close(&input, &expected);
}

#[test]
fn contrasts_are_those_of_numpy() {
    let (parameter, mut input, expected) = case("contrast");
    color_contrast::contrast(&mut input, value(parameter("blend")));
    assert_close(&input, &expected);
}

#[test]
fn tilts_are_those_of_numpy() {
    let (parameter, input, expected) = case("tilt");
    let all: serde_json::Value = serde_json::from_str(TEXT).unwrap();
    let mut scene = Scene {
        id: "cloud".into(),
        coord: input.coord,
        normal: Some(Points::read(&all["points"]).normal),
        color: None,
        segment: None,
        instance: None,
    };
    tilt::tilt(&mut scene, value(parameter("direction")), value(parameter("slope")));
    let tilted = Points { coord: scene.coord, normal: scene.normal.unwrap(), ..Points::read(&all["points"]) };
    let covariance = Points::read(&all["tilt"]["result"]).covariance; // made after the tilt
    assert_close(&Points { covariance, ..tilted }.input(), &expected);
}
