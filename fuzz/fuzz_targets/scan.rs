//! Reads any bytes as a scan of any format. What is accepted is a consistent mesh.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::LazyCell;
use std::path::{Path, PathBuf};

thread_local! {
    static PATH: LazyCell<PathBuf> = LazyCell::new(|| {
        let folder = if Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
        folder.join(format!("fuzz-scan-{}", std::process::id()))
    });
}

fuzz_target!(|bytes: &[u8]| {
    PATH.with(|path| {
        std::fs::write(&**path, bytes).unwrap();
        let Ok(mesh) = scanfile::read_scan(&**path) else { return };
        let n = mesh.coord.len();
        assert!(n > 0);
        assert!(mesh.coord.iter().flatten().all(|v| v.is_finite()));
        assert!(mesh.faces.iter().flatten().all(|&i| (i as usize) < n));
        assert!(mesh.color.as_ref().is_none_or(|c| c.len() == n));
        assert!(mesh.normal.as_ref().is_none_or(|c| c.len() == n));
    });
});
