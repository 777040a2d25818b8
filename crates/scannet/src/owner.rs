//! Which files belong to a data set, so that no result replaces them.

use crate::raw::{INCOMPLETE, ScanFiles};
use crate::splits::Split;
use std::path::Path;

/// What a file belongs to, going by its name and what is around it: `a prepared scene`, `a prepared store`, `a raw scan`
/// or `a raw data set`; `None` for all others. The file itself need not exist. Symbolic links are not followed.
pub fn data_set_of(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().ok()?;
    let name = path.file_name()?.to_str()?;
    if folder.join("coord.npy").exists() {
        return Some("a prepared scene");
    }
    let is_store = Split::ALL.iter().any(|split| folder.join(split.name()).is_dir());
    let manifest = name.starts_with("manifest.") && name.ends_with(".json");
    if is_store && (manifest || name == "labels.toml" || name.starts_with(".lock")) {
        return Some("a prepared store");
    }
    if let Some(id) = folder.file_name().and_then(|id| id.to_str()) {
        let scan = ScanFiles { id: id.to_owned(), dir: folder.clone() };
        let own = [scan.mesh(), scan.segments(), scan.aggregation(), scan.labels(), scan.meta()];
        let high_resolution = [scan.high_resolution_aggregation(), folder.join(format!("{id}_vh_clean.ply"))];
        let of_scan = own.iter().chain(&high_resolution).any(|file| file.ends_with(name)) || name == "roomscan.json";
        if scan.mesh().exists() && of_scan {
            return Some("a raw scan");
        }
    }
    let has_scans = |root: &Path| root.join("scans").is_dir() || root.join("scans_test").is_dir();
    let in_splits = folder.ends_with("splits") && folder.parent().is_some_and(has_scans);
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    let list = ending == Some("txt") && name.starts_with("scannet");
    let of_root =
        has_scans(&folder) && (ending == Some("tsv") || list || ["roomscan.json", INCOMPLETE].contains(&name));
    (of_root || (in_splits && ending == Some("txt"))).then_some("a raw data set")
}

/// What a folder is, so that no results of something else are written among its files: `a prepared scene` or
/// `a prepared store`, of any program; `None` for all others.
pub fn prepared_folder(folder: &Path) -> Option<&'static str> {
    let is_scene = |folder: &Path| folder.join("coord.npy").exists();
    if is_scene(folder) {
        return Some("a prepared scene");
    }
    let scenes = |split: Split| std::fs::read_dir(folder.join(split.name())).into_iter().flatten().flatten();
    let is_store = Split::ALL.into_iter().flat_map(scenes).any(|entry| is_scene(&entry.path()));
    is_store.then_some("a prepared store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_data_sets_are_known() {
        let of = |folder: &str, scene: &str| {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(dir.path().join(scene)).unwrap();
            std::fs::write(dir.path().join(scene).join("coord.npy"), "").unwrap();
            prepared_folder(&dir.path().join(folder))
        };
        assert_eq!(of("", "val/room"), Some("a prepared store"));
        assert_eq!(of("val/room", "val/room"), Some("a prepared scene"));
        assert_eq!((of("val", "val/room"), of("", "results/val/room"), of("new", "val/room")), (None, None, None));
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["data/train/scene0000_00", "raw/scans/scene0000_00", "raw/splits", "other"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["data/train/scene0000_00/coord.npy", "raw/scans/scene0000_00/scene0000_00_vh_clean_2.ply"] {
            std::fs::write(at(file), "").unwrap();
        }
        for (file, what) in [
            ("data/train/scene0000_00/coord.npy", Some("a prepared scene")),
            ("data/train/scene0000_00/new.ply", Some("a prepared scene")),
            ("data/manifest.json", Some("a prepared store")),
            ("data/manifest.shard-1-of-2.json", Some("a prepared store")),
            ("data/labels.toml", Some("a prepared store")),
            ("data/stats.json", None),
            ("raw/scans/scene0000_00/scene0000_00_vh_clean_2.ply", Some("a raw scan")),
            ("raw/scans/scene0000_00/scene0000_00.txt", Some("a raw scan")),
            ("raw/scans/scene0000_00/scene0000_00_labelled.ply", None),
            ("raw/scannetv2-labels.combined.tsv", Some("a raw data set")),
            ("raw/splits/scannetv2_train.txt", Some("a raw data set")),
            ("raw/scannetv2_val.txt", Some("a raw data set")),
            ("raw/report.json", None),
            ("raw/notes.txt", None),
            ("other/manifest.json", None),
            ("other/labelled.ply", None),
            ("missing/labelled.ply", None),
        ] {
            assert_eq!(data_set_of(&at(file)), what, "{file}");
        }
    }
}
