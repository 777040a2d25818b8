//! The zip that `torch.save` writes for a state dict: a pickle of names, shapes and storages, and each storage's bytes.
//!
//! The pickle, in protocol 2, is an ordered dictionary whose values are calls of `torch._utils._rebuild_tensor_v2`; it
//! names nothing that `torch.load(…, weights_only=True)` forbids. See
//! <https://docs.python.org/3/library/pickletools.html> for the instructions and
//! <https://docs.pytorch.org/docs/stable/notes/serialization.html> for the archive.

use super::{Named, Values};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The folder that all entries are in; `torch.save` takes the file's name, which readers do not depend on.
const FOLDER: &str = "archive";

/// What PyTorch aligns the storages to, so that they can be mapped into memory.
const ALIGNMENT: u16 = 64;

/// The file's bytes.
pub(super) fn write(tensors: &[Named]) -> Vec<u8> {
    archive(tensors).expect("a zip of small entries in memory")
}

fn archive(tensors: &[Named]) -> zip::result::ZipResult<Vec<u8>> {
    // a fixed time, so that the same weights give the same bytes
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .with_alignment(ALIGNMENT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut entry = |name: &str, bytes: &[u8]| {
        let large = bytes.len() as u64 > u64::from(u32::MAX) - (1 << 20);
        zip.start_file(format!("{FOLDER}/{name}"), options.large_file(large))?;
        zip.write_all(bytes)?;
        zip::result::ZipResult::Ok(())
    };
    entry("data.pkl", &pickle(tensors))?;
    entry("byteorder", b"little")?;
    for (key, tensor) in tensors.iter().enumerate() {
        entry(&format!("data/{key}"), tensor.bytes())?;
    }
    entry("version", b"3\n")?;
    Ok(zip.finish()?.into_inner())
}

fn pickle(tensors: &[Named]) -> Vec<u8> {
    let mut p = Pickle(vec![0x80, 2]);
    p.ordered_dict();
    p.mark();
    for (key, tensor) in tensors.iter().enumerate() {
        p.text(&tensor.name);
        p.tensor(tensor, key);
    }
    p.0.extend(b"u."); // SETITEMS, STOP
    p.0
}

struct Pickle(Vec<u8>);

impl Pickle {
    fn mark(&mut self) {
        self.0.push(b'(');
    }

    fn tuple(&mut self) {
        self.0.push(b't');
    }

    /// Calls what lies below the tuple of arguments.
    fn call(&mut self) {
        self.0.push(b'R');
    }

    fn global(&mut self, module: &str, name: &str) {
        self.0.extend(format!("c{module}\n{name}\n").bytes());
    }

    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.bytes());
    }

    fn int(&mut self, value: usize) {
        match i32::try_from(value) {
            Ok(value) => {
                self.0.push(b'J');
                self.0.extend(value.to_le_bytes());
            }
            Err(_) => {
                // LONG1 of nine bytes, the last of which is the sign
                self.0.extend([0x8a, 9]);
                self.0.extend((value as u64).to_le_bytes());
                self.0.push(0);
            }
        }
    }

    fn ints(&mut self, values: &[usize]) {
        self.mark();
        values.iter().for_each(|&v| self.int(v));
        self.tuple();
    }

    fn ordered_dict(&mut self) {
        self.global("collections", "OrderedDict");
        self.0.push(b')');
        self.call();
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
    fn tensor(&mut self, tensor: &Named, key: usize) {
        let storage = if matches!(tensor.values, Values::Floats(_)) { "FloatStorage" } else { "LongStorage" };
        let elements: usize = tensor.shape.iter().product();
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.mark();
        self.mark();
        self.text("storage");
        self.global("torch", storage);
        self.text(&key.to_string());
        self.text("cpu");
        self.int(elements);
        self.tuple();
        self.0.push(b'Q'); // the storage of this description
        self.int(0);
        self.ints(&tensor.shape);
        let mut strides = vec![1; tensor.shape.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * tensor.shape[axis];
        }
        self.ints(&strides);
        self.0.push(0x89); // False
        self.ordered_dict();
        self.tuple();
        self.call();
    }
}
