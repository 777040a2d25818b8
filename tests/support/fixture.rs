//! A small generated set, prepared, and a tiny network trained on it: made once for each test binary.

use super::files::copy_tree;
use super::{Arg, ok};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Training scans of the set.
pub const TRAIN: [&str; 2] = ["scene9000_00", "scene9001_00"];
/// Its validation scan.
pub const VAL: &str = "scene9002_00";

/// An experiment that takes milliseconds: its network is far too small to learn much.
pub const TINY: &str = r#"
name = "tiny"

[data]
features = ["color", "height"]
drop_unassigned = false

[crop]
points = 256
tries = 3

[model]
kind = "pointnet2-ssg"
levels = [
    { points = 64, radius = 0.2, neighbors = 8, channels = [8, 8] },
    { points = 16, radius = 0.5, neighbors = 8, channels = [16] },
]
propagation = [[16], [16, 16]]
head = 16

[train]
epochs = 2
batch = 4
crops_per_scene = 4
evaluate_every = 1
"#;

/// The shared folders; tests read them and never write there.
pub struct Fixture {
    pub raw: PathBuf,
    pub data: PathBuf,
    pub config: PathBuf,
}

/// The set, raw and prepared, and the experiment.
pub fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let dir = shared_folder();
        let fixture = Fixture { raw: dir.join("raw"), data: dir.join("data"), config: dir.join("tiny.toml") };
        std::fs::write(&fixture.config, TINY).unwrap();
        ok(&[&"rooms", &"--out", &fixture.raw, &"--train", &"2", &"--val", &"1", &"--spacing", &"0.05"]);
        ok(&[&"preprocess", &fixture.raw, &"--out", &fixture.data]);
        fixture
    })
}

/// The tiny network, trained.
pub fn trained() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let run = fixture().data.with_file_name("run");
        train(&run, &[]);
        run
    })
}

/// Trains the tiny network into a folder, with more arguments.
pub fn train(run: &Path, more: &[Arg]) {
    let f = fixture();
    let mut args: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &run];
    args.extend(more);
    ok(&args);
}

/// The mesh of a scan of the set.
pub fn mesh_file(scan: &str) -> PathBuf {
    scan_file(&fixture().raw, scan, "_vh_clean_2.ply")
}

/// A file of a scan below a raw folder.
pub fn scan_file(raw: &Path, scan: &str, suffix: &str) -> PathBuf {
    raw.join("scans").join(scan).join(format!("{scan}{suffix}"))
}

/// A copy of the raw set that a test may break.
pub fn raw_copy() -> (TempDir, PathBuf) {
    copy_of(&fixture().raw)
}

/// A copy of any folder that a test may break.
pub fn copy_of(folder: &Path) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join(folder.file_name().unwrap());
    copy_tree(folder, &copy);
    (dir, copy)
}

/// A folder of this test binary below cargo's target folder. Nothing can remove it when the tests end, so those older
/// than ten minutes are removed here.
fn shared_folder() -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let prefix = concat!(env!("CARGO_CRATE_NAME"), "-");
    for entry in std::fs::read_dir(base).unwrap().flatten() {
        let old = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|m| SystemTime::now().duration_since(m).is_ok_and(|age| age > Duration::from_secs(600)));
        if old && entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    tempfile::Builder::new().prefix(prefix).tempdir_in(base).unwrap().keep()
}
