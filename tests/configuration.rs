//! Experiments that make no sense are refused with the key, the value and the remedy, before anything is written.

mod support;

use std::path::Path;
use support::fixture::{TINY, fixture};
use support::{ok, refused, run};

/// Asserts that training with a changed key is refused.
fn set(change: &str, parts: &[&str]) {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let out = dir.path().join("run");
    let mut parts = parts.to_vec();
    let place = format!("--set {change}");
    parts.push(&place);
    refused(&[&"train", &f.config, &"--data", &f.data, &"--out", &out, &"--set", &change], &parts);
    assert!(!out.exists());
}

/// Asserts that an experiment's text is refused.
fn text(text: &str, parts: &[&str]) {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let (config, out) = (dir.path().join("mine.toml"), dir.path().join("run"));
    std::fs::write(&config, text).unwrap();
    let mut parts = parts.to_vec();
    let place = config.display().to_string();
    parts.push(&place);
    refused(&[&"train", &config, &"--data", &f.data, &"--out", &out], &parts);
    assert!(!out.exists());
}

#[test]
fn unknown_keys_are_named_with_the_known_ones() {
    text(
        &TINY.replace("epochs = 2", "epoch = 2"),
        &["unknown field `epoch`", "`epochs`, `batch`", "epoch = 2", "line 22"],
    );
    text("[trian]\nepochs = 2\n", &["unknown field `trian`", "`train`"]);
    text("recpe = \"modern\"\n", &["unknown field `recpe`", "`recipe`"]);
    set("train.bach=3", &["unknown field `bach`", "`epochs`, `batch`"]);
    set("optimizer.kind=sgd", &["unknown field `optimizer`", "`train`"]);
    set("data.features=[\"colour\"]", &["unknown variant `colour`", "`color`, `normal`, `height`"]);
    set("model.kind=pointnet3", &["unknown variant `pointnet3`", "`pointnet2-ssg`, `pointnet2-msg`"]);
    text(
        "[model]\nhead = 64\n",
        &["missing field `kind`, expected one of `pointnet2-ssg`, `pointnet2-msg`, `pointnet`", "line 1"],
    );
    let block = "[model]\nkind = \"pointnet2-ssg\"\n[[model.blocks]]\nafter = \"abstraction-2\"\nblock = {}\n";
    text(block, &["missing field `kind`, expected `latent-gnn` or `non-local`"]);
    set("augment=[{kind=\"tint\"}]", &["unknown variant `tint`", "`tilt`, `warp`"]);
    set("augment=[{kind=\"tilt\",angle=1}]", &["unknown field `angle`, expected `slope`"]);
    set("augment.scale=1", &["unknown field `scale`", "`tilt`, `warp`"]);
    set("evaluate.protocol=mine", &["unknown protocol \"mine\"", "scannet-benchmark"]);
    set(
        "evaluate.tiling=grid",
        &["unknown variant `grid`", "`protocol`, `disjoint`, `sliding`, `blended`, `two-grids`"],
    );
    set("crop.blocks={pieces=3}", &["unknown field `pieces`", "`merge_below`"]);
    set("train.select_by=luck", &["no metric is called \"luck\"", "calibrated-voxel-accuracy"]);
}

#[test]
fn wrong_types_are_named() {
    text(&TINY.replace("batch = 4", "batch = \"four\""), &["invalid type: string \"four\"", "batch = \"four\""]);
    set("train.batch=many", &["invalid type: string \"many\", expected usize"]);
    set("train.batch=-3", &["invalid value: integer `-3`, expected usize"]);
    set("augment.rotate=1", &["invalid type: integer `1`, expected a boolean"]);
    set("model=3", &["invalid type: integer `3`"]);
    set("train.crops_per_scene=many", &["invalid value: string \"many\", expected a number or \"by-points\""]);
    set("train.crops_per_scene=-3", &["invalid value: integer `-3`, expected a number or \"by-points\""]);
    set("augment=3", &["invalid type: integer `3`, expected a list of tables that have a kind"]);
    set("name.first=x", &["name is not a table"]);
}

#[test]
fn invalid_toml_is_shown_with_its_line() {
    text("seed = \n", &["not valid", "line 1"]);
    text("seed = 1\nseed = 2\n", &["duplicate key", "line 2"]);
}

#[test]
fn impossible_values_are_refused_with_the_remedy() {
    for (change, parts) in [
        ("train.batch=0", &["train.batch = 0", "must be at least 1"][..]),
        ("train.epochs=0", &["train.epochs = 0", "must be at least 1"]),
        ("train.epochs=9000000000000000000", &["at most"]),
        ("train.learning_rate.start=0", &["train.learning_rate", "start must be above 0"]),
        ("train.learning_rate.start=1e30", &["train.learning_rate", "at most 1"]),
        ("train.learning_rate.start=nan", &["train.learning_rate", "start must be above 0"]),
        ("train.norm_momentum.every=0", &["train.norm_momentum", "every must be at least 1"]),
        ("train.weight_decay=-1", &["train.weight_decay = -1", "must be at least 0"]),
        ("evaluate.segments=[0.5,0.0]", &["evaluate.segments = 0", "must be above 0 and at most 100"]),
        ("evaluate.none=1.5", &["evaluate.none = 1.5", "between 0 and 1"]),
        ("crop.points=0", &["crop.points = 0", "must be at least 1"]),
        ("crop.points=32", &["level 1 keeps 64 of 32 points", "at most the points of the level below"]),
        ("crop.points=1000000000000000", &["crop.points = 1000000000000000", "at most"]),
        ("crop.size=0", &["crop.size = 0", "must be above 0"]),
        ("crop.size=inf", &["crop.size = inf", "at most"]),
        ("crop.margin=nan", &["crop.margin = NaN", "must be at least 0"]),
        ("crop.min_annotated=1.5", &["crop.min_annotated = 1.5", "between 0 and 1"]),
        ("crop.voxel=-0.01", &["crop.voxel = -0.01", "must be 0, or between 0.001 and 100 metres"]),
        ("crop.blocks={piece=0}", &["crop.blocks.piece = 0", "must be at least 1"]),
        ("crop.blocks={merge_below=16777217}", &["crop.blocks.merge_below = 16777217", "at most 16777216"]),
        ("evaluate.margin=-1", &["evaluate.margin = -1", "must be at least 0"]),
        ("train.crops_per_scene=0", &["train.crops_per_scene = 0", "must be at least 1", "\"by-points\""]),
        ("augment.point_dropout=-0.1", &["augment.point-dropout.most = -0.1", "between 0 and 1"]),
        ("augment=[{kind=\"tilt\",slope=2}]", &["augment.tilt.slope = 2", "between 0 and 1"]),
        ("data.features=[\"color\",\"color\"]", &["data.features", "name each feature once"]),
        ("model.head=100000000000", &["100000000000", "65536"]),
        ("model.dropout=1", &["model: dropout is 1", "at least 0 and below 1"]),
        ("model.levels=[]", &["model: ", "at least one level"]),
        ("model.propagation=[[16]]", &["2 levels need as many feature propagations, not 1"]),
        ("model.blocks=[{after=\"abstraction-9\",block={kind=\"non-local\"}}]", &["abstraction 9", "2 levels"]),
        (
            "model.blocks=[{after=\"abstraction-1\",block={kind=\"latent-gnn\",latent_dims=[0]}}]",
            &["abstraction 1", "`latent_dims` must be at least 1"],
        ),
        (
            "model.blocks=[{after=\"abstraction-1\",block={kind=\"latent-gnn\",channel_stride=3}}]",
            &["abstraction 1", "choose a `channel_stride` that divides them"],
        ),
        (
            "model.blocks=[{after=\"propagation-18446744073709551615\",block={kind=\"non-local\"}}]",
            &["there is no feature propagation to level 18446744073709551615"],
        ),
        ("train.learning_rate=0.1", &["expected a table of start, decay, every and floor"]),
    ] {
        set(change, parts);
    }
}

#[test]
fn the_best_checkpoint_is_chosen_by_a_metric_of_the_protocol() {
    let chosen = "evaluate_every = 1\nselect_by = \"calibrated-voxel-accuracy\"\n[evaluate]\nprotocol = \"pointcept\"";
    text(
        &TINY.replace("evaluate_every = 1", chosen),
        &["train.select_by", "is not a metric of pointcept; choose one of point-miou"],
    );
    // left out, it is one that the protocol has
    let f = fixture();
    ok(&[&"summary", &f.config, &"--set", &"evaluate.protocol=scannet-benchmark"]);
}

#[test]
fn the_order_of_overrides_does_not_matter_where_they_agree() {
    let (f, local, kind) = (fixture(), "model.local=[8]", "model={kind=\"pointnet\"}");
    let (a, b) = (ok(&[&"summary", &f.config, &"--set", &kind, &"--set", &local]).out, "model.kind=pointnet");
    let empty = f.config.with_file_name("empty.toml");
    std::fs::write(&empty, "").unwrap();
    let first = ok(&[&"summary", &empty, &"--set", &local, &"--set", &b]).out;
    assert_eq!(first, ok(&[&"summary", &empty, &"--set", &b, &"--set", &local]).out);
    assert!(a.contains("local") && first.contains("local"));
}

#[test]
fn far_too_many_columns_are_refused() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let out = dir.path().join("run");
    refused(
        &[&"train", &f.config, &"--data", &f.data, &"--out", &out, &"--set", &"crop.size=1e-6"],
        &["scene9000_00", "m wide", "crop.size"],
    );
    assert!(!out.exists());
}

#[test]
fn an_override_without_a_value_is_a_wrong_command_line() {
    let f = fixture();
    let wrong = run(&[&"train", &f.config, &"--data", &f.data, &"--out", &"nowhere", &"--set", &"train.batch"]);
    assert_eq!(wrong.code, Some(2));
    wrong.complains(&["write it as key=value", "--set train.batch=8"]);
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let f = fixture();
    refused(
        &[&"train", &"missing.toml", &"--data", &f.data, &"--out", &"nowhere"],
        &["cannot read the configuration", "check the path: missing.toml"],
    );
    let short = f.config.with_extension("");
    refused(
        &[&"train", &short, &"--data", &f.data, &"--out", &"nowhere"],
        &["cannot read the configuration", &format!("there is {}", f.config.display())],
    );
}

#[test]
fn the_configurations_of_the_repository_are_valid() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let mut seen = 0;
    for path in support::files::paths(&folder).iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        // the missing store is only looked for once the configuration is found valid
        let missing = dir.path().join("missing");
        refused(&[&"train", path, &"--data", &missing, &"--out", &dir.path().join("run")], &["cannot read", "missing"]);
        seen += 1;
    }
    assert!(seen >= 2 && f.config.exists());
}

#[test]
fn endless_keys_and_files_are_refused_at_once() {
    let key = format!("{}=1", ["a"; 20_000].join("."));
    let wrong = run(&[&"summary", &fixture().config, &"--set", &key]);
    assert_eq!(wrong.code, Some(2));
    wrong.complains(&["at most 16 parts"]);
    let deep = |open: &str, close: &str| format!("x = {}1{}\n", open.repeat(50_000), close.repeat(50_000));
    for nested in [deep("[", "]"), deep("{a=", "}"), format!("{key}\n"), format!("[{}]\n", ["a"; 50_000].join("."))] {
        text(&nested, &["the configuration is not valid", "recur"]);
    }
    let dir = tempfile::tempdir().unwrap();
    let sparse = dir.path().join("sparse.toml");
    std::fs::File::create(&sparse).unwrap().set_len(1 << 30).unwrap();
    refused(&[&"summary", &sparse], &["at most 1 MB", "sparse.toml"]);
}

#[test]
fn networks_that_no_memory_holds_are_refused_before_anything_is_allocated() {
    let parts = ["model", "weights", "more than 268435456", "fewer channels"];
    set("model.propagation=[[65536],[65536,65536]]", &parts);
    set(
        "model.levels=[{points=1,radius=1.0,neighbors=1,channels=[65536,65536]},{points=1,radius=1.0,neighbors=1,channels=[16]}]",
        &parts,
    );
}

#[test]
fn ways_of_interpolation_are_named() {
    set(
        "model.interpolation=nearest",
        &["unknown variant `nearest`", "`inverse-squared-distance`", "`inverse-distance`"],
    );
}

#[test]
fn absurd_numbers_of_threads_are_refused() {
    for threads in ["0", "1025", "100000", "18446744073709551616", "-1", "two"] {
        let argument = format!("--threads={threads}");
        let ran = run(&[&argument, &"doctor"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.complains(&["--threads", threads]);
    }
    run(&[&"--threads=100000", &"doctor"]).complains(&["at most 1024 threads"]);
}
