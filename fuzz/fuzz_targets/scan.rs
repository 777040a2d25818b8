//! Reads any bytes as a scan of any format. What is accepted is a consistent mesh.
#![no_main]

mod consistent;

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
        consistent::check(&mesh);
    });
});
