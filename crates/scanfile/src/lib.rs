//! Scans in the formats that scanners, phones and programs write, as the [`Mesh`] that the rest of the program takes.
//!
//! | format | what is read |
//! |---|---|
//! | PLY | see [`scannet::read_mesh`] |
//! | LAS, LAZ | coordinates and colours of all points |
//! | E57, PTX | the same, of all scans in the file, in one coordinate system |
//! | PCD | coordinates, colours and normals |
//! | OBJ | vertices, their colours if all have some, and faces |
//! | GLB (binary glTF) | triangles and points of its scene, turned so that +z is up |
//! | text (XYZ, PTS, CSV …) | a point in a line: x, y, z, then colours, by the names in the first line or by their place |
//!
//! A format is recognised by the first bytes of a file, not by its name. Points far from the origin, as in the
//! coordinates of a country, are moved towards it before they become 32-bit floats, by [`Mesh::offset`], and a note
//! says so; those of a PLY file only if it has 64 bits for them. Vertices are in the order of the file; those of a
//! cloud whose position is not finite are left out. Except in PLY, a scan may have a hundred million points.
//!
//! The libraries for some formats may panic on damaged files. Such a panic is caught and becomes an error, if panics unwind,
//! and a panic hook that the first read sets keeps it from being printed; other panics go to the hook before.
//!
//! ```
//! let path = std::env::temp_dir().join("scanfile-example.xyz");
//! std::fs::write(&path, "691234.25 5334567.5 519.0 255 0 0\n691234.5 5334567.5 519.0 0 255 0\n")?;
//! let mesh = scanfile::read_scan(&path)?;
//! assert_eq!(mesh.coord[1][0] - mesh.coord[0][0], 0.25);
//! assert_eq!(mesh.color.unwrap()[0], [255, 0, 0]);
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cloud;
mod e57;
mod glb;
mod las;
mod obj;
mod pcd;
mod ptx;
mod text;

use cloud::Cloud;
use scannet::{LeaveOut, Mesh, Problem, Result, TextScan};
use std::cell::Cell;
use std::io::Read;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;

/// Usual extensions of scans. `txt` is not among them: in a folder of many files, such may be lists or poses.
pub const EXTENSIONS: [&str; 12] = ["ply", "las", "laz", "e57", "ptx", "pcd", "obj", "glb", "xyz", "pts", "asc", "csv"];

/// How much of a file is looked at to tell its format.
const BEGINNING: u64 = 1 << 16;

/// Reads a scan that is to be labelled: labels in a PLY file do not matter, and colours that cannot be read are left out.
/// [`Mesh::notes`] says what was left out or changed.
///
/// # Errors
/// The file is unreadable, damaged or of no format in the table of the [crate's page](crate); it has no points, or a
/// mesh has coordinates that are not finite.
pub fn read_scan(path: impl AsRef<Path>) -> Result<Mesh> {
    read(path.as_ref(), LeaveOut { unreadable: true, unplaced: true })
}

/// [`read_scan`] for a scan whose labels matter too.
///
/// # Errors
/// Those of [`read_scan`], and of [`scannet::read_mesh`] for a PLY file.
pub fn read_mesh(path: impl AsRef<Path>) -> Result<Mesh> {
    read(path.as_ref(), LeaveOut { unplaced: true, ..LeaveOut::default() })
}

fn read(path: &Path, of_ply: LeaveOut) -> Result<Mesh> {
    let mut start = Vec::new();
    let reading = |cause| Problem::Read(cause).at(path);
    let (file, _) = scannet::source::open(path).map_err(reading)?;
    file.take(BEGINNING).read_to_end(&mut start).map_err(reading)?;
    let Some(read) = reader(&start) else {
        // the PLY reader knows what people give by mistake
        return scannet::read_scan(path, of_ply).map_err(|error| match error.problem {
            Problem::Ply(_) if !start.starts_with(b"ply") => unknown().at(path),
            _ => error,
        });
    };
    let cloud = guarded(|| read(path)).unwrap_or_else(|| Err(unreadable("scan", "it is damaged")));
    cloud.and_then(Cloud::into_mesh).map_err(|problem| problem.at(path))
}

thread_local! {
    /// Whether this thread is in [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls a reader of a library, which may panic on damaged files. `None` if it does; nothing is printed then.
fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                usual(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    result.ok()
}

type Reader = fn(&Path) -> Result<Cloud, Problem>;

/// The reader for a file that begins so; `None` for PLY and for what is no scan.
fn reader(start: &[u8]) -> Option<Reader> {
    let begins = |with: &[u8]| start.starts_with(with);
    if begins(b"ply") {
        None
    } else if begins(b"LASF") {
        Some(las::read)
    } else if begins(b"ASTM-E57") {
        Some(e57::read)
    } else if begins(b"# .PCD") || is_pcd(start) {
        Some(pcd::read)
    } else if begins(b"glTF") {
        Some(glb::read)
    } else {
        match scannet::text_scan(start)? {
            TextScan::Obj => Some(obj::read),
            TextScan::Numbers => Some(text::read),
        }
    }
}

/// Whether a file begins as PCD does after comments.
fn is_pcd(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    first.is_some_and(|line| [&b"VERSION"[..], b"FIELDS", b"COLUMNS"].iter().any(|word| line.starts_with(word)))
}

/// A file of no format.
fn unknown() -> Problem {
    let formats = EXTENSIONS.map(str::to_uppercase).join(", ");
    Problem::Mismatch {
        what: format!("not a scan in a supported format: {formats}, or a text with columns x, y and z"),
        remedy: "export it as binary PLY".into(),
    }
}

/// A file that claims a format and cannot be read.
fn unreadable(format: &str, cause: impl std::fmt::Display) -> Problem {
    // the standard library's words for it
    let mut cause = cause.to_string();
    if cause.contains("failed to fill whole buffer") {
        cause = "it is cut off, as after an interrupted download".into();
    }
    Problem::Mismatch {
        what: format!("not a readable {format} file: {cause}"),
        remedy: "export it again, or as binary PLY".into(),
    }
}
