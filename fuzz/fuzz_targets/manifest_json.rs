#![no_main]

//! What a manifest's reader accepts is written and read back as the same.

use libfuzzer_sys::fuzz_target;
use scannet::Manifest;

fuzz_target!(|bytes: &[u8]| {
    let folder = if std::path::Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
    let path = folder.join(format!("fuzz-manifest-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    if let Ok(manifest) = Manifest::read(&path) {
        std::fs::write(&path, manifest.to_bytes()).unwrap();
        assert_eq!(Manifest::read(&path).unwrap().to_bytes(), manifest.to_bytes());
    }
});
