//! What holds for any input.

use labelset::LabelSet;
use proptest::prelude::*;
use segeval::{Evaluator, Protocol, Scores, Tile};

#[derive(Clone, Debug)]
struct OwnedTile {
    coord: Vec<[f32; 3]>,
    truth: Vec<i32>,
    prediction: Vec<i32>,
    core: Vec<bool>,
}

impl OwnedTile {
    fn as_tile(&self) -> Tile<'_> {
        Tile { coord: &self.coord, truth: &self.truth, prediction: &self.prediction, core: &self.core }
    }
}

fn tile() -> impl Strategy<Value = OwnedTile> {
    // A few centimetres on a grid of 5 mm: repeated points, shared voxels, borders and collisions are all common.
    let point = (prop::array::uniform3(0u8..14), -1i32..20, -1i32..20, prop::bool::weighted(0.8));
    prop::collection::vec(point, 0..40).prop_map(|points| OwnedTile {
        coord: points.iter().map(|p| p.0.map(|x| f32::from(x) * 0.005)).collect(),
        truth: points.iter().map(|p| p.1).collect(),
        prediction: points.iter().map(|p| p.2).collect(),
        core: points.iter().map(|p| p.3).collect(),
    })
}

fn scenes() -> impl Strategy<Value = Vec<Vec<OwnedTile>>> {
    prop::collection::vec(prop::collection::vec(tile(), 0..5), 0..5)
}

fn evaluator(protocol: Protocol) -> Evaluator {
    Evaluator::new(protocol, &LabelSet::pointnet_v1()).with_batch_size(2).unwrap()
}

fn add(evaluator: &mut Evaluator, scene: &[OwnedTile]) {
    scene.iter().for_each(|tile| evaluator.add_tile(&tile.as_tile()).unwrap());
    evaluator.end_scene();
}

fn scores(protocol: Protocol, scenes: &[Vec<OwnedTile>]) -> Scores {
    let mut evaluator = evaluator(protocol);
    scenes.iter().for_each(|scene| add(&mut evaluator, scene));
    evaluator.finish().unwrap()
}

const TILE_PROTOCOLS: [Protocol; 3] = [Protocol::PointNet2V1, Protocol::PointNet2V1Compat, Protocol::PerSceneMean];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_order_of_tiles_does_not_matter(scenes in scenes(), seed in any::<u64>()) {
        let before = scores(Protocol::PointNet2V1, &scenes);
        let mut tiles: Vec<OwnedTile> = scenes.iter().flatten().cloned().collect();
        let mut state = seed;
        for i in (1..tiles.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            tiles.swap(i, (state >> 33) as usize % (i + 1));
        }
        let after = scores(Protocol::PointNet2V1, &[tiles]);
        prop_assert_eq!(before.scores, after.scores);
        prop_assert_eq!(before.per_class, after.per_class);
    }

    #[test]
    fn merging_gives_the_same_as_adding(scenes in scenes(), cut in 0usize..5) {
        for protocol in TILE_PROTOCOLS {
            let (mut first, mut second) = (evaluator(protocol), evaluator(protocol));
            let cut = cut.min(scenes.len());
            scenes[..cut].iter().for_each(|scene| add(&mut first, scene));
            scenes[cut..].iter().for_each(|scene| add(&mut second, scene));
            first.merge(second).unwrap();
            prop_assert_eq!(first.finish().unwrap(), scores(protocol, &scenes));
        }
    }

    #[test]
    fn a_scene_can_be_merged_from_parts(scene in prop::collection::vec(tile(), 1..5), cut in 0usize..5) {
        for protocol in TILE_PROTOCOLS {
            let mut whole = evaluator(protocol);
            for part in [&scene[..cut.min(scene.len())], &scene[cut.min(scene.len())..]] {
                let mut evaluator = evaluator(protocol);
                part.iter().for_each(|tile| evaluator.add_tile(&tile.as_tile()).unwrap());
                whole.merge(evaluator).unwrap();
            }
            whole.end_scene();
            prop_assert_eq!(whole.finish().unwrap(), scores(protocol, std::slice::from_ref(&scene)));
        }
    }

    #[test]
    fn counts_add_up(scenes in scenes()) {
        let scores = scores(Protocol::PointNet2V1, &scenes);
        let points = scenes.iter().flatten().flat_map(|t| (0..t.coord.len()).map(move |i| (t, i)));
        let core: Vec<(i32, i32)> = points.filter(|(t, i)| t.core[*i]).map(|(t, i)| (t.truth[i], t.prediction[i])).collect();
        for class in 0..20 {
            let label = class as i32;
            let seen = core.iter().filter(|p| p.0 == label).count() as u64;
            let correct = core.iter().filter(|p| p.0 == label && p.1 == label).count() as u64;
            prop_assert_eq!(scores.point_confusion.row(class).iter().sum::<u64>(), seen);
            prop_assert_eq!((scores.per_class[class].points_seen, scores.per_class[class].points_correct), (seen, correct));
            let predicted = core.iter().filter(|p| p.0 >= 0 && p.1 == label).count() as u64;
            prop_assert_eq!(scores.point_confusion.predicted(class), predicted);
            prop_assert!(scores.per_class[class].voxels_seen.unwrap() <= seen);
        }
    }

    #[test]
    fn values_are_fractions_and_json_keeps_them(scenes in scenes()) {
        for protocol in TILE_PROTOCOLS {
            let scores = scores(protocol, &scenes);
            for score in &scores.scores {
                prop_assert!(score.value.is_none_or(|value| (0.0..=1.0).contains(&value)), "{score}");
            }
            let baseline = scores.get(segeval::MetricKind::MajorityPointAccuracy);
            prop_assert_eq!(baseline.is_some(), scores.points() > 0);
            let json = scores.to_json().unwrap();
            prop_assert_eq!(&Scores::from_json(&json).unwrap(), &scores);
            prop_assert_eq!(scores.to_json().unwrap(), json);
        }
    }

    #[test]
    fn collisions_only_lose_voxels(tile in tile()) {
        let [exact, compat] = [Protocol::PointNet2V1, Protocol::PointNet2V1Compat].map(|protocol| {
            let mut evaluator = Evaluator::new(protocol, &LabelSet::pointnet_v1()).with_batch_size(1).unwrap();
            // All points are annotated and in the core, so that every voxel is counted.
            let truth = vec![1; tile.coord.len()];
            evaluator.add_tile(&Tile { truth: &truth, core: &vec![true; truth.len()], ..tile.as_tile() }).unwrap();
            evaluator.end_scene();
            evaluator.finish().unwrap().voxels().unwrap()
        });
        prop_assert!(compat <= exact);
        prop_assert_eq!(compat == 0, exact == 0);
    }

    /// The two vertex protocols agree on mIoU where all predictions are classes.
    #[test]
    fn benchmark_and_pointcept_agree_on_miou(labels in prop::collection::vec((-1i32..20, 0i32..20), 0..200)) {
        let (truth, prediction): (Vec<i32>, Vec<i32>) = labels.into_iter().unzip();
        let [pointcept, benchmark] = [Protocol::Pointcept, Protocol::ScanNetBenchmark].map(|protocol| {
            let mut evaluator = Evaluator::new(protocol, &LabelSet::scannet20());
            evaluator.add_scene(&truth, &prediction).unwrap();
            evaluator.finish().unwrap()
        });
        prop_assert_eq!(pointcept.point_confusion, benchmark.point_confusion);
        prop_assert_eq!(pointcept.scores[0].value, benchmark.scores[0].value);
    }
}
