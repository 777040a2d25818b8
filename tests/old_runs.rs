//! Runs and checkpoints of an earlier version open, resume and predict. See `old-runs/README.md`.

mod support;

use scanseg::{Checkpoint, Run, WeightsLayout, export_weights};
use std::path::{Path, PathBuf};
use support::files::copy_tree;
use support::ok;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/old-runs")
}

/// All weights of a checkpoint, through the program's own layout.
fn weights(checkpoint: &Path) -> Vec<(String, Vec<f32>)> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("weights.safetensors");
    export_weights(&Checkpoint::read(checkpoint).unwrap(), Some(WeightsLayout::Scanseg), &file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let values = |data: &[u8]| data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let mut all: Vec<_> = tensors.iter().map(|(name, view)| (name.to_owned(), values(view.data()))).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn runs_of_an_earlier_version_resume_to_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    let store = folder().join("store");
    for network in ["ssg", "msg", "pointnet"] {
        let (old, run) = (folder().join(network), dir.path().join(network));
        copy_tree(&old.join("half"), &run);
        assert_eq!(Run::open(&run).unwrap().config.name, network);
        // the best checkpoint is left out of the repository
        ok(&[&"evaluate", &run, &"--data", &store, &"--checkpoint", &"last"]);
        let experiment = old.join("experiment.toml");
        let shown = ok(&[&"train", &experiment, &"--data", &store, &"--out", &run, &"--resume"]).out;
        assert!(shown.contains("continuing after step 2"), "{shown}");
        let (expected, found) = (weights(&old.join("full.safetensors")), weights(&run.join("last.safetensors")));
        assert_eq!(expected.len(), found.len());
        let (mut all, mut apart) = (0, 0);
        for ((name, expected), (other, found)) in expected.iter().zip(&found) {
            assert_eq!(name, other);
            for (a, b) in expected.iter().zip(found) {
                all += 1;
                apart += usize::from((a - b).abs() > 1e-3 * a.abs().max(0.1));
                // where a gradient is next to nothing, its rounding decides where a step of Adam leads, and the products
                // of that version rounded differently
                assert!((a - b).abs() < 2e-3, "{network}: {name} is {found:?} instead of {expected:?}");
            }
        }
        assert!(apart * 50 < all, "{network}: {apart} of {all} values are apart");
    }
}
