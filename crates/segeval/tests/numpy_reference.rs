//! Every protocol against tests/reference/segeval_protocols.py, an independent implementation in numpy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use labelset::{LabelSet, NO_CLASS};
use segeval::{ClassScore, ConfusionMatrix, Evaluator, MetricKind, Protocol, Scores, Tile};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    input: String,
    batch_size: usize,
    scenes: serde_json::Value,
    expected: BTreeMap<Protocol, Expected>,
}

#[derive(Deserialize)]
struct TileRecord {
    coord: Vec<[f32; 3]>,
    truth: Vec<i32>,
    prediction: Vec<i32>,
    core: Vec<u8>,
}

#[derive(Deserialize)]
struct VertexRecord {
    truth: Vec<i32>,
    prediction: Vec<i32>,
}

#[derive(Deserialize)]
struct Expected {
    metrics: BTreeMap<String, Option<f64>>,
    classes: BTreeMap<String, Vec<Option<f64>>>,
    point_confusion: ConfusionMatrix,
    voxel_confusion: Option<ConfusionMatrix>,
    tiles_scored: Option<u64>,
}

/// Class indices of a case's labels, which are those of the protocol's own code.
fn classes(protocol: Protocol, labels: &[i32]) -> Vec<i32> {
    let first = match protocol {
        Protocol::ScanNetBenchmark => return LabelSet::scannet20().classes_of_ids(labels),
        Protocol::Pointcept => 0,
        _ => 1,
    };
    labels.iter().map(|label| label - first).map(|c| if (0..20).contains(&c) { c } else { NO_CLASS }).collect()
}

fn evaluate(case: &Case, protocol: Protocol) -> Scores {
    let labels = match protocol {
        Protocol::ScanNetBenchmark | Protocol::Pointcept => LabelSet::scannet20(),
        _ => LabelSet::pointnet_v1(),
    };
    let mut evaluator = Evaluator::new(protocol, &labels).with_batch_size(case.batch_size).unwrap();
    if case.input == "tiles" {
        let scenes: Vec<Vec<TileRecord>> = serde_json::from_value(case.scenes.clone()).unwrap();
        for scene in &scenes {
            for t in scene {
                let core: Vec<bool> = t.core.iter().map(|c| *c == 1).collect();
                let (truth, prediction) = (classes(protocol, &t.truth), classes(protocol, &t.prediction));
                let tile = Tile { coord: &t.coord, truth: &truth, prediction: &prediction, core: &core };
                evaluator.add_tile(&tile).unwrap();
            }
            evaluator.end_scene();
        }
    } else {
        let scenes: Vec<VertexRecord> = serde_json::from_value(case.scenes.clone()).unwrap();
        for scene in &scenes {
            let (truth, prediction) = (classes(protocol, &scene.truth), classes(protocol, &scene.prediction));
            evaluator.add_scene(&truth, &prediction).unwrap();
        }
    }
    evaluator.finish().unwrap()
}

fn close(what: &str, measured: Option<f64>, expected: Option<f64>) {
    let same = match (measured, expected) {
        (Some(measured), Some(expected)) => (measured - expected).abs() < 1e-12,
        (measured, expected) => measured == expected,
    };
    assert!(same, "{what}: measured {measured:?}, numpy {expected:?}");
}

fn compare(name: &str, scores: &Scores, expected: &Expected) {
    let what = |part: &str| format!("{name}, {}, {part}", scores.protocol);
    assert_eq!(scores.point_confusion, expected.point_confusion, "{}", what("points"));
    if let Some(voxels) = &expected.voxel_confusion {
        assert_eq!(scores.voxel_confusion.as_ref(), Some(voxels), "{}", what("voxels"));
    }
    if expected.tiles_scored.is_some() {
        assert_eq!(scores.counts.tiles_scored, expected.tiles_scored, "{}", what("tiles"));
    }
    let measured: BTreeMap<&str, Option<f64>> = scores.scores.iter().map(|s| (s.metric.id(), s.value)).collect();
    for (metric, value) in &expected.metrics {
        close(&what(metric), *measured.get(metric.as_str()).expect("metric is reported"), *value);
    }
    // The reference has all metrics that are reported.
    for metric in measured.keys() {
        assert!(expected.metrics.contains_key(*metric), "{} is not in the reference", what(metric));
    }
    for (column, values) in &expected.classes {
        let of: fn(&ClassScore) -> Option<f64> = match column.as_str() {
            "point_accuracy" => |c| c.point_accuracy,
            "point_iou" => |c| c.point_iou,
            "point_precision" => |c| c.point_precision,
            "point_f1" => |c| c.point_f1,
            "voxel_accuracy" => |c| c.voxel_accuracy,
            "voxel_iou" => |c| c.voxel_iou,
            other => panic!("unknown column {other}"),
        };
        assert_eq!(values.len(), scores.per_class.len());
        for (class, value) in scores.per_class.iter().zip(values) {
            close(&what(&format!("{column} of {}", class.name)), of(class), *value);
        }
    }
}

#[test]
fn every_protocol_agrees_with_numpy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/segeval");
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut compared = BTreeMap::<Protocol, usize>::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
        let name = path.file_stem().unwrap().to_string_lossy();
        let case: Case = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for (protocol, expected) in &case.expected {
            let scores = evaluate(&case, *protocol);
            compare(&name, &scores, expected);
            assert_eq!(Scores::from_json(&scores.to_json().unwrap()).unwrap(), scores, "{name}: JSON round trip");
            *compared.entry(*protocol).or_default() += 1;
        }
    }
    for protocol in Protocol::ALL {
        assert!(compared.get(&protocol).is_some_and(|cases| *cases >= 4), "{protocol}: {compared:?}");
    }
}

/// The cases must distinguish the two PointNet++ protocols by each defect, or agreement would prove little.
#[test]
fn the_cases_show_the_defects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/segeval");
    let read = |name: &str| -> Case {
        serde_json::from_str(&fs::read_to_string(folder.join(name).with_extension("json")).unwrap()).unwrap()
    };
    let both = |name: &str| {
        let case = read(name);
        [Protocol::PointNet2V1, Protocol::PointNet2V1Compat].map(|protocol| evaluate(&case, protocol))
    };
    let [exact, compat] = both("tiles_collisions");
    assert!(compat.voxels() < exact.voxels(), "{:?} {:?}", compat.voxels(), exact.voxels());
    assert_eq!(compat.points(), exact.points());
    assert!(compat.class_point_accuracy() < exact.class_point_accuracy(), "absent classes count as 0");
    let [exact, compat] = both("tiles_batches");
    assert!(compat.counts.tiles_scored < exact.counts.tiles_scored);
    assert!(exact.get(MetricKind::PointMiou).is_some() && compat.get(MetricKind::PointMiou).is_none());
}
