//! Every command of the book and of README's section on ScanNet runs, in the order of the pages; and the pages are
//! complete. Commands whose block is marked `sh,ignore` are left out: they install something or need a GPU.

#![cfg_attr(not(unix), allow(unused))] // some tests are for Unix

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::files::copy_tree;
use support::fixture::{VAL, fixture, mesh_file};

/// Calls the program with less work than a user asks for, so that the book takes seconds.
const WRAPPER: &str = r#"#!/bin/bash
more=()
case "$1" in
    rooms) more=(--spacing 0.05) ;;
    demo) more=(--train 2 --val 1 --set train.epochs=1 --set crop.points=512) ;;
    train|table|bench)
        for set in train.epochs=1 train.batch=2 crop.points=1024 crop.tries=2 train.crops_per_scene=1; do
            case " $* " in *" ${set%%=*}="*) ;; *) more+=(--set "$set") ;; esac
        done ;;
esac
exec "$SCANSEG" "$@" "${more[@]}"
"#;

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src")
}

/// The pages in the order of the summary.
fn pages() -> Vec<(String, String)> {
    let summary = std::fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    let names = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    names.map(|name| (name.to_owned(), std::fs::read_to_string(book().join(name)).unwrap())).collect()
}

/// The code blocks of a page that begin with three backticks and this word alone.
fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let begin = format!("```{kind}\n");
    let blocks = page.match_indices(&begin).filter(|(at, _)| *at == 0 || page[..*at].ends_with('\n'));
    blocks.map(|(at, _)| page[at + begin.len()..].split("\n```").next().unwrap_or_default()).collect()
}

/// The files that the book's commands use.
fn prepare(dir: &Path, pages: &[(String, String)]) {
    let toml = |page: &str, begin: &str| {
        let page = &pages.iter().find(|(name, _)| name == page).unwrap().1;
        (*blocks(page, "toml").iter().find(|block| block.starts_with(begin)).unwrap()).to_owned()
    };
    copy_tree(&fixture().raw, &dir.join("SCANNET"));
    copy_tree(&book().join("../../../configs"), &dir.join("configs"));
    std::fs::create_dir(dir.join("scans")).unwrap();
    for scan in ["scan.ply", "scans/kitchen.ply"] {
        std::fs::copy(mesh_file(VAL), dir.join(scan)).unwrap();
    }
    let mine = dir.join("mine");
    std::fs::create_dir_all(mine.join("office")).unwrap();
    std::fs::create_dir_all(mine.join("splits")).unwrap();
    std::fs::write(mine.join("splits/val.txt"), "office\n").unwrap();
    for end in ["ply", "labels.ply"] {
        let copy = mine.join(format!("office/office_vh_clean_2.{end}"));
        std::fs::copy(mesh_file(VAL).with_extension(end), copy).unwrap();
    }
    std::fs::write(dir.join("small.toml"), toml("own-network.md", "name = \"small\"")).unwrap();
    for (split, room) in [("train", "room1"), ("val", "room2")] {
        let folder = dir.join("office").join(split).join(room);
        std::fs::create_dir_all(&folder).unwrap();
        let coord: Vec<[f32; 3]> = (0..4000).map(|i| [(i % 80) as f32 * 0.04, (i / 80) as f32 * 0.04, 0.0]).collect();
        let segment: Vec<i32> = (0..4000).map(|i| [4, 7, 255][i % 3]).collect();
        std::fs::write(folder.join("coord.npy"), scannet::npy::encode_points(&coord, false)).unwrap();
        std::fs::write(folder.join("segment.npy"), scannet::npy::encode_labels(&segment)).unwrap();
    }
    std::fs::write(dir.join("office/labels.toml"), toml("own-classes.md", "name = \"my-office\"")).unwrap();
}

#[cfg(unix)]
#[test]
fn every_command_of_the_book_runs() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let pages = pages();
    prepare(dir.path(), &pages);
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("scanseg"), WRAPPER).unwrap();
    std::fs::set_permissions(bin.join("scanseg"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut commands = 0;
    for (name, page) in &pages {
        for line in blocks(page, "sh").into_iter().flat_map(str::lines) {
            let mut bash = Command::new("bash");
            bash.args(["-c", line]).current_dir(dir.path()).env("PATH", &path);
            let output = bash.env("SCANSEG", env!("CARGO_BIN_EXE_scanseg")).output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert!(output.status.success(), "{name}: {line}\n{out}\n{err}");
            commands += 1;
        }
    }
    assert!(commands > 30, "{commands}");
    for file in [
        "scanseg-demo",
        "labelled.ply",
        "classes.json",
        "counts.json",
        "table/table.md",
        "stats.json",
        "scene.html",
        "charts/loss.svg",
    ] {
        assert!(dir.path().join(file).exists(), "{file}");
    }
}

#[test]
fn links_of_the_book_lead_somewhere() {
    let pages = pages();
    for (name, page) in &pages {
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = link.split('#').next().unwrap_or_default();
            assert!(link.contains("://") || book().join(local).is_file(), "{name}: {link}");
        }
    }
    let listed: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    for entry in std::fs::read_dir(book()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(file == "SUMMARY.md" || listed.contains(&file.as_str()), "{file} is not in the summary");
    }
}

/// The messages that the page of errors explains are those of the program.
#[test]
fn errors_of_the_book_exist() {
    let page = std::fs::read_to_string(book().join("errors.md")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [root.join("crates"), root.join("tools/scanseg/src")];
    let files =
        folders.iter().flat_map(|folder| support::files::paths(folder).into_iter().map(|path| folder.join(path)));
    let sources: String = files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap().replace("\\\n", ""))
        .collect();
    let sources = sources.split_whitespace().collect::<Vec<_>>().join(" ");
    let messages = page.split("**").skip(1).step_by(2).flat_map(|message| message.split('…'));
    for part in messages.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|p| p.len() > 3) {
        let advice = ["The loss is NaN", "Everything is labelled wall", "My accuracy is far below the paper's"];
        let generic = [("cuda", "{name}"), ("cuda", "{0}"), ("(segment200.npy)", "({wanted}.npy)")];
        let generic = generic.map(|(this, any)| part.replace(this, any));
        let said = generic.iter().any(|part| sources.contains(part));
        assert!(said || advice.contains(&part.as_str()) || part == "unknown field", "no message says {part:?}");
    }
}
