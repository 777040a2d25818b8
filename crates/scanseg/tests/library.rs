//! The crate as a library: what `scanseg` the command does, without it.

use roomscan::RoomsConfig;
use scannet::{PreparedStore, PreprocessOptions, RawDataset, RawOptions, Split, preprocess};
use scanseg::{
    Checkpoint, Config, Device, Error, Run, ScanInput, TrainEvent, TrainOptions, Up, evaluate, predict, train,
};
use std::path::Path;

const EXPERIMENT: &str = r#"
name = "library"
data = { labels = "scannet20", features = ["height"], drop_unassigned = false }
crop = { points = 128, tries = 2 }
model = { kind = "pointnet", local = [8], global = [16], head = [8] }
train = { epochs = 2, batch = 2, crops_per_scene = 2 }
"#;

fn config(overrides: &[&str]) -> Config {
    let overrides: Vec<_> = overrides.iter().map(|change| change.parse().unwrap()).collect();
    Config::parse(EXPERIMENT, Path::new("library.toml"), &overrides).unwrap()
}

#[test]
fn from_rooms_to_labels() {
    let dir = tempfile::tempdir().unwrap();
    let [raw, data, out] = ["raw", "data", "run"].map(|name| dir.path().join(name));
    let rooms = RoomsConfig { train: 1, val: 1, spacing: 0.08, ..RoomsConfig::default() };
    roomscan::generate(&rooms, &raw, &|_| {}).unwrap();
    let raw = RawDataset::open(&raw, &RawOptions::default()).unwrap();
    preprocess(&raw, &data, &PreprocessOptions::default(), &|_| {}).unwrap();

    let (config, device) = (config(&[]), Device::flex());
    let options = TrainOptions {
        config: &config,
        data: &data,
        out: &out,
        resume: false,
        start_from: None,
        stop_after: None,
        device: device.clone(),
    };
    let mut steps = 0;
    let trained = train(&options, &mut |event| steps += u64::from(matches!(event, TrainEvent::Step { .. }))).unwrap();
    assert_eq!((trained.progress.step, trained.progress.epoch, steps), (2, 2, 2));
    let again = train(&options, &mut |_| {}).unwrap_err();
    assert!(matches!(again, Error::Run(_)) && again.to_string().contains("has a run already"), "{again}");

    let (run, store) = (Run::open(&out).unwrap(), PreparedStore::open(&data).unwrap());
    let checkpoint = Checkpoint::read(&run.path("last.safetensors")).unwrap();
    assert_eq!(checkpoint.hash, trained.hash);
    let scored = evaluate(&run, &checkpoint, &store, Split::Val, None, &device, &mut |_| {}).unwrap();
    assert_eq!((scored.evaluation.scenes, scored.evaluation.scores.per_class.len()), (1, 20));
    let scene = &store.scenes(Split::Val)[0];
    let mesh = scannet::read_mesh(raw.scan(scene).unwrap().mesh()).unwrap();
    let (network, vertices) = (run.network(&checkpoint, &device).unwrap(), mesh.coord.len());
    let labels =
        predict(&run, &network, &ScanInput { name: scene.clone(), mesh, up: Up::Z, units: None }, &device, &mut |_| {})
            .unwrap();
    assert!(labels.classes.len() == vertices && labels.classes.iter().all(|class| (0..20).contains(class)));
    // nothing to score
    let none = evaluate(&run, &checkpoint, &store, Split::Test, None, &device, &mut |_| {}).unwrap_err();
    assert!(matches!(none, Error::NoScenes { split: Split::Test, .. }), "{none}");
}

#[test]
fn overrides_change_the_file_before_defaults_are_filled_in() {
    // no default of another kind of network is in the way
    let other = Config::parse("", Path::new("empty.toml"), &["model.kind=pointnet".parse().unwrap()]).unwrap();
    assert_eq!(other.model.kind(), "pointnet");
    // the other keys of a schedule keep their defaults, in a file as with --set
    let text = "[train]\nlearning_rate = { start = 0.01 }\n";
    let file = Config::parse(text, Path::new("file.toml"), &[]).unwrap();
    let set = Config::parse("", Path::new("empty.toml"), &["train.learning_rate.start=0.01".parse().unwrap()]).unwrap();
    assert_eq!(file, set);
    let scanseg::config::Schedule::Step(rate) = &set.train.learning_rate else {
        panic!("the classic schedule has steps")
    };
    assert_eq!((rate.start, rate.decay), (0.01, 0.7));
    // and what is written is read as the same
    for config in [config(&[]), config(&["data.labels=pointnet-v1", "model.dropout=0.25"]), set] {
        assert_eq!(Config::parse(&config.to_toml(), Path::new("written.toml"), &[]).unwrap(), config);
    }
}
