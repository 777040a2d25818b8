//! Intervals over scenes against `tests/reference/bootstrap.py`, an independent implementation in numpy, and what is
//! refused.

use labelset::{LabelSet, NO_CLASS};
use segeval::bootstrap::{Estimate, Resamples, difference, estimate};
use segeval::{EvalError, Evaluator, MetricKind, Protocol, SceneScores, Scores, Tile};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Case {
    protocol: Protocol,
    confidence: f64,
    draws: Vec<Vec<usize>>,
    systems: [Vec<Vec<Scene>>; 2],
    estimate: BTreeMap<String, Option<Expected>>,
    difference: BTreeMap<String, Option<Expected>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scene {
    Tiles(Vec<TileRecord>),
    Vertices { truth: Vec<i32>, prediction: Vec<i32> },
}

#[derive(Deserialize)]
struct TileRecord {
    coord: Vec<[f32; 3]>,
    truth: Vec<i32>,
    prediction: Vec<i32>,
    core: Vec<u8>,
}

#[derive(Deserialize)]
struct Expected {
    value: f64,
    low: f64,
    high: f64,
    spread: Option<f64>,
    undefined: usize,
}

fn label_set(protocol: Protocol) -> LabelSet {
    if protocol.takes_tiles() { LabelSet::pointnet_v1() } else { LabelSet::scannet20() }
}

/// Class indices of a case's labels, which are those of the protocol's own code.
fn classes(protocol: Protocol, labels: &[i32]) -> Vec<i32> {
    if protocol == Protocol::ScanNetBenchmark {
        return LabelSet::scannet20().classes_of_ids(labels);
    }
    let first = protocol.takes_tiles() as i32;
    labels.iter().map(|label| label - first).map(|c| if (0..20).contains(&c) { c } else { NO_CLASS }).collect()
}

/// Pooled scores and counts by scene.
fn evaluate(protocol: Protocol, scenes: &[Scene]) -> (Scores, SceneScores) {
    let mut evaluator = Evaluator::new(protocol, &label_set(protocol));
    for scene in scenes {
        match scene {
            Scene::Tiles(tiles) => {
                for tile in tiles {
                    let core: Vec<bool> = tile.core.iter().map(|core| *core == 1).collect();
                    let (truth, prediction) = (classes(protocol, &tile.truth), classes(protocol, &tile.prediction));
                    let tile = Tile { coord: &tile.coord, truth: &truth, prediction: &prediction, core: &core };
                    evaluator.add_tile(&tile).unwrap();
                }
                evaluator.end_scene();
            }
            Scene::Vertices { truth, prediction } => {
                evaluator.add_scene(&classes(protocol, truth), &classes(protocol, prediction)).unwrap();
            }
        }
    }
    let names = (0..scenes.len()).map(|scene| format!("scene{scene}"));
    (evaluator.finish().unwrap(), evaluator.finish_by_scene(names).unwrap())
}

fn close(what: &str, measured: Option<Estimate>, expected: &Option<Expected>) {
    let (Some(measured), Some(expected)) = (measured, expected) else {
        return assert!(measured.is_none() && expected.is_none(), "{what}: {measured:?}");
    };
    let same = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{what}: {measured:?}, expected {b}");
    same(measured.value, expected.value);
    same(measured.low, expected.low);
    same(measured.high, expected.high);
    assert_eq!(measured.undefined, expected.undefined, "{what}");
    assert_eq!(measured.spread.is_some(), expected.spread.is_some(), "{what}");
    same(measured.spread.unwrap_or(0.0), expected.spread.unwrap_or(0.0));
}

#[test]
fn intervals_equal_those_of_numpy() {
    for protocol in Protocol::ALL.into_iter().filter(|protocol| protocol.pools_scenes()) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/bootstrap");
        let text = std::fs::read_to_string(folder.join(format!("{protocol}.json"))).unwrap();
        let case: Case = serde_json::from_str(&text).unwrap();
        assert_eq!(case.protocol, protocol);
        let [a, b] = case.systems.map(|system| -> Vec<SceneScores> {
            system
                .iter()
                .map(|scenes| {
                    let (pooled, by_scene) = evaluate(protocol, scenes);
                    assert!(MetricKind::ALL.iter().all(|&metric| by_scene.get(metric) == pooled.get(metric)));
                    assert_eq!(SceneScores::from_json(&by_scene.to_json().unwrap()).unwrap(), by_scene);
                    by_scene
                })
                .collect()
        });
        let resamples = Resamples::from_indices(a[0].scenes().len(), &case.draws).unwrap();
        assert_eq!(case.estimate.len(), protocol.metrics().len());
        for &metric in protocol.metrics() {
            let own = estimate(&a, metric, &resamples, case.confidence).unwrap();
            close(&format!("{protocol}/{}", metric.id()), own, &case.estimate[metric.id()]);
            let gain = difference(&a, &b, metric, &resamples, case.confidence).unwrap();
            close(&format!("{protocol}/{}, difference", metric.id()), gain, &case.difference[metric.id()]);
        }
    }
}

/// Scenes of a few vertices, which are right in a share of the cases that depends on the scene.
fn run(scenes: usize, seed: usize) -> Vec<(String, Vec<i32>, Vec<i32>)> {
    let of_scene = |scene: usize| {
        let truth: Vec<i32> = (0..60).map(|i| (i * 7 + scene as i32) % 20).collect();
        let wrong = |i: usize| (i * 31 + scene * 17 + seed * 13) % 10 < scene % 6 + seed % 4;
        let prediction = truth.iter().enumerate().map(|(i, class)| if wrong(i) { (class + 1) % 20 } else { *class });
        (format!("scene{scene:04}"), truth.clone(), prediction.collect())
    };
    (0..scenes).map(of_scene).collect()
}

fn scored(scenes: &[(String, Vec<i32>, Vec<i32>)]) -> SceneScores {
    let mut evaluator = Evaluator::new(Protocol::ScanNetBenchmark, &LabelSet::scannet20());
    scenes.iter().for_each(|(_, truth, prediction)| evaluator.add_scene(truth, prediction).unwrap());
    evaluator.finish_by_scene(scenes.iter().map(|scene| scene.0.clone())).unwrap()
}

#[test]
fn scenes_are_paired_by_name() {
    let (a, b) = (run(12, 1), run(12, 2));
    let mut reversed = b.clone();
    reversed.reverse();
    let (a, b, reversed) = ([scored(&a)], [scored(&b)], [scored(&reversed)]);
    let resamples = Resamples::new(12, 500, 3);
    let metric = MetricKind::PointMiou;
    let gain = |b: &[SceneScores]| difference(&a, b, metric, &resamples, 0.95).unwrap();
    assert_eq!(gain(&b), gain(&reversed));
    // a system and itself never differ
    let none = gain(&a).unwrap();
    assert_eq!([none.value, none.low, none.high], [0.0; 3]);
}

#[test]
fn paired_intervals_are_narrower() {
    // as many scenes as ScanNet's validation split has, and the usual number of draws
    let systems = [[0, 1, 1], [2, 2, 3]].map(|seeds| seeds.map(|seed| scored(&run(300, seed))));
    let begin = std::time::Instant::now();
    let resamples = Resamples::new(300, 10_000, 1);
    let one = estimate(&systems[0][..1], MetricKind::PointMiou, &resamples, 0.95).unwrap().unwrap();
    println!("one run: {:.2} s", begin.elapsed().as_secs_f64());
    let begin = std::time::Instant::now();
    let gain = difference(&systems[0], &systems[1], MetricKind::PointMiou, &resamples, 0.95).unwrap().unwrap();
    println!("two systems of three runs: {:.2} s, {one:?}, {gain:?}", begin.elapsed().as_secs_f64());
    assert!(one.low < one.value && one.value < one.high && gain.high - gain.low < one.high - one.low);
    assert!(gain.low > 0.0 && gain.spread.unwrap() > 0.0);
}

#[test]
fn what_cannot_be_resampled_or_compared_is_refused() {
    let message = |result: Result<Option<Estimate>, EvalError>| result.unwrap_err().to_string();
    for protocol in [Protocol::PerSceneMean, Protocol::PointNet2V1Compat] {
        let error = Evaluator::new(protocol, &LabelSet::pointnet_v1()).finish_by_scene([""; 0]).unwrap_err();
        assert!(error.to_string().contains("does not pool the counts of all scenes"), "{error}");
    }
    let mut open = Evaluator::new(Protocol::PointNet2V1, &LabelSet::pointnet_v1());
    open.add_tile(&Tile { coord: &[[0.0; 3]], truth: &[1], prediction: &[1], core: &[true] }).unwrap();
    assert!(matches!(open.finish_by_scene(["one"]), Err(EvalError::OpenScene { .. })));
    open.end_scene();
    assert!(matches!(open.finish_by_scene(["one", "two"]), Err(EvalError::SceneNames { names: 2, scenes: 1 })));
    open.end_scene();
    assert!(open.finish_by_scene(["one", "one"]).unwrap_err().to_string().contains("\"one\" is there twice"));
    let tiles = [open.finish_by_scene(["one", "two"]).unwrap()];

    let (four, other) = (run(4, 1), run(5, 1)[1..].to_vec());
    let (four, five, other) = ([scored(&four)], [scored(&run(5, 1))], [scored(&other)]);
    let (draws, metric) = (Resamples::new(4, 10, 1), MetricKind::PointAccuracy);
    let compare = |a: &[SceneScores], b: &[SceneScores]| message(difference(a, b, metric, &draws, 0.9));
    assert!(compare(&four, &[]).contains("a system has no runs"));
    assert!(compare(&[], &four).contains("a system has no runs"));
    assert!(compare(&four, &five).contains("one has 4 scenes, another 5"));
    assert!(compare(&four, &other).contains("one has no scene \"scene0000\""));
    assert!(compare(&four, &tiles).contains("one is scored by scannet-benchmark, another by pointnet2-v1"));
    let json = four[0].to_json().unwrap();
    let named = json.replacen("{\"protocol\"", "{\"labels\":\"mine\",\"protocol\"", 1);
    assert!(compare(&four, &[SceneScores::from_json(&named).unwrap()]).contains("label set \"\", another \"mine\""));
    let refused = message(estimate(&four, MetricKind::VoxelAccuracy, &draws, 0.9));
    assert!(refused.contains("do not have voxel-accuracy"), "{refused}");
    assert!(message(estimate(&five, metric, &draws, 0.9)).contains("10 draws of 4 scenes for runs of 5"));
    assert!(message(estimate(&four, metric, &Resamples::new(4, 0, 1), 0.9)).contains("0 draws of 4"));
    assert!(message(estimate(&four, metric, &draws, 1.0)).contains("the confidence is 1"));
    assert!(Resamples::from_indices(4, &[vec![0, 4]]).unwrap_err().to_string().contains("scene 4 of 4"));
}

#[test]
fn counts_read_from_a_file_are_checked() {
    let json = scored(&run(2, 1)).to_json().unwrap();
    let refuse = |from: &str, to: &str, expected: &str| {
        assert!(json.contains(from), "{json}");
        let error = SceneScores::from_json(&json.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    refuse("scene0001", "scene0000", "is there twice");
    refuse("scannet-benchmark", "per-scene-mean", "does not pool");
    refuse("\"seen\":[", "\"seen\":[1,", "the columns have");
    refuse("\"correct\":[", "\"correct\":[99999999,", "the columns have");
    refuse("\"voxels\":null", "\"voxels\":{\"seen\":[],\"correct\":[],\"predicted\":[]}", "another number of classes");
    refuse("\"seen\"", "\"sen\"", "unknown field `sen`");
}
