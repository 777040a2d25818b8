//! Tests of all augmentations.

use super::*;
use crate::random::{Purpose, generator};
use crate::sampling::InputPoints;
use crate::scene::FeatureLayout;
use std::cell::Cell;

/// A line of points along x with colours, normals along x and heights.
fn crop() -> Crop {
    let input = InputPoints {
        coord: (0..1000).map(|i| [i as f32 * 0.001 - 0.5, 0.3, 0.5]).collect(),
        features: (0..1000).flat_map(|i| [i as f32 * 0.001 - 0.5, 0.25, -0.5, 1.0, 0.0, 0.0, 0.5]).collect(),
        layout: FeatureLayout { channels: 7, color: Some(0), normal: Some(3), height: Some(6) },
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

#[test]
fn dropped_points_repeat_the_first_without_weight() {
    let (before, after) = (crop(), augmented("{ kind = 'point-dropout' }"));
    let dropped = after.weights.iter().filter(|w| **w == 0.0).count();
    assert!(dropped > 0 && dropped < 900, "{dropped} points dropped");
    for i in 0..1000 {
        let from = if after.weights[i] == 0.0 { 0 } else { i };
        assert_eq!((after.input.coord[i], after.targets[i]), (before.input.coord[from], before.targets[from]));
        assert_eq!(after.input.features[i * 7..][..7], before.input.features[from * 7..][..7]);
    }
}

#[test]
fn removed_points_become_repeats_that_count() {
    let after = augmented("{ kind = 'drop-points', share = 0.3, probability = 1.0 }");
    assert_eq!(after.weights, crop().weights);
    let mut kept: Vec<i32> = after.input.coord.iter().map(|p| (p[0] * 1000.0).round() as i32).collect();
    kept.sort_unstable();
    kept.dedup();
    assert_eq!(kept.len(), 700);
    assert_eq!(augmented("{ kind = 'drop-points', share = 1.0, probability = 1.0 }").input.coord.len(), 1000);
}

#[test]
fn rotation_about_z_keeps_heights_and_rotates_normals() {
    let (before, after) = (crop(), augmented("{ kind = 'rotate' }"));
    // the normal was along x: it is the direction that x was rotated to
    let normal = channels(&after, 3)[0];
    for (p, old) in after.input.coord.iter().zip(&before.input.coord) {
        assert!(p[2] == old[2] && (p[0] * normal[0] + p[1] * normal[1] - old[0]).abs() < 1e-4);
    }
    assert_eq!(channels(&after, 4).iter().map(|n| n[2]).collect::<Vec<_>>(), vec![0.5; 1000]);
    let tipped = channels(&augmented("{ kind = 'rotate', x = 2.5, y = 2.5 }"), 3)[0];
    assert!(tipped[2] != 0.0 && tipped[2].abs() <= 2.5f32.to_radians().sin() && (length(tipped) - 1.0).abs() < 1e-5);
    let turned = channels(&augmented("{ kind = 'rotate', z = 1.0 }"), 3)[0];
    assert!(turned[1] != 0.0 && turned[1].abs() <= 1f32.to_radians().sin());
}

#[test]
fn scales_are_in_their_range() {
    let factors = |text: &str| -> [f32; 3] {
        let (before, after) = (crop(), augmented(text));
        std::array::from_fn(|a| after.input.coord[999][a] / before.input.coord[999][a])
    };
    let same = factors("{ kind = 'scale' }");
    assert!(same.iter().all(|f| (f - same[0]).abs() < 1e-5 && (0.8..=1.2).contains(f)) && (same[0] - 1.0).abs() > 1e-4);
    let each = factors("{ kind = 'scale', low = 0.85, high = 1.15, per_axis = true, normal = true }");
    assert!(each.iter().all(|f| (0.85..=1.15).contains(f)) && (each[0] - each[1]).abs() > 1e-4, "{each:?}");
}

#[test]
fn points_move_no_farther_than_they_may() {
    let warped = ways(&augmented("{ kind = 'warp', most = 0.05 }"));
    assert!(warped.iter().all(|w| length(*w) <= 0.05) && warped.iter().any(|w| length(*w) > 0.005));
    let elastic = ways(&augmented("{ kind = 'elastic-distortion', probability = 1.0 }"));
    assert!(elastic.iter().any(|w| length(*w) > 0.01) && elastic.iter().all(|w| length(*w) < 2.0));
    for smooth in [warped, elastic] {
        let jump = |pair: &[[f32; 3]]| length(std::array::from_fn(|a| pair[1][a] - pair[0][a]));
        assert!(smooth.windows(2).all(|pair| jump(pair) < 0.01), "neighbours move alike");
    }
    let jittered = ways(&augmented("{ kind = 'jitter', sigma = 0.01, clip = 0.02 }"));
    assert!(jittered.iter().flatten().all(|v| v.abs() <= 0.0201));
    let spread = jittered.iter().flatten().map(|v| v * v).sum::<f32>() / 3000.0;
    assert!((0.0085..0.0105).contains(&spread.sqrt()), "{spread}");
}

#[test]
fn strays_have_no_weight() {
    let (before, after) = (crop(), augmented("{ kind = 'strays', most = 0.1 }"));
    let strays: Vec<usize> = (0..1000).filter(|&i| after.weights[i] == 0.0).collect();
    assert!(!strays.is_empty() && strays.len() < 150, "{}", strays.len());
    assert!((0..1000).all(|i| strays.contains(&i) == (after.input.coord[i] != before.input.coord[i])));
    ways(&after);
}

#[test]
fn mirrors_change_signs_alone() {
    let after = augmented("{ kind = 'mirror', x = 1.0, y = 0.0 }");
    assert_eq!((after.input.coord[0], channels(&after, 3)[0]), ([0.5, 0.3, 0.5], [-1.0, 0.0, 0.0]));
}

#[test]
fn colors_change_alone_and_stay_in_range() {
    let before = channels(&crop(), 0);
    let colors = |text: &str| {
        let after = augmented(text);
        assert!(ways(&after).iter().all(|w| *w == [0.0; 3]) && channels(&after, 3) == channels(&crop(), 3));
        assert!(channels(&after, 0).iter().flatten().all(|v| (-1.0..=1.0).contains(v)));
        channels(&after, 0)
    };
    let stretched = colors("{ kind = 'color-contrast', probability = 1.0, blend = 1.0 }");
    assert_eq!((stretched[0], stretched[999][0]), ([-1.0, 0.25, -0.5], 1.0));
    assert_eq!(colors("{ kind = 'color-drop', probability = 1.0 }"), vec![[0.0; 3]; 1000]);
    assert_eq!(colors("{ kind = 'color-drop', probability = 0.0 }"), before);
    let shifted = colors("{ kind = 'color-translate', probability = 1.0, most = 0.2 }");
    let by = |i: usize| shifted[i][1] - before[i][1];
    assert!(by(0) != 0.0 && by(0).abs() <= 0.2001 && (by(0) - by(500)).abs() < 1e-6);
    colors("{ kind = 'color-jitter', probability = 1.0, sigma = 2.0, clip = 2.0 }");
}

#[test]
fn a_mix_takes_every_second_point_from_a_crop_that_had_what_comes_before() {
    let list = list("{ kind = 'jitter' }, { kind = 'mix', probability = 1.0 }, { kind = 'mix', probability = 1.0 }");
    let (seen, mut mixed) = (Cell::new(0), crop());
    let other = |_: &mut Generator, mut augmenter: Augmenter| {
        let mut other = Crop { targets: vec![-1; 1000], ..crop() };
        augmenter.change_crop(&mut other, &|_, _| panic!("mixes are not nested"))?;
        assert!(other.input.coord != crop().input.coord);
        seen.set(seen.get() + 1);
        Ok(other)
    };
    Augmenter::new(&list, 1, [3, 7]).change_crop(&mut mixed, &other).unwrap();
    assert_eq!((seen.get(), &mixed.targets[..4]), (2, &[0, -1, 2, -1][..]));
}

#[test]
fn a_tilt_keeps_distances_and_turns_normals_along() {
    let coord: Vec<[f32; 3]> = (0..400).map(|i| [(i % 20) as f32 * 0.3, (i / 20) as f32 * 0.3, 1.0]).collect();
    let mut scene = Scene {
        id: "plane".into(),
        normal: Some(vec![[0.0, 0.0, 1.0]; 400]),
        coord: coord.clone(),
        color: None,
        segment: None,
        instance: None,
    };
    Tilt { slope: 0.02 }.change_scene(&mut scene, &mut generator(1, Purpose::Augment, &[7]));
    let (first, last) = (scene.coord[0], scene.coord[399]);
    let across: [f32; 3] = std::array::from_fn(|a| last[a] - first[a]);
    assert!((length(across) - 5.7 * 2f32.sqrt()).abs() < 1e-4 && first == coord[0]);
    let normal = scene.normal.unwrap()[0];
    assert!((0..3).map(|a| normal[a] * across[a]).sum::<f32>().abs() < 1e-4, "it stays at right angles");
    let slope = normal[0].hypot(normal[1]) / normal[2];
    assert!(slope > 0.001 && slope <= 0.02, "{slope}");
}
