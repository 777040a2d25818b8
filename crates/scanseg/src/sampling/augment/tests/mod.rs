//! Tests of all augmentations.

mod geometry;
mod points;

use super::*;
use crate::sampling::InputPoints;
use crate::scene::FeatureLayout;

/// A line of points along x with colours, normals along x and heights.
fn crop() -> Crop {
    let input = InputPoints {
        coord: (0..1000).map(|i| [i as f32 * 0.001 - 0.5, 0.3, 0.5]).collect(),
        features: (0..1000).flat_map(|i| [i as f32 * 0.001 - 0.5, 0.25, -0.5, 1.0, 0.0, 0.0, 0.5]).collect(),
        layout: FeatureLayout { channels: 7, color: Some(0), normal: Some(3), height: Some(6), covariance: None },
    };
    Crop { input, targets: (0..1000).map(|i| i % 21).collect(), weights: vec![1.0; 1000] }
}

fn list(text: &str) -> Vec<Augmentation> {
    crate::config::Config::parse(
        &format!("augment = [{text}]\ndata.features = [\"color\"]"),
        std::path::Path::new("test.toml"),
        &[],
    )
    .unwrap()
    .augment
    .0
}

/// The crop after the augmentations; the other crop of a mix has the target −1.
fn augmented(text: &str) -> Crop {
    let (list, mut crop) = (list(text), crop());
    let other = |_: &mut Generator, _: Augmenter| Ok(Crop { targets: vec![-1; 1000], ..self::crop() });
    Augmenter::new(&list, 1, [3, 7]).change_crop(&mut crop, &other).unwrap();
    crop
}

/// The values of three channels of every point.
fn channels(crop: &Crop, first: usize) -> Vec<[f32; 3]> {
    crop.input.features.chunks_exact(7).map(|f| [f[first], f[first + 1], f[first + 2]]).collect()
}

fn length(v: [f32; 3]) -> f32 {
    v.iter().map(|x| x * x).sum::<f32>().sqrt()
}

/// How far each point moved; asserts that its height moved with it.
fn ways(after: &Crop) -> Vec<[f32; 3]> {
    let before = crop();
    let way = |i: usize| -> [f32; 3] { std::array::from_fn(|a| after.input.coord[i][a] - before.input.coord[i][a]) };
    for i in 0..1000 {
        let raised = after.input.features[i * 7 + 6] - before.input.features[i * 7 + 6];
        assert!((raised - way(i)[2]).abs() < 1e-5);
    }
    (0..1000).map(way).collect()
}

#[test]
fn every_kind_has_a_number_and_defaults_that_do_something() {
    let kinds = [
        "warp",
        "strays",
        "point-dropout",
        "rotate",
        "scale",
        "mirror",
        "jitter",
        "elastic-distortion",
        "color-contrast",
        "color-drop",
        "color-jitter",
        "color-translate",
        "drop-points",
        "mix",
    ];
    for (number, kind) in kinds.iter().enumerate() {
        // a list of many, since some change a crop now and then
        let text = vec![format!("{{ kind = {kind:?} }}"); 20].join(", ");
        assert_eq!(list(&text)[0].numbered().0, number as u64 + 1);
        assert_ne!(augmented(&text), crop(), "{kind}");
        assert_eq!(augmented(&text), augmented(&text));
    }
    assert_eq!(list("{ kind = 'tilt' }")[0].numbered().0, 0);
}

#[test]
fn an_augmentation_does_not_shift_the_draws_of_others() {
    let alone = augmented("{ kind = 'rotate' }");
    let colors = "{ kind = 'color-jitter', probability = 1.0 }";
    let with = augmented(&format!("{colors}, {{ kind = 'rotate' }}, {{ kind = 'color-drop' }}"));
    assert_eq!(alone.input.coord, with.input.coord);
    // but two of one kind are drawn apart
    let twice = ways(&augmented("{ kind = 'jitter' }, { kind = 'jitter' }"));
    let once = ways(&augmented("{ kind = 'jitter' }"));
    assert!(twice.iter().zip(&once).filter(|(a, b)| (a[0] - 2.0 * b[0]).abs() < 1e-6).count() < 100);
}
