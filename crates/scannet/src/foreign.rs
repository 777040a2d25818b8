//! Recognises files that are something else than they should be, by their first bytes.

/// What a file is, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// What it is, such as "a web page".
    pub what: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const UNPACK: &str = "unpack it and give the file inside";
const AGAIN: &str = "fetch the file again";
const CONVERT: &str = "convert it to PLY, for example with CloudCompare or MeshLab";
const LOGIN: &str = "the server sent this page instead of the file, often because of a login; fetch the file again";
const PCD: &str = "convert it to PLY, for example with pcl_pcd2ply or CloudCompare";
const LAS: &str = "convert it to PLY, for example with CloudCompare or 'pdal translate'";
const NUMPY: &str = "write it as PLY, for example with the Python packages plyfile or open3d";
const STL: &str = "an STL mesh, which has no colours";
const UTF8: &str = "save it as UTF-8";
const NO_SCAN: &str = "give a scan as PLY";

/// First bytes, what begins with them, and what to do: files that came broken or packed.
const BROKEN: [(&[u8], &str, &str); 12] = [
    (b"version https://git-lfs", "a Git LFS pointer in place of the file", "fetch the file itself with 'git lfs pull'"),
    (b"PK\x03\x04", "a zip archive", UNPACK),
    (b"PK\x05\x06", "an empty zip archive", AGAIN),
    (b"\x1f\x8b", "compressed with gzip", "unpack it with gunzip"),
    (b"BZh", "compressed with bzip2", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with unzstd"),
    (b"\xff\xfe", "a text in UTF-16", UTF8),
    (b"\xfe\xff", "a text in UTF-16", UTF8),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"\0\0\0\0\0\0\0\0", "filled with zeros, as after an interrupted download", AGAIN),
];

/// The same for files of other formats where a scan belongs.
const OTHERS: [(&[u8], &str, &str); 18] = [
    (b"# .PCD", "a PCD cloud", PCD),
    (b"VERSION 0.7", "a PCD cloud", PCD),
    (b"VERSION .7", "a PCD cloud", PCD),
    (b"LASF", "a LAS or LAZ cloud", LAS),
    (b"ASTM-E57", "an E57 cloud", CONVERT),
    (b"glTF", "a glTF model", CONVERT),
    (b"Kaydara FBX", "an FBX model", CONVERT),
    (b"solid ", STL, CONVERT),
    (b"OFF\n", "an OFF mesh", CONVERT),
    (b"COFF\n", "an OFF mesh", CONVERT),
    (b"\x89HDF", "an HDF5 file", NUMPY),
    (b"\x93NUMPY", "a NumPy array", NUMPY),
    (b"%PDF", "a PDF document", NO_SCAN),
    (b"\x89PNG", "an image", NO_SCAN),
    (b"\xff\xd8\xff", "an image", NO_SCAN),
    (b"\x04\0\0\0", "a .sens capture", "give the mesh that was made from it, such as _vh_clean_2.ply"),
    (b"{", "JSON", NO_SCAN),
    (b"<?xml", "XML", NO_SCAN),
];

fn known(list: &[(&[u8], &'static str, &'static str)], bytes: &[u8]) -> Option<Foreign> {
    let &(_, what, remedy) = list.iter().find(|(start, ..)| bytes.starts_with(start))?;
    Some(Foreign { what, remedy })
}

/// What a file of any kind is, if it came broken or packed.
pub fn broken(bytes: &[u8]) -> Option<Foreign> {
    let text = start_of_text(bytes);
    let page = text.starts_with("<!doctype html") || text.starts_with("<html");
    known(&BROKEN, bytes).or_else(|| page.then_some(Foreign { what: "a web page", remedy: LOGIN }))
}

/// What a file is that should be a scan, if it begins like one of the formats that people have.
///
/// - `bytes`: its first thousand or so
/// - `length`: of the file
pub(crate) fn no_scan(bytes: &[u8], length: u64) -> Option<Foreign> {
    // a header of any 80 bytes, often zeros, which files in STL alone follow with this number of triangles of 50 bytes
    let triangles = bytes.get(80..84).map(|count| u32::from_le_bytes([count[0], count[1], count[2], count[3]]));
    if triangles.is_some_and(|count| count > 0 && 84 + 50 * u64::from(count) == length) {
        return Some(Foreign { what: STL, remedy: CONVERT });
    }
    if let Some(found) = broken(bytes) {
        return Some(found);
    }
    if bytes.starts_with(b"{") && start_of_text(bytes).contains("\"asset\"") {
        return Some(Foreign { what: "a glTF model of several files", remedy: "save it as GLB, which is one file" });
    }
    if let Some(found) = known(&OTHERS, bytes) {
        return Some(found);
    }
    if is_dxf(&start_of_text(bytes)) {
        return Some(Foreign { what: "a DXF drawing", remedy: CONVERT });
    }
    Some(match text_scan(bytes)? {
        TextScan::Obj => Foreign { what: "an OBJ mesh", remedy: CONVERT },
        TextScan::Numbers => Foreign {
            what: "a text of numbers",
            remedy: "convert it to PLY, for example by opening it as an ASCII cloud in CloudCompare",
        },
    })
}

/// A scan in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextScan {
    /// A mesh or cloud in Wavefront's OBJ.
    Obj,
    /// A line of numbers for each point, perhaps after a line of names.
    Numbers,
}

/// What programs call the columns of coordinates in texts, in lower case: most of them, surveyors, ParaView, and
/// programs with columns of several kinds.
pub const COORDINATES: [[&str; 3]; 6] = [
    ["x", "y", "z"],
    ["easting", "northing", "elevation"],
    ["easting", "northing", "height"],
    ["points:0", "points:1", "points:2"],
    ["pos_x", "pos_y", "pos_z"],
    ["position_x", "position_y", "position_z"],
];

/// What scan a text file has, by its beginning; `None` if it seems to have none.
pub fn text_scan(bytes: &[u8]) -> Option<TextScan> {
    let text = start_of_text(bytes);
    if is_dxf(&text) {
        return None;
    }
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', '/', '%']))?;
    let first = line.split_whitespace().next()?;
    if ["v", "vn", "vt", "mtllib", "usemtl", "o", "g"].contains(&first) {
        return Some(TextScan::Obj);
    }
    let words = || line.split([' ', ',', ';', '\t']).map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
    // in a line of points, something may have no number
    let numbers = words().take(3).all(|word| word.parse::<f64>().is_ok()) && words().next().is_some();
    let has = |axes: [&str; 3]| axes.iter().all(|axis| words().any(|name| name == *axis));
    let named = COORDINATES.into_iter().any(has);
    (numbers || named).then_some(TextScan::Numbers)
}

fn is_dxf(text: &str) -> bool {
    text.lines().map(str::trim).take(2).eq(["0", "section"])
}

/// How much of a text is looked at: it may begin with comments.
const BEGINNING: usize = 1 << 16;

/// The beginning as text in lower case.
fn start_of_text(bytes: &[u8]) -> String {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(BEGINNING)]);
    start.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognised_by_their_beginning() {
        for (bytes, what) in [
            (&b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"[..], "Git LFS pointer"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\xef\xbb\xbf\n <HTML lang=en>", "web page"),
            (b"PK\x03\x04\x14\0", "zip archive"),
            (b"\xff\xfe0\0 \0", "UTF-16"),
            (b"# .PCD v0.7\nVERSION 0.7\n", "PCD"),
            (b"LASF\0\0", "LAS"),
            (b"# made by hand\n\nv 0 0 0\n", "OBJ"),
            (b"mtllib a.mtl\n", "OBJ"),
            (b"// x y z\n1.5 2 -3e2 255 0 1\n", "numbers"),
            (b"1,2,3\n", "numbers"),
            (b"% made by hand\n1 2 3\n", "numbers"),
            (b"Easting,Northing,Elevation\n1,2,3\n", "numbers"),
            (b"v\t0\t0\t0\n", "OBJ"),
            (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "DXF"),
            (b"X;Y;Z;Intensity\n1;2;3;4\n", "numbers"),
            (b"{\"asset\":{\"version\":\"2.0\"}}", "glTF"),
            (b"{\"a\":1}", "JSON"),
            (b"usemtl a\nvn 0 0 1\n", "OBJ"),
            (b"\0\0\0\0\0\0\0\0\0", "zeros"),
            (b"<?xml version=\"1.0\"?>", "XML"),
        ] {
            assert!(no_scan(bytes, 0).unwrap().what.contains(what), "{what}");
        }
        assert_eq!(broken(b"LASF"), None);
        for bytes in [&b""[..], b"ply", b"no scan", b"\xff", b"# only a comment", b"1 2 x"] {
            assert_eq!(no_scan(bytes, 0), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_binary_stl_is_known_by_its_length() {
        let mut stl = vec![0u8; 84 + 2 * 50];
        stl[80] = 2;
        let what = |length| no_scan(&stl, length).unwrap().what;
        assert_eq!((what(184), what(185)), (STL, "filled with zeros, as after an interrupted download"));
    }
}
