//! Folders: copying them, comparing them, and what must not be left in them.

use std::path::{Path, PathBuf};

/// Everything below a folder, sorted.
pub fn paths(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All files below a folder with their bytes, sorted.
pub fn tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = paths(root).into_iter().filter(|p| p.is_file());
    files.map(|p| (p.strip_prefix(root).unwrap().to_path_buf(), std::fs::read(&p).unwrap())).collect()
}

/// Asserts that two folders hold the same, naming the first file that differs.
pub fn assert_same_tree(a: &Path, b: &Path) {
    let (a, b) = (tree(a), tree(b));
    for (x, y) in a.iter().zip(&b) {
        assert!(x == y, "{} and {} differ", x.0.display(), y.0.display());
    }
    assert_eq!(a.len(), b.len());
}

/// Asserts that nothing half-written is below a folder.
pub fn assert_no_temporaries(root: &Path) {
    for path in paths(root) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let temporary = name.starts_with(".tmp") || name.starts_with(".old") || name.ends_with(".tmp");
        assert!(!temporary, "left behind: {}", path.display());
    }
}

/// Copies a folder with everything in it.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in paths(from) {
        let copy = to.join(path.strip_prefix(from).unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(copy).unwrap();
        } else {
            std::fs::copy(&path, copy).unwrap();
        }
    }
}

/// A JSON file.
pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
