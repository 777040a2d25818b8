//! Tests of those that move points.

use super::*;
use crate::random::{Purpose, generator};

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
fn mirrors_change_signs_alone() {
    let after = augmented("{ kind = 'mirror', x = 1.0, y = 0.0 }");
    assert_eq!((after.input.coord[0], channels(&after, 3)[0]), ([0.5, 0.3, 0.5], [-1.0, 0.0, 0.0]));
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
