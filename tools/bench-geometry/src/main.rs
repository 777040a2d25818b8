//! `bench-geometry prepare WORK SCANS` writes the input. `bench-geometry serve WORK` runs one measurement for each line
//! `CASE IMPLEMENTATION` that it reads and answers `MILLISECONDS HASH`. `bench.py` drives it, interleaved with the
//! others.

mod cases;
mod peers;
#[path = "../../../crates/pointops/benches/scene/mod.rs"]
mod scene;

use pointops::{farthest_point_sample, farthest_point_sample_batch};
use scannet::{RawDataset, RawOptions, npy};
use scene::{CHUNK_POINTS, CHUNKS, gather};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

/// The allocator of the `scanseg` command, which keeps freed memory. The system's returns large results to the kernel
/// each time, and page faults would be timed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Points = Vec<[f32; 3]>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The scan whose files are read.
const SCAN: &str = "scene9000_00";

fn main() -> Result<(), Failure> {
    // SAFETY: any option may be set at any time. This one is how long memory is kept; −1 means forever.
    unsafe { libmimalloc_sys::mi_option_set(15, -1) };
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "prepare", work, scans] => prepare(Path::new(work), scans.parse()?),
        [_, "serve", work] => serve(Path::new(work)),
        _ => Err("usage: bench-geometry prepare WORK SCANS | bench-geometry serve WORK".into()),
    }
}

/// Writes the scene of the criterion benches, and a raw folder of generated scans: a few rooms, each linked under many
/// names.
fn prepare(work: &Path, scans: usize) -> Result<(), Failure> {
    std::fs::create_dir_all(work)?;
    let scene = scene::scene();
    let chosen = farthest_point_sample_batch(&scene.chunks, CHUNKS, 1024, 0)?;
    let pairs = chosen.chunks_exact(1024).zip(scene.chunks.chunks_exact(CHUNK_POINTS));
    let chunk_centers: Points = pairs.flat_map(|(chosen, chunk)| gather(chunk, chosen)).collect();
    let centers = gather(&scene.points, &farthest_point_sample(&scene.points, 8192, 0)?);
    for (name, points) in
        [("scene", &scene.points), ("chunks", &scene.chunks), ("centers", &centers), ("chunk_centers", &chunk_centers)]
    {
        std::fs::write(work.join(format!("{name}.npy")), npy::encode_points(points, false))?;
    }
    // The spacing gives about 150,000 vertices per scan.
    const ROOMS: usize = 4;
    let raw = work.join("raw");
    let config = roomscan::RoomsConfig { train: ROOMS, val: 0, spacing: 0.018, overwrite: true, ..Default::default() };
    let summary = roomscan::generate(&config, &raw, &|_| {})?;
    println!("{} vertices in {ROOMS} generated scans", summary.vertices);
    let mut names: Vec<String> = summary.scans.iter().map(|s| s.scan.clone()).collect();
    for i in ROOMS..scans.max(ROOMS) {
        let (from, to) = (names[i % ROOMS].clone(), format!("scene{:04}_01", i));
        std::fs::create_dir_all(raw.join("scans").join(&to))?;
        for entry in std::fs::read_dir(raw.join("scans").join(&from))? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().replace(&from, &to);
            let link = raw.join("scans").join(&to).join(file);
            if !link.exists() {
                std::fs::hard_link(&path, link)?;
            }
        }
        names.push(to);
    }
    std::fs::write(raw.join("splits/scannetv2_train.txt"), names.join("\n"))?;
    Ok(())
}

/// The input of all measurements.
struct Input {
    scene: Points,
    chunks: Points,
    centers: Points,
    chunk_centers: Points,
    raw: RawDataset,
    prepared: std::path::PathBuf,
}

fn serve(work: &Path) -> Result<(), Failure> {
    let read = |name: &str| -> Result<Points, Failure> {
        let bytes = std::fs::read(work.join(format!("{name}.npy")))?;
        Ok(npy::Array::parse(&bytes)?.points()?)
    };
    let input = Input {
        scene: read("scene")?,
        chunks: read("chunks")?,
        centers: read("centers")?,
        chunk_centers: read("chunk_centers")?,
        raw: RawDataset::open(work.join("raw"), &RawOptions::default())?,
        prepared: work.join("prepared"),
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (case, implementation) = line.split_once(' ').ok_or("write CASE IMPLEMENTATION")?;
        let pool = if case.ends_with("_2_threads") { &two } else { &one };
        let (milliseconds, hash) = pool.install(|| match implementation {
            "ours" => cases::run(case, &input),
            _ => peers::run(case, implementation, &input),
        })?;
        println!("{milliseconds} {hash}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Times a call and returns its result.
fn timed<T>(call: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = call();
    (start.elapsed().as_secs_f64() * 1e3, result)
}

/// A hash of a result, to compare it with those of the other drivers: the first digits of the SHA-256 of little-endian
/// 32-bit words.
fn hash(words: impl Iterator<Item = u32>) -> String {
    let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    scannet::sha256_hex(&bytes)[..12].to_owned()
}
