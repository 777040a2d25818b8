//! Meshes: round trips, layouts other than ScanNet's, and damaged and malicious files.

use scannet::{ColoredCloud, Mesh, parse_mesh, read_mesh, write_colored_cloud, write_labels_ply, write_mesh};

fn square() -> Mesh {
    Mesh {
        coord: vec![[0., 0., 0.], [1., 0., 0.5], [1., 1., 0.], [-0.25, 1., 3.0e-5]],
        color: Some(vec![[255, 0, 1], [2, 3, 4], [5, 6, 7], [8, 9, 250]]),
        faces: vec![[0, 1, 2], [0, 2, 3]],
        ..Mesh::default()
    }
}

/// A PLY file with a header, with LF or CRLF, and a binary payload.
fn ply(format: &str, lines: &[&str], end: &str, payload: &[u8]) -> Vec<u8> {
    let mut text = format!("ply{end}format {format} 1.0{end}");
    lines.iter().for_each(|l| text += &format!("{l}{end}"));
    text += &format!("end_header{end}");
    [text.as_bytes(), payload].concat()
}

const XYZ: [&str; 3] = ["property float x", "property float y", "property float z"];
const LE: &str = "binary_little_endian";

fn cloud_header(vertices: &str) -> Vec<String> {
    [&[format!("element vertex {vertices}")][..], &XYZ.map(String::from)].concat()
}

fn xyz(vertices: &str, more: &[&str], payload: &[u8]) -> Vec<u8> {
    let head = cloud_header(vertices);
    let lines: Vec<&str> = head.iter().map(String::as_str).chain(more.iter().copied()).collect();
    ply(LE, &lines, "\n", payload)
}

const FACES: &str = "property list uchar int vertex_indices";

#[test]
fn scannet_meshes_round_trip() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scene0000_00_vh_clean_2.ply");
    write_mesh(&path, &square()).unwrap();
    assert_eq!(read_mesh(&path).unwrap(), square());
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes.len() - bytes.windows(11).position(|w| w == b"end_header\n").unwrap() - 11, 4 * 16 + 2 * 13);
}

#[test]
fn label_meshes_have_nyu40_ids_and_official_colours() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.labels.ply");
    write_labels_ply(&path, &square(), &[0, 1, 39, 149]).unwrap();
    let back = read_mesh(&path).unwrap();
    assert_eq!(back.label.unwrap(), [0, 1, 39, 149]);
    assert_eq!(back.color.unwrap(), [[0, 0, 0], [174, 199, 232], [82, 84, 163], [0, 0, 0]]);
    let message = write_labels_ply(&path, &square(), &[0, 1, -1, 2]).unwrap_err().to_string();
    assert!(message.contains("-1 is not a NYU40 id"), "{message}");
    let message = write_labels_ply(&path, &square(), &[0]).unwrap_err().to_string();
    assert!(message.contains("1 colours for 4 vertices"), "{message}");
}

#[test]
fn coloured_clouds_round_trip() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.ply");
    let mesh = square();
    let color = mesh.color.as_ref().unwrap();
    let label = Some(("label", [-1, 2, 3, 4].as_slice()));
    let confidence = Some([0.25, 0.5, 0.75, 1.0f32].as_slice());
    let cloud = ColoredCloud { coord: &mesh.coord, offset: [0.0; 3], color, label, confidence, faces: None };
    write_colored_cloud(&path, &cloud).unwrap();
    let back = read_mesh(&path).unwrap();
    assert_eq!((back.label.as_deref(), back.faces.len()), (Some(&[-1, 2, 3, 4][..]), 0));
    assert_eq!((&back.coord, &back.color), (&mesh.coord, &mesh.color));
    assert!(back.notes.is_empty(), "{:?}", back.notes);
    // the last property of a vertex
    let bytes = std::fs::read(&path).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("property int label\nproperty float confidence\nend_header\n"));
    assert_eq!(bytes[bytes.len() - 4..], 1.0f32.to_le_bytes());
    let wrong = ColoredCloud { confidence: Some(&[0.5]), ..cloud };
    let message = write_colored_cloud(&path, &wrong).unwrap_err().to_string();
    assert!(message.contains("1 confidences for 4 vertices"), "{message}");
}

#[test]
fn coordinates_far_away_keep_their_millimetres() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("far.ply");
    let doubles = ["element vertex 2", "property double x", "property double y", "property double z"];
    let values = [691_234.001, 5_334_567.25, 519.0, 691_234.002, 5_334_567.5, 520.0f64];
    let mesh = parse_mesh(&ply(LE, &doubles, "\n", &values.map(f64::to_le_bytes).concat())).unwrap();
    assert_eq!(mesh.offset, [691_200.0, 5_334_600.0, 0.0]);
    assert!(
        (mesh.coord[1][0] - mesh.coord[0][0] - 0.001).abs() < 1e-5 && mesh.coord[0][1] == -32.75,
        "{:?}",
        mesh.coord
    );
    assert!(mesh.notes[0].starts_with("691200, 5334600 and 0 are subtracted"), "{:?}", mesh.notes);
    // written where it was
    write_mesh(&path, &mesh).unwrap();
    let back = read_mesh(&path).unwrap();
    assert_eq!((&back.coord, back.offset), (&mesh.coord, mesh.offset));
    let near = values.map(|v| v % 100.0);
    let near = parse_mesh(&ply(LE, &doubles, "\n", &near.map(f64::to_le_bytes).concat())).unwrap();
    assert_eq!((near.offset, near.notes.len()), ([0.0; 3], 0));
}

/// Every layout below has the mesh [`square`].
#[test]
fn other_layouts_give_the_same_mesh() {
    let mesh = square();
    let color = mesh.color.clone().unwrap();
    let mut ascii = String::new();
    for (p, c) in mesh.coord.iter().zip(&color) {
        ascii += &format!("{} {} {} {} {} {}\n", c[0], c[1], c[2], p[0], p[1], p[2]);
    }
    let ascii_header = [
        "comment end_header is what this line is not",
        "element vertex 4",
        "property uchar red",
        "property uchar green",
        "property uchar blue",
        "property double x",
        "property double y",
        "property double z",
        "element face 2",
        "property list uchar uint vertex_index",
    ];
    let body = format!("{ascii}3 0 1 2\n3 0 2 3");
    assert_eq!(parse_mesh(&ply("ascii", &ascii_header, "\n", body.as_bytes())).unwrap(), mesh);
    let crlf = format!("{body}\n\n").replace('\n', "\r\n");
    assert_eq!(parse_mesh(&ply("ascii", &ascii_header, "\r\n", crlf.as_bytes())).unwrap(), mesh);

    for big in [false, true] {
        let mut payload = Vec::new();
        for (p, c) in mesh.coord.iter().zip(&color) {
            for v in p.map(f64::from) {
                payload.extend(if big { v.to_be_bytes() } else { v.to_le_bytes() });
            }
            payload.extend(c);
        }
        // One quad instead of the two triangles, and an edge before it, which is ignored.
        payload.extend([9, 9]);
        payload.push(4);
        for v in 0..4i32 {
            payload.extend(if big { v.to_be_bytes() } else { v.to_le_bytes() });
        }
        let header = [
            "element vertex 4",
            "property double x",
            "property double y",
            "property double z",
            "property uchar red",
            "property uchar green",
            "property uchar blue",
            "element edge 2",
            "property uchar kind",
            "element face 1",
            FACES,
        ];
        let format = if big { "binary_big_endian" } else { LE };
        let mut read = parse_mesh(&ply(format, &header, "\r\n", &payload)).unwrap();
        assert_eq!(read.notes.len(), 2, "{:?}", read.notes);
        read.notes.clear();
        assert_eq!(read, mesh);
    }
}

#[test]
fn polygons_in_scannets_layout_are_cut_and_counted() {
    let mut payload = vec![0u8; 5 * 12];
    payload.extend([3, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    payload.extend([5, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]);
    payload.extend([2, 0, 0, 0, 0, 1, 0, 0, 0]);
    let mesh = parse_mesh(&xyz("5", &["element face 3", FACES], &payload)).unwrap();
    assert_eq!(mesh.faces, [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4]]);
    assert_eq!(mesh.notes.len(), 2);
}

#[test]
fn ascii_numbers_as_c_programs_print_them_are_read() {
    let header = ["element vertex 2", XYZ[0], XYZ[1], XYZ[2]];
    let mesh = parse_mesh(&ply("ascii", &header, "\n", b"1. .5 -1.e-2\n+2 0 1E3\n")).unwrap();
    assert_eq!(mesh.coord, [[1.0, 0.5, -0.01], [2.0, 0.0, 1000.0]]);
}

#[test]
fn normals_and_real_colours_are_read() {
    let header = [
        "element vertex 1",
        XYZ[0],
        XYZ[1],
        XYZ[2],
        "property float nx",
        "property float ny",
        "property float nz",
        "property float red",
        "property float green",
        "property float blue",
    ];
    let mesh = parse_mesh(&ply("ascii", &header, "\n", b"0 0 0 0 0 1 1 0.5 0\n")).unwrap();
    assert_eq!((mesh.normal, mesh.color), (Some(vec![[0., 0., 1.]]), Some(vec![[255, 128, 0]])));
}

#[test]
fn damaged_and_malicious_files_give_an_error() {
    let face = |i: [i32; 3]| [&[3u8][..], &i.map(i32::to_le_bytes).concat()].concat();
    let point = |x: f32| [x, 0., 0.].map(f32::to_le_bytes).concat();
    let mesh1 = |faces: &[u8]| {
        let payload = [point(1.0), faces.to_vec()].concat();
        xyz("1", &["element face 1", FACES], &payload)
    };
    let ascii = |vertices: &str, body: &str| {
        let head = cloud_header(vertices);
        ply("ascii", &head.iter().map(String::as_str).collect::<Vec<_>>(), "\n", body.as_bytes())
    };
    let nothing: &[u8] = b"";
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty file", vec![], "0 bytes"),
        ("not a ply", b"no scan\n".to_vec(), "does not start with 'ply'"),
        ("no end_header", b"ply\nformat ascii 1.0\nelement vertex 1\n".to_vec(), "no 'end_header'"),
        ("no format", b"ply\nelement vertex 1\nproperty float x\nend_header\n".to_vec(), "not a readable PLY"),
        ("unknown type", ply(LE, &["element vertex 1", "property flort x"], "\n", &[0; 4]), "not a readable PLY"),
        ("negative count", xyz("-5", &[], nothing), "not a readable PLY"),
        ("count beyond u64", xyz("99999999999999999999999", &[], nothing), "not a readable PLY"),
        ("count beyond the file", xyz("4000000000", &["element face 1", FACES], nothing), "truncated"),
        ("count that overflows", xyz("18446744073709551615", &[], nothing), "truncated"),
        ("no properties", ply(LE, &["element vertex 50000000"], "\n", nothing), "'vertex' has no properties"),
        ("other element without properties", xyz("1", &["element edge 9000000000"], &point(1.)), "'edge' has no"),
        ("property twice", ply(LE, &["element vertex 1", XYZ[0], XYZ[0]], "\n", &[0; 8]), "twice"),
        ("element twice", xyz("1", &["element vertex 1", XYZ[0]], &[0; 16]), "twice"),
        ("no vertices", xyz("0", &[], nothing), "no vertices"),
        ("no vertex element", ply(LE, &["element face 0", FACES], "\n", nothing), "no element 'vertex'"),
        ("no z", ply(LE, &["element vertex 1", XYZ[0], XYZ[1]], "\n", &[0; 8]), "no property 'z'"),
        ("truncated vertices", xyz("1000", &[], &[0; 600 * 12 + 5]), "truncated"),
        ("truncated faces", mesh1(&face([0, 0, 0])[..9]), "truncated"),
        ("trailing bytes", xyz("1", &[], &[0; 21]), "9 bytes follow"),
        ("trailing text", ascii("1", "0 0 0\n1 1 1\n"), "bytes follow"),
        ("nan", xyz("1", &[], &point(f32::NAN)), "vertex 0 has a coordinate that is not finite (NaN)"),
        ("inf", xyz("2", &[], &[point(0.), point(f32::NEG_INFINITY)].concat()), "vertex 1 has a coordinate"),
        ("ascii nan", ascii("2", "0 0 0\n0 nan 0\n"), "vertex 1 has a coordinate that is not finite (NaN)"),
        ("ascii beyond f32", ascii("1", "1e300 0 0\n"), "not finite"),
        ("ascii word", ascii("1", "0 zero 0\n"), "'zero' is not a number"),
        ("ascii short line", ascii("1", "0 0\n 0"), "vertex 0"),
        (
            "ascii truncated",
            ascii("3", "0.25 0.25 0.25\n0.25 0.25 0.25\n\n\n"),
            "promises 3 records of 'vertex', but the file ends in or before number 3",
        ),
        ("face index", mesh1(&face([0, 0, 7])), "face 0 refers to vertex 7, but there are 1 vertices"),
        ("negative face index", mesh1(&face([0, -1, 0])), "face 0 refers to vertex -1"),
        ("polygon index", mesh1(&[&[4u8][..], &[9; 16]].concat()), "face 0 refers to vertex"),
        (
            "list bomb",
            {
                let header = [
                    "element vertex 1",
                    XYZ[0],
                    XYZ[1],
                    XYZ[2],
                    "element face 1",
                    "property list uint int vertex_indices",
                ];
                ply(LE, &header, "\n", &[point(1.), vec![0xff; 4]].concat())
            },
            "truncated",
        ),
        (
            "negative list",
            {
                let header = [
                    "element vertex 1",
                    XYZ[0],
                    XYZ[1],
                    XYZ[2],
                    "element face 1",
                    "property list int int vertex_indices",
                ];
                ply(LE, &header, "\n", &[point(1.), vec![0xff; 4]].concat())
            },
            "not a readable PLY",
        ),
        (
            "face of reals",
            {
                let header = [
                    "element vertex 1",
                    XYZ[0],
                    XYZ[1],
                    XYZ[2],
                    "element face 1",
                    "property list uchar float vertex_indices",
                ];
                ply(LE, &header, "\n", &[point(1.), vec![1, 0, 0, 0, 0]].concat())
            },
            "not a readable PLY",
        ),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, expected) in cases {
        let path = dir.path().join("scan.ply");
        std::fs::write(&path, bytes).unwrap();
        let message = read_mesh(&path).expect_err(name).to_string();
        assert!(message.contains(expected), "{name}: {message}");
        assert!(message.ends_with("scan.ply") && message.len() < 500, "{name}: {message}");
    }
    let message = read_mesh(dir.path().join("none.ply")).unwrap_err().to_string();
    assert!(message.contains("check the path"), "{message}");
    assert!(read_mesh(dir.path()).unwrap_err().to_string().contains("folder"));
}

/// A valid file that is cut anywhere, or has any byte changed, never causes a panic.
#[test]
fn damage_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.ply");
    write_mesh(&path, &square()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        assert!(parse_mesh(&whole[..cut]).is_err(), "cut at {cut}");
    }
    for at in 0..whole.len() {
        for value in [0, b'0', b'9', b' ', b'\n', 0xff, whole[at] ^ 1] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            let _ = parse_mesh(&damaged);
        }
    }
}

/// The colours 0, 51 and 255 of three vertices in every form that programs write.
#[test]
fn colours_of_other_names_types_and_ranges_are_read_and_said() {
    let channels = [[0u8, 51, 255], [51, 255, 0], [255, 0, 51]];
    let cloud = |lines: &[String], color: &dyn Fn([u8; 3]) -> Vec<u8>| {
        let mut payload = Vec::new();
        channels.iter().for_each(|&c| payload.extend([vec![0; 12], color(c)].concat()));
        let lines: Vec<String> = [cloud_header("3"), lines.to_vec()].concat();
        parse_mesh(&ply(LE, &lines.iter().map(String::as_str).collect::<Vec<_>>(), "\n", &payload))
    };
    let named = |kind: &str, names: [&str; 3]| names.map(|n| format!("property {kind} {n}")).to_vec();
    let rgb = ["red", "green", "blue"];
    let float = |scale: f32| move |c: [u8; 3]| c.iter().flat_map(|&c| (f32::from(c) * scale).to_le_bytes()).collect();
    let harmonic = |c: [u8; 3]| {
        c.iter().flat_map(|&c| ((f32::from(c) / 255.0 - 0.5) / 0.282_094_8).to_le_bytes()).collect::<Vec<u8>>()
    };
    let wide = |c: [u8; 3]| c.iter().flat_map(|&c| (u16::from(c) * 257).to_le_bytes()).collect::<Vec<u8>>();
    let packed = |c: [u8; 3]| vec![c[2], c[1], c[0], 255];
    let one = |line: &str| vec![line.to_owned()];
    for (lines, color, note) in [
        (named("float", rgb), &float(1.0) as &dyn Fn([u8; 3]) -> Vec<u8>, "which reach 255, are read as 0 to 255"),
        (named("float", rgb), &float(1.0 / 255.0), "which reach 1, are read as 0 to 1"),
        (named("float", rgb), &float(257.0), "are read as 0 to 65535"),
        (named("ushort", rgb), &wide, "which reach 65535, are read as 0 to 65535"),
        (named("uchar", ["diffuse_red", "diffuse_green", "diffuse_blue"]), &|c| c.to_vec(), "diffuse_red"),
        (named("uchar", ["r", "g", "b"]), &|c| c.to_vec(), "colours r, g, b are read as 0 to 255"),
        (named("float", ["f_dc_0", "f_dc_1", "f_dc_2"]), &harmonic, "from the harmonics f_dc_0"),
        (one("property float rgb"), &packed, "from the bits of 'rgb'"),
        (one("property uint rgba"), &packed, "from the bits of 'rgba'"),
        (one("property int rgb"), &packed, "from the bits of 'rgb'"),
    ] {
        let mesh = cloud(&lines, color).unwrap();
        assert_eq!(mesh.color.as_deref(), Some(&channels[..]), "{lines:?}");
        assert!(mesh.notes.len() == 1 && mesh.notes[0].contains(note), "{:?}", mesh.notes);
    }
    // bytes with an outlier, or 12 bits
    let problem = cloud(&named("float", rgb), &float(3.0)).unwrap_err();
    assert!(problem.to_string().contains("colours up to 765 fit neither 0 to 255 nor 0 to 65535"), "{problem}");
    let usual = cloud(&named("uchar", rgb), &|c| c.to_vec()).unwrap();
    assert!(usual.color.is_some() && usual.notes.is_empty());
    let other =
        cloud(&[named("uchar", rgb), one("property float quality")].concat(), &|c| [c.to_vec(), vec![0; 4]].concat())
            .unwrap();
    assert_eq!(other.notes, ["other properties of the vertices are left out: quality"]);
}
