#![no_main]

//! `.pth` and `.safetensors`: no file may make more tensors, or longer values, than it has bytes for.

use libfuzzer_sys::fuzz_target;
use std::cell::LazyCell;
use std::path::PathBuf;

// the part of `scanseg` that does not know burn, which takes too long to build here
#[allow(dead_code)]
#[path = "../../crates/scanseg/src/weights/file.rs"]
mod file;

thread_local! {
    static PATH: LazyCell<PathBuf> = LazyCell::new(|| {
        let folder = if std::path::Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
        folder.join(format!("fuzz-weights-{}", std::process::id()))
    });
}

fuzz_target!(|bytes: &[u8]| {
    PATH.with(|path| {
        std::fs::write(&**path, bytes).unwrap();
        let whole = file::checked_safetensors(path).is_ok();
        let Ok(tensors) = file::read(path) else {
            assert!(!whole);
            return;
        };
        for (name, tensor) in &tensors {
            let wanted = tensor.shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
            if name.is_empty() || wanted.is_none_or(|n| n > 1 << 20) {
                continue; // no network has this shape, so the values are not read
            }
            if let (Ok(values), Ok(kind)) = (tensor.bytes(), &tensor.kind) {
                let size = match kind {
                    file::Kind::F64 => 8,
                    file::Kind::F32 => 4,
                    file::Kind::F16 | file::Kind::Bf16 => 2,
                };
                assert_eq!(values.len(), wanted.unwrap() * size);
            }
        }
    });
});
