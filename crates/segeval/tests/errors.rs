//! Bad input is refused with a reason, and leaves the evaluator as it was.

use labelset::{LabelSet, NO_CLASS};
use segeval::{EvalError, Evaluator, Protocol, Scores, Tile};

const TILE: Tile<'static> =
    Tile { coord: &[[0.0; 3], [1.0; 3]], truth: &[0, NO_CLASS], prediction: &[0, 1], core: &[true, true] };

fn evaluator(protocol: Protocol) -> Evaluator {
    Evaluator::new(protocol, &LabelSet::pointnet_v1())
}

#[test]
fn a_refused_tile_changes_nothing() {
    let mut evaluator = self::evaluator(Protocol::PointNet2V1);
    evaluator.add_tile(&TILE).unwrap();
    let before = evaluator.finish().unwrap();
    let refused = [
        Tile { truth: &[1], ..TILE },
        Tile { prediction: &[1, 2, 3], ..TILE },
        Tile { core: &[], ..TILE },
        Tile { coord: &[[0.0; 3], [0.0, f32::NAN, 0.0]], ..TILE },
        Tile { coord: &[[0.0; 3], [f32::INFINITY, 0.0, 0.0]], core: &[true, false], ..TILE },
        Tile { truth: &[1, 39], ..TILE },
        Tile { truth: &[1, -2], ..TILE },
        Tile { prediction: &[20, 0], ..TILE },
    ];
    let messages: Vec<String> = refused.iter().map(|tile| evaluator.add_tile(tile).unwrap_err().to_string()).collect();
    assert!(messages[0].starts_with("truth has 1 entries for 2 points"), "{}", messages[0]);
    assert!(messages[1].starts_with("prediction has 3"), "{}", messages[1]);
    assert!(messages[2].starts_with("core has 0"), "{}", messages[2]);
    assert!(messages[3].contains("point 1 are not finite") && messages[4].contains("point 1"), "{messages:?}");
    assert!(messages[5].starts_with("the truth of point 1 is class index 39, but there are 20"), "{}", messages[5]);
    assert!(messages[6].contains("class index -2"), "{}", messages[6]);
    assert!(messages[7].starts_with("the prediction of point 0 is class index 20"), "{}", messages[7]);
    assert_eq!(evaluator.finish().unwrap(), before);
}

#[test]
fn tiles_and_vertices_cannot_be_mixed() {
    let mut benchmark = evaluator(Protocol::ScanNetBenchmark);
    assert!(matches!(benchmark.add_tile(&TILE), Err(EvalError::WrongInput { given: "tiles", .. })));
    let mut tiles = evaluator(Protocol::PointNet2V1);
    let message = tiles.add_scene(&[1], &[1]).unwrap_err().to_string();
    assert!(message.contains("pointnet2-v1") && message.contains("add_tile"), "{message}");
    let mut either = evaluator(Protocol::PerSceneMean);
    either.add_scene(&[1], &[1]).unwrap();
    assert!(matches!(either.add_tile(&TILE), Err(EvalError::MixedInput { .. })));
    let mut other = evaluator(Protocol::PerSceneMean);
    other.add_tile(&TILE).unwrap();
    assert!(matches!(either.merge(other), Err(EvalError::MixedInput { .. })));
}

#[test]
fn protocols_that_depend_on_scenes_need_their_ends() {
    for protocol in [Protocol::PointNet2V1Compat, Protocol::PerSceneMean] {
        let mut evaluator = self::evaluator(protocol);
        evaluator.add_tile(&TILE).unwrap();
        assert!(evaluator.finish().unwrap_err().to_string().contains("end_scene"));
        evaluator.end_scene();
        evaluator.finish().unwrap();
    }
    let mut pooled = evaluator(Protocol::PointNet2V1);
    pooled.add_tile(&TILE).unwrap();
    assert_eq!(pooled.finish().unwrap().counts.scenes, 1);
}

#[test]
fn only_evaluators_created_alike_can_be_merged() {
    let mut evaluator = self::evaluator(Protocol::PointNet2V1);
    let refuse = |evaluator: &mut Evaluator, other, what| {
        let message = evaluator.merge(other).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    };
    refuse(&mut evaluator, self::evaluator(Protocol::PerSceneMean), "protocol");
    let scannet20 = Evaluator::new(Protocol::PointNet2V1, &LabelSet::scannet20());
    refuse(&mut evaluator, scannet20, "label set");
    refuse(&mut evaluator, self::evaluator(Protocol::PointNet2V1).with_batch_size(8).unwrap(), "batch size");
    assert!(matches!(evaluator.with_batch_size(0), Err(EvalError::ZeroBatchSize)));
}

#[test]
fn damaged_json_is_an_error() {
    let mut evaluator = self::evaluator(Protocol::PointNet2V1);
    evaluator.add_tile(&TILE).unwrap();
    let json = evaluator.finish().unwrap().to_json().unwrap();
    assert!(Scores::from_json(&json[..json.len() / 2]).is_err());
    assert!(Scores::from_json(&json.replace("pointnet2-v1/point-miou", "pointnet2-v9/point-miou")).is_err());
    assert!(Scores::from_json("{}").is_err());
    let ragged = json.replacen("[\n      1,", "[\n      1, 1,", 1);
    assert_ne!(ragged, json);
    assert!(Scores::from_json(&ragged).unwrap_err().to_string().contains("confusion matrix"));
}
