//! Every damaged file of `tests/malformed` gives exactly its message in `expected.tsv`, quickly and with little memory.
//! `BLESS=1 cargo test -p scannet --test malformed` updates the messages.

use scannet::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The system's allocator, counting the bytes that are allocated.
struct Counting;
static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls go to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads a file: its contents in brief, or the error.
fn read(kind: &str, path: &Path) -> Result<String> {
    let array = |what: fn(&npy::Array<'_>) -> Result<String, Problem>| {
        let bytes = std::fs::read(path).unwrap();
        npy::Array::parse(&bytes).and_then(|a| what(&a)).map_err(|p| p.at(path))
    };
    let table = || LabelTable::parse(b"raw_category\tnyu40id\nwall\t1\nchair\t5\n").unwrap();
    // Labels of four vertices in two segments.
    let labels = |segments: &Segments, objects: &Aggregation| {
        let labels =
            ScanLabels::from_objects("scene0000_00", 4, segments, objects, &table()).map_err(|p| p.at(path))?;
        Ok(format!("accepted: {:?}", labels.segment20))
    };
    match kind {
        "ply" => read_mesh(path).map(|m| format!("accepted: {} vertices, {} faces", m.coord.len(), m.faces.len())),
        "segs_json" => labels(&Segments::read(path)?, &Aggregation::default()),
        "aggregation_json" => {
            let segments = Segments { seg_indices: vec![0, 0, 1, 1], ..Segments::default() };
            labels(&segments, &Aggregation::read(path)?)
        }
        "label_table" => LabelTable::read(path)
            .map(|t| format!("accepted: {} rows; {}", t.rows().len(), t.faults().join("; ")).trim_end().to_owned()),
        "npy_points" => array(|a| a.points().map(|p| format!("accepted: {p:?}"))),
        "npy_labels" => array(|a| a.labels().map(|l| format!("accepted: {l:?}"))),
        other => panic!("there is no reader for {other}"),
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_damaged_file_gives_its_message() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/malformed");
    let (mut found, mut surprising) = (String::new(), Vec::new());
    for folder in sorted(&root).into_iter().filter(|p| p.is_dir()) {
        let kind = folder.file_name().unwrap().to_str().unwrap();
        for path in sorted(&folder) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let size = std::fs::metadata(&path).unwrap().len() as usize;
            PEAK.store(HELD.load(Ordering::Relaxed), Ordering::Relaxed);
            let (held, start) = (HELD.load(Ordering::Relaxed), Instant::now());
            let result = read(kind, &path);
            let (peak, took) = (PEAK.load(Ordering::Relaxed) - held, start.elapsed());
            assert!(peak < 1_000_000 + 100 * size, "{kind}/{name}: {peak} bytes were allocated for a file of {size}");
            assert!(took < Duration::from_secs(2), "{kind}/{name}: {took:?}");
            if result.is_ok() != name.starts_with("accepted_") {
                surprising.push(format!("{kind}/{name}: {result:?}"));
            }
            let line = result.unwrap_or_else(|e| {
                let message = e.to_string();
                let text = message.strip_suffix(&format!(": {}", path.display()));
                text.unwrap_or_else(|| panic!("the path is not at the end: {message}")).to_owned()
            });
            assert!(!line.contains(['\n', '\t', '\r']) && line.len() < 500, "{kind}/{name}: {line:?}");
            found += &format!("{kind}/{name}\t{line}\n");
        }
    }
    assert!(surprising.is_empty(), "{surprising:#?}");
    let table = root.join("expected.tsv");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&table, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&table).unwrap();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
