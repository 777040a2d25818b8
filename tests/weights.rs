//! Exporting and importing weights: PyTorch checkpoints, their scores, and files that do not fit.

mod support;

use burn::tensor::Device;
use safetensors::SafeTensors;
use scanseg::{Checkpoint, Config, Network, Run, WeightsError, WeightsLayout, export_weights, load_weights};
use std::path::{Path, PathBuf};
use support::files::assert_no_temporaries;
use support::fixture::{TINY, VAL, fixture, mesh_file, trained};
use support::{ok, refused};

/// A file that tests/reference/weights.py wrote with PyTorch.
fn reference(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/weights").join(file)
}

fn config() -> Config {
    Config::read(&reference("network.toml"), &[]).unwrap()
}

/// The golden points, features and scores.
fn golden() -> [Vec<f32>; 3] {
    let bytes = std::fs::read(reference("logits.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    ["coord", "features", "logits"].map(|name| {
        let data = file.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    })
}

/// Scores of the golden points.
fn logits(network: &Network) -> Vec<f32> {
    let device = Device::flex();
    let [coord, features, _] = golden();
    let coord: Vec<[f32; 3]> = coord.chunks_exact(3).map(|p| p.try_into().unwrap()).collect();
    network.scores(&coord, Some(&features), 1, &device).unwrap()
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn pytorch_checkpoints_reproduce_pytorchs_scores() {
    let [_, _, expected] = golden();
    for file in ["zip.pth", "legacy.pth", "wrapped.pth"] {
        let network = load_weights(&reference(file), Network::new(&config(), &Device::flex())).unwrap();
        let scores = logits(&network);
        assert_eq!(scores.len(), expected.len());
        let worst = scores.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{file}: {worst}");
    }
}

#[test]
fn every_export_and_import_keeps_the_bits() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let config = reference("network.toml");
    ok(&[&"weights", &"import", &reference("zip.pth"), &config, &"--out", &at("first")]);
    let last = |run: &str| at(run).join("last.safetensors");
    for (file, layout) in
        [("a.safetensors", "scanseg"), ("b.safetensors", "pytorch"), ("c.pth", "pytorch"), ("d.pt", "pytorch")]
    {
        ok(&[&"weights", &"export", &at("first"), &"--out", &at(file), &"--layout", &layout]);
        let run = format!("run-{file}");
        ok(&[&"weights", &"import", &at(file), &config, &"--out", &at(&run)]);
        assert_eq!(bytes(&last("first")), bytes(&last(&run)), "{file}");
    }
    // the extension chooses the default layout, and the bytes are the same again
    ok(&[&"weights", &"export", &at("first"), &"--out", &at("e.safetensors")]);
    ok(&[&"weights", &"export", &at("first"), &"--out", &at("e.pth"), &"--checkpoint", &"last"]);
    assert_eq!(bytes(&at("a.safetensors")), bytes(&at("e.safetensors")));
    assert_eq!(bytes(&at("c.pth")), bytes(&at("e.pth")));
    // a checkpoint is a weights file, too
    ok(&[&"weights", &"import", &last("first"), &config, &"--out", &at("again")]);
    assert_eq!(bytes(&last("first")), bytes(&last("again")));
    assert_no_temporaries(dir.path());
}

#[test]
fn a_trained_network_scores_the_same_to_the_bit_after_the_round_trip() {
    let dir = tempfile::tempdir().unwrap();
    let run = Run::open(trained()).unwrap();
    let checkpoint = Checkpoint::read(&run.path("last.safetensors")).unwrap();
    let device = Device::flex();
    let coord: Vec<[f32; 3]> = golden()[0].chunks_exact(3).map(|p| p.try_into().unwrap()).collect();
    let features = &golden()[1];
    let scores = |network: &Network| network.scores(&coord, Some(features), 1, &device).unwrap();
    let before = scores(&run.network(&checkpoint, &device).unwrap());
    for file in ["weights.safetensors", "weights.pth"] {
        let file = dir.path().join(file);
        export_weights(&checkpoint, Some(WeightsLayout::Pytorch), &file).unwrap();
        let network = load_weights(&file, Network::new(&run.config, &device)).unwrap();
        let after = scores(&network);
        assert!(before.iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits()), "{}", file.display());
    }
    let file = bytes(&dir.path().join("weights.safetensors"));
    let file = SafeTensors::deserialize(&file).unwrap();
    assert_eq!(file.tensor("sa1.mlp_convs.1.weight").unwrap().shape(), [8, 8, 1, 1]);
    assert_eq!(file.tensor("fp2.mlp_convs.0.weight").unwrap().shape(), [16, 24, 1]);
    let batches = file.tensor("bn1.num_batches_tracked").unwrap();
    assert_eq!((batches.shape(), batches.data()), ([].as_slice(), 4i64.to_le_bytes().as_slice()));
}

#[test]
fn an_imported_run_evaluates_and_predicts_and_is_not_resumed() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let (file, run) = (dir.path().join("weights.pth"), dir.path().join("run"));
    ok(&[&"weights", &"export", &trained(), &"--out", &file]);
    ok(&[&"weights", &"import", &file, &f.config, &"--out", &run]);
    let labels = |run: &Path, name: &str| {
        let out = dir.path().join(name);
        ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &out]);
        bytes(&out)
    };
    assert_eq!(labels(trained(), "a.ply"), labels(&run, "b.ply"));
    ok(&[&"evaluate", &run, &"--data", &f.data]);
    refused(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"], &["imported", "another folder"]);
    refused(&[&"weights", &"import", &file, &f.config, &"--out", &run], &["has a run already"]);
    assert_no_temporaries(dir.path());
}

#[test]
fn files_that_do_not_fit_are_named_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    let (zip, config) = (reference("zip.pth"), reference("network.toml"));
    let import = |file: &Path, set: &str, parts: &[&str]| {
        refused(&[&"weights", &"import", &file, &config, &"--out", &run, &"--set", &set], parts);
        assert!(!run.exists());
    };
    let same = "model.head=16";
    import(&zip, "model.head=8", &["model_state_dict.conv1.weight is [16, 12, 1]", "[8, 12, 1]", "zip.pth"]);
    import(&zip, "model.propagation=[[24,20],[20],[16],[16,16,12]]", &["fp2.mlp_bns.1.bias is left over", "zip.pth"]);
    import(&zip, "model.propagation=[[24,20],[20,20],[16,16],[16,16,12]]", &["fp3.mlp_convs.1.weight is missing"]);
    import(&zip, "data.features=[]", &["sa1.mlp_convs.0.weight is [8, 7, 1, 1]", "[8, 3, 1, 1]"]);
    import(&reference("logits.safetensors"), same, &["no parameter", "coord", "logits.safetensors"]);
    import(&config, same, &["not a weights file", "network.toml"]);
    let others = tempfile::tempdir().unwrap();
    let other = |name: &str, bytes: &[u8]| {
        std::fs::write(others.path().join(name), bytes).unwrap();
        others.path().join(name)
    };
    let pointer = other("lfs.pth", b"version https://git-lfs.github.com/spec/v1\n");
    import(&pointer, same, &["a Git LFS pointer", "git lfs pull"]);
    let header = other("header.safetensors", &[&(90u64 << 20).to_le_bytes()[..], b"{}"].concat());
    import(&header, same, &["its header claims 94371840 bytes"]);
    import(&reference("bomb.pth"), same, &["data.pkl in it is compressed"]);
    import(&dir.path().join("none.pth"), same, &["cannot read", "none.pth"]);

    let export = |out: &str, more: &str, parts: &[&str]| {
        let out = dir.path().join(out);
        refused(&[&"weights", &"export", &trained(), &"--out", &out, &"--layout", &more], parts);
        assert!(!out.exists());
    };
    export("weights.bin", "pytorch", &["unknown weights format", "weights.bin"]);
    export("weights.pth", "scanseg", &["only the PyTorch layout", ".safetensors"]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// The golden network's weights in the PyTorch layout, with one tensor of another shape, filled with a value.
fn with_changed(name: &str, shape: &[usize], value: f32, out: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let all = dir.path().join("all.safetensors");
    let run = dir.path().join("run");
    ok(&[&"weights", &"import", &reference("zip.pth"), &reference("network.toml"), &"--out", &run]);
    ok(&[&"weights", &"export", &run, &"--out", &all, &"--layout", &"pytorch"]);
    let bytes = bytes(&all);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let changed: Vec<u8> = (0..shape.iter().product()).flat_map(|_| value.to_le_bytes()).collect();
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), &changed).unwrap();
    let tensors = file.tensors().into_iter().filter(|(n, _)| n != name).chain([(name.to_owned(), view)]);
    safetensors::serialize_to_file(tensors, None, out).unwrap();
}

#[test]
fn other_heads_and_impossible_values_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("changed.safetensors");
    let load = || load_weights(&file, Network::new(&config(), &Device::flex()));
    with_changed("conv2.weight", &[13, 16, 1], 1.0, &file);
    let error = load().unwrap_err();
    assert!(matches!(&error, WeightsError::Classes { found: 13, .. }), "{error}");
    assert!(error.to_string().contains("has 13 classes but should have 21"), "{error}");
    with_changed("bn1.running_var", &[16], -0.5, &file);
    assert!(matches!(load(), Err(WeightsError::Values { name, .. }) if name == "bn1.running_var"));
    with_changed("sa2.mlp_convs.0.bias", &[12], f32::NAN, &file);
    assert!(matches!(load(), Err(WeightsError::Values { name, .. }) if name == "sa2.mlp_convs.0.bias"));
    with_changed("extra", &[1], 1.0, &file);
    assert!(matches!(load(), Err(WeightsError::LeftOver { name, .. }) if name == "extra"));
    // trailing axes of 1 do not matter
    with_changed("conv2.weight", &[21, 16], 1.0, &file);
    load().unwrap();
}

/// Blocks that the PyTorch layout does not have.
const BLOCKS: &str = r#"
[[model.blocks]]
after = "abstraction-2"
block = { kind = "latent-gnn", latent_dims = [6], channel_stride = 2 }

[train]"#;

#[test]
fn networks_with_blocks_have_no_pytorch_layout() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("blocks.toml"), TINY.replace("[train]", BLOCKS)).unwrap();
    ok(&[&"train", &at("blocks.toml"), &"--data", &f.data, &"--out", &at("run"), &"--set", &"train.epochs=1"]);
    let parts = ["only the single-scale PointNet++", "abstraction_blocks.1.", "in the scanseg layout"];
    refused(&[&"weights", &"export", &at("run"), &"--out", &at("a.pth")], &parts);
    assert!(!at("a.pth").exists());
    ok(&[&"weights", &"export", &at("run"), &"--out", &at("a.safetensors")]);
    ok(&[&"weights", &"import", &at("a.safetensors"), &at("blocks.toml"), &"--out", &at("again")]);
    let model = |run: &str| Checkpoint::read(&at(run).join("last.safetensors")).unwrap();
    for run in ["run", "again"] {
        export_weights(&model(run), None, &at(&format!("{run}.safetensors"))).unwrap();
    }
    assert_eq!(bytes(&at("run.safetensors")), bytes(&at("again.safetensors")));
    // weights of another network are not called damaged
    let parts = ["no parameter", "network", "zip.pth"];
    let config = at("plain.toml");
    std::fs::write(&config, "[model]\nkind = \"pointnet\"\n").unwrap();
    refused(&[&"weights", &"import", &reference("zip.pth"), &config, &"--out", &at("none")], &parts);
    assert!(!at("none").exists());
}

#[test]
fn damaged_files_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("damaged.pth");
    let network = || Network::new(&config(), &Device::flex());
    for golden in ["zip.pth", "legacy.pth"] {
        let whole = bytes(&reference(golden));
        for eighth in 0..8 {
            std::fs::write(&file, &whole[..whole.len() * eighth / 8]).unwrap();
            let error = load_weights(&file, network()).unwrap_err();
            assert!(error.to_string().ends_with("damaged.pth"), "{error}");
        }
        // a flipped byte is an error or another value, never a panic
        for at in (0..whole.len()).step_by(whole.len() / 200) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x41;
            std::fs::write(&file, &flipped).unwrap();
            let _ = load_weights(&file, network());
        }
    }
}

/// A file with tensors of these names and shapes.
fn with_tensors(tensors: &[(&str, &[usize])], out: &Path) {
    let zeros = vec![0; 4 * tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).max().unwrap()];
    let views = tensors.iter().map(|&(name, shape)| {
        let bytes = &zeros[..4 * shape.iter().product::<usize>()];
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    safetensors::serialize_to_file(views, None, out).unwrap();
}

#[test]
fn networks_that_cannot_be_imported_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (file, run) = (dir.path().join("theirs.safetensors"), dir.path().join("run"));
    let import = |tensors: &[(&str, &[usize])], parts: &[&str]| {
        with_tensors(tensors, &file);
        refused(&[&"weights", &"import", &file, &reference("network.toml"), &"--out", &run], parts);
        assert!(!run.exists());
    };
    let cannot = "cannot be imported";
    import(
        &[("sa1.conv_blocks.0.0.weight", &[16, 12, 1, 1]), ("fp4.mlp_convs.0.weight", &[256, 1536, 1])],
        &["a multi-scale PointNet++ of yanx27", "sa1.conv_blocks.0.0.weight", cannot],
    );
    let theirs = "backbone.SA_modules.0.mlps.0.layer0.conv.weight";
    import(&[(theirs, &[16, 6, 1, 1])], &["a PointNet++ of mmdetection3d", theirs, cannot]);
    import(&[("feat.stn.conv1.weight", &[64, 9, 1])], &["a PointNet of yanx27", "feat.stn.conv1.weight", cannot]);
    // position, colour and position in the room
    import(
        &[("sa1.mlp_convs.0.weight", &[8, 12, 1, 1])],
        &["sa1.mlp_convs.0.weight is [8, 12, 1, 1]", "takes 9 features beside the position", "cannot be used"],
    );
    import(
        &[("sa1.mlp_convs.0.weight", &[8, 9, 1, 1])],
        &["takes 6 features beside the position", "set data.features to these"],
    );
}

#[test]
fn an_interrupted_import_is_repeated() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let (file, run, whole) = (dir.path().join("w.pth"), dir.path().join("run"), dir.path().join("whole"));
    ok(&[&"weights", &"export", &trained(), &"--out", &file]);
    ok(&[&"weights", &"import", &file, &f.config, &"--out", &whole]);
    // all but the checkpoint, which is written last
    ok(&[&"weights", &"import", &file, &f.config, &"--out", &run]);
    std::fs::remove_file(run.join("last.safetensors")).unwrap();
    std::fs::write(run.join(".tmp-last.safetensors.abcdef"), "half").unwrap();
    refused(&[&"evaluate", &run, &"--data", &f.data], &["its import was interrupted", "repeat weights import"]);
    ok(&[&"weights", &"import", &file, &f.config, &"--out", &run]);
    support::files::assert_same_tree(&whole, &run);
}

#[test]
fn a_packed_run_is_small_and_labels_almost_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let [packed, own, copy] = ["packed", "own.ply", "copy.ply"].map(|name| dir.path().join(name));
    ok(&[&"weights", &"pack", &trained(), &"--out", &packed]);
    let size = |run: &Path, file: &str| std::fs::metadata(run.join(file)).unwrap().len();
    assert!(size(&packed, "last.safetensors") * 2 < size(trained(), "last.safetensors"));
    ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &own]);
    ok(&[&"predict", &packed, &mesh_file(VAL), &"--out", &copy]);
    let [own, copy] = [own, copy].map(|path| scannet::read_mesh(path).unwrap().label.unwrap());
    let same = own.iter().zip(&copy).filter(|(a, b)| a == b).count();
    assert!(same * 100 > own.len() * 98, "{same} of {} labels", own.len());
    refused(&[&"weights", &"pack", &trained(), &"--out", &packed], &["the folder has a run already"]);
    let listed: serde_json::Value = serde_json::from_str(&ok(&[&"runs", &packed, &"--json", &"-"]).out).unwrap();
    assert_eq!(listed[0]["state"], "packed");
    // a store, also one without a manifest, is no place for it
    let store = dir.path().join("store");
    std::fs::create_dir_all(store.join("train/room")).unwrap();
    std::fs::write(store.join("train/room/coord.npy"), "").unwrap();
    refused(&[&"weights", &"pack", &trained(), &"--out", &store], &["would be written into a prepared store"]);
    // it has no state of a training
    let config = packed.join("config.toml");
    refused(
        &[&"train", &config, &"--data", &fixture().data, &"--out", &packed, &"--resume"],
        &["cannot resume", "a packed copy"],
    );
}
