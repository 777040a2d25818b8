//! Tests of those that replace points or change colours.

use super::*;
use std::cell::Cell;

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
fn strays_have_no_weight() {
    let (before, after) = (crop(), augmented("{ kind = 'strays', most = 0.1 }"));
    let strays: Vec<usize> = (0..1000).filter(|&i| after.weights[i] == 0.0).collect();
    assert!(!strays.is_empty() && strays.len() < 150, "{}", strays.len());
    assert!((0..1000).all(|i| strays.contains(&i) == (after.input.coord[i] != before.input.coord[i])));
    ways(&after);
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
