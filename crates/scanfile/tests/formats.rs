//! The same points in every format.

use e57::{E57Writer, Record, RecordDataType, RecordName, RecordValue};
use las::point::Format;
use pcd_rs::{DataKind, DynRecord, DynWriter, Field, ValueKind, WriterInit};
use scanfile::read_scan;
use scannet::Mesh;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const COORD: [[f32; 3]; 4] = [[0.0, 0.0, 0.5], [1.25, 0.0, 0.5], [1.25, 2.5, 0.5], [-0.75, 2.5, 3.0]];
const COLOR: [[u8; 3]; 4] = [[255, 0, 0], [0, 128, 0], [1, 2, 3], [9, 99, 200]];
const FACES: [[u32; 3]; 2] = [[0, 1, 2], [0, 2, 3]];

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// LAS, or LAZ by the name.
fn write_las(path: &Path, offset: [f64; 3], colors: u16) {
    let mut builder = las::Builder::from((1, 4));
    builder.point_format = Format::new(2).unwrap();
    builder.transforms.x.offset = offset[0];
    builder.transforms.y.offset = offset[1];
    let mut writer = las::Writer::from_path(path, builder.into_header().unwrap()).unwrap();
    for (p, c) in COORD.iter().zip(COLOR) {
        let [x, y, z] = [0, 1, 2].map(|a| f64::from(p[a]) + offset[a]);
        let [red, green, blue] = c.map(|c| u16::from(c) * colors);
        writer
            .write_point(las::Point { x, y, z, color: Some(las::Color { red, green, blue }), ..Default::default() })
            .unwrap();
    }
    writer.close().unwrap();
}

/// Two scans in one coordinate system, each with a point without a position.
fn write_e57(path: &Path) {
    let mut writer = E57Writer::from_file(path, "file").unwrap();
    for half in [0..2, 2..4] {
        let coord = [Record::CARTESIAN_X_F64, Record::CARTESIAN_Y_F64, Record::CARTESIAN_Z_F64];
        let color = [Record::COLOR_RED_U8, Record::COLOR_GREEN_U8, Record::COLOR_BLUE_U8];
        let prototype = coord.into_iter().chain(color).chain([Record::CARTESIAN_INVALID_STATE]).collect();
        let mut scan = writer.add_pointcloud("scan", prototype).unwrap();
        let mut add = |i: usize, invalid: i64| {
            let coord = COORD[i].map(|v| RecordValue::Double(f64::from(v)));
            let rest = COLOR[i].map(i64::from).into_iter().chain([invalid]).map(RecordValue::Integer);
            scan.add_point(coord.into_iter().chain(rest).collect()).unwrap();
        };
        half.for_each(|i| add(i, 0));
        add(0, 2);
        scan.finalize().unwrap();
    }
    writer.finalize().unwrap();
}

fn write_pcd(path: &Path, data_kind: DataKind) {
    let schema =
        [("x", ValueKind::F32, 1), ("y", ValueKind::F32, 1), ("z", ValueKind::F32, 1), ("rgb", ValueKind::F32, 1)];
    let schema = Some(pcd_rs::Schema::from_iter(schema));
    let init = WriterInit { width: 5, height: 1, viewpoint: Default::default(), data_kind, schema, version: None };
    let mut writer: DynWriter<_> = init.create(path).unwrap();
    for (p, [r, g, b]) in COORD.iter().zip(COLOR).chain([(&[f32::NAN; 3], [0; 3])]) {
        let bits = f32::from_bits(u32::from_be_bytes([0, r, g, b]));
        writer.push(&DynRecord(p.iter().chain([&bits]).map(|v| Field::F32(vec![*v])).collect())).unwrap();
    }
    writer.finish().unwrap();
}

/// A model whose node moves and turns it: +y is up there.
fn write_glb(path: &Path) {
    write_glb_scaled(path, "[2,2,2]");
}

fn write_glb_scaled(path: &Path, scale: &str) {
    let mut data: Vec<u8> = Vec::new();
    for [x, y, z] in COORD {
        // half as large, and 1 to the side
        [(x - 1.0) / 2.0, z / 2.0, -y / 2.0].iter().for_each(|v| data.extend(v.to_le_bytes()));
    }
    COLOR.iter().for_each(|[r, g, b]| data.extend([*r, *g, *b, 255]));
    FACES.as_flattened().iter().for_each(|i| data.extend((*i as u16).to_le_bytes()));
    let json = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
        "nodes":[{"children":[1],"translation":[1,0,0]},{"mesh":0,"scale":[2,2,2]}],
        "meshes":[{"primitives":[{"attributes":{"POSITION":0,"COLOR_0":1},"indices":2}]}],
        "buffers":[{"byteLength":76}],
        "bufferViews":[{"buffer":0,"byteLength":48},{"buffer":0,"byteOffset":48,"byteLength":16},
            {"buffer":0,"byteOffset":64,"byteLength":12}],
        "accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3","min":[-9,-9,-9],"max":[9,9,9]},
            {"bufferView":1,"componentType":5121,"normalized":true,"count":4,"type":"VEC4"},
            {"bufferView":2,"componentType":5123,"count":6,"type":"SCALAR"}]}"#;
    let json = json.replace("[2,2,2]", scale);
    let json = format!("{json:<width$}", width = json.len().next_multiple_of(4));
    let mut bytes = b"glTF\x02\0\0\0".to_vec();
    bytes.extend((12 + 8 + json.len() as u32 + 8 + data.len() as u32).to_le_bytes());
    for (kind, chunk) in [(b"JSON", json.as_bytes()), (b"BIN\0", &data)] {
        bytes.extend((chunk.len() as u32).to_le_bytes());
        bytes.extend(kind);
        bytes.extend(chunk);
    }
    std::fs::write(path, bytes).unwrap();
}

/// The points as lines, with the values of a colour times a factor.
fn lines(separator: &str, colors: f64) -> String {
    let line = |(p, c): (&[f32; 3], [u8; 3])| {
        let values = p.map(f64::from).into_iter().chain(c.map(|c| f64::from(c) * colors));
        values.map(|v| v.to_string()).collect::<Vec<_>>().join(separator) + "\n"
    };
    COORD.iter().zip(COLOR).map(line).collect()
}

fn assert_same(mesh: &Mesh, faces: bool) {
    for (own, expected) in mesh.coord.iter().zip(COORD) {
        let apart = (0..3).map(|a| (own[a] - expected[a]).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-3, "{own:?} {expected:?}");
    }
    assert_eq!((mesh.coord.len(), mesh.color.as_deref()), (4, Some(&COLOR[..])));
    assert_eq!(mesh.faces, if faces { &FACES[..] } else { &[] });
}

#[test]
fn every_format_gives_the_same_points() {
    let files = Files::new();
    type Write<'a> = &'a dyn Fn(&Path);
    let formats: [(&str, Write); 7] = [
        ("a.las", &|path| write_las(path, [0.0; 3], 257)),
        ("a.laz", &|path| write_las(path, [0.0; 3], 257)),
        ("bytes.las", &|path| write_las(path, [0.0; 3], 1)),
        ("a.e57", &write_e57),
        ("a.pcd", &|path| write_pcd(path, DataKind::Ascii)),
        ("b.pcd", &|path| write_pcd(path, DataKind::Binary)),
        ("a.glb", &write_glb),
    ];
    for (name, write) in formats {
        let path = files.path(name);
        write(&path);
        // by what is in it, whatever its name
        let renamed = files.path("scan");
        std::fs::copy(&path, &renamed).unwrap();
        let mesh = read_scan(&renamed).unwrap();
        assert_same(&mesh, name == "a.glb");
        let unplaced = mesh.notes.iter().any(|note| note.contains("without a position"));
        assert_eq!(unplaced, name.ends_with("e57") || name.ends_with("pcd"), "{name}: {:?}", mesh.notes);
    }
    assert!(scanfile::read_mesh(files.path("a.las")).unwrap().notes.is_empty());
}

#[test]
fn texts_are_read_by_their_names_or_places() {
    let files = Files::new();
    let rows = lines(" ", 1.0);
    let vertices: String = lines(" ", 1.0 / 255.0).lines().map(|line| format!("v {line}\n")).collect();
    let quads = rows.lines().map(|line| line.splitn(4, ' ').collect::<Vec<_>>());
    let with_intensity: String = quads.map(|v| format!("{} {} {} -70 {}\n", v[0], v[1], v[2], v[3])).collect();
    for (name, text) in [
        ("a.xyz", rows.clone()),
        ("a.csv", format!("\u{feff}\"X\",Y,Z,Red,Green,Blue\n{}", lines(",", 1.0))),
        (
            "other order.csv",
            rows.lines().fold("b;x;y;z;r;g\n".into(), |all: String, line| {
                let v: Vec<&str> = line.split(' ').collect();
                all + &format!("{};{};{};{};{};{}\n", v[5], v[0], v[1], v[2], v[3], v[4])
            }),
        ),
        ("a.pts", format!("4\n{with_intensity}")),
        ("floats.txt", format!("# x y z r g b\n{}", lines("\t", 1.0 / 255.0))),
        ("a.obj", format!("# made by hand\nmtllib a.mtl\n{vertices}vn 0 0 1\nf 1/1/1 2/2/1 3 -1\n")),
    ] {
        let mesh = read_scan(files.text("scan", &text)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_same(&mesh, name == "a.obj");
    }
    // CloudCompare's header, Windows' line ends, a column that is no number, an intensity, a name with a unit
    let [first, second] = ["0.5 1 2 7 8 9", "0.5 1 3 7 8 9"];
    for text in [
        format!("//X Y Z R G B\r\n{first}\r\n{second}\r\n"),
        format!("{first} 0.25\n{second} 0.5\n"),
        "X [m],Y [m],Z [m],Class,R,G,B\n0.5,1,2,wall paper,7,8,9\n0.5,1,3,,7,8,9\n".into(),
        "0.5, 1, 2, -70, 7, 8, 9\n0.5, 1, 3, -71, 7, 8, 9\n".into(),
        format!("{first} 0 0 -1\n{second} 0 0 1\n"),
        format!("nan nan nan 0 0 0\n{first}\n-inf 0 0 0 0 0\n{second}\n"),
        format!("1\n{first}\n1\n{second}\n"),
        format!("{first}\n1700000123\n{second}\n9\n"),
    ] {
        let mesh = read_scan(files.text("scan", &text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (mesh.coord, mesh.color),
            (vec![[0.5, 1.0, 2.0], [0.5, 1.0, 3.0]], Some(vec![[7, 8, 9]; 2])),
            "{text}"
        );
    }
    // rows may end with a separator; what is not named has to begin with x, y and z
    for text in [
        "intensity,x,y,z\n-70,0.5,1,2,\n-71,0.5,1,3,\n",
        "Easting;Northing;Elevation;\n0.5;1;2;\n0.5;1;3;\n",
        "\"Points:0\",\"Points:1\",\"Points:2\"\n0.5,1,2\n0.5,1,3\n",
        "% made by hand\n0.5 ,1 ,2\n0.5 ,1 ,3\n",
        "# x y z\n0.5 1 2 -70\n0.5 1 3 -71\n",
        "# Format: X Y Z\n0.5 1 2\n0.5 1 3\n",
        "x,y,z,label\n0.5,1,2,\n0.5,1,3,7\n",
    ] {
        let mesh = read_scan(files.text("scan", text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(mesh.coord, [[0.5, 1.0, 2.0], [0.5, 1.0, 3.0]], "{text}");
    }
    let bare = read_scan(files.text("bare.xyz", "0 0 1\n1 0 1\n")).unwrap();
    assert!(bare.color.is_none() && bare.normal.is_none() && bare.notes.is_empty());
    let normals = read_scan(files.text("normals.xyz", "0 0 1 0 0 -1\n1 0 1 0 0 1\n")).unwrap();
    assert_eq!((normals.color, normals.normal), (None, Some(vec![[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])));
    // some normals may be unknown; columns with names are what they say
    let normals = read_scan(files.text("normals.xyz", "0 0 1 0 0 -1\n1 0 1 0 0 0\n")).unwrap();
    assert_eq!((normals.color, normals.normal.unwrap()[1]), (None, [0.0; 3]));
    let colors = read_scan(files.text("colors.xyz", "x y z r g b\n0 0 1 0 0 1\n1 0 1 1 0 0\n")).unwrap();
    assert_eq!((colors.color, colors.normal), (Some(vec![[0, 0, 255], [255, 0, 0]]), None));
    let odd = "v\t0\t0\t0 # the first\nv 1 0 0\nv 1 1 0\nf 1 \\\n2 3\n";
    assert_eq!(read_scan(files.text("odd.obj", odd)).unwrap().faces, [[0, 1, 2]]);
    let cloud = read_scan(files.text("cloud.obj", "v 0 0 0\nv 1 2 3\n")).unwrap();
    assert_eq!((cloud.coord, cloud.color), (vec![[0.0; 3], [1.0, 2.0, 3.0]], None));
    let partly = read_scan(files.text("partly.obj", "v 0 0 0 1 0 0\nv 1 2 3\n")).unwrap();
    assert_eq!(partly.color, None);
    assert_eq!(partly.notes, ["colours are left out: only 1 of 2 vertices have one"]);
}

#[test]
fn scans_of_a_ptx_file_are_in_one_coordinate_system() {
    let files = Files::new();
    // the second scanner is turned by a right angle and moved, and sees nothing in one direction
    let first =
        "1\n2\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n1 2 3 0.5 7 8 9\n4 5 6 0.5 7 8 9\n";
    let second =
        "2\n1\n10 0 1\n0 1 0\n-1 0 0\n0 0 1\n0 1 0 0\n-1 0 0 0\n0 0 1 0\n10 0 1 1\n2 3 4 0.5 1 2 3\n0 0 0 0.5 0 0 0\n";
    let mesh = read_scan(files.text("a.ptx", &format!("\u{feff}# made by hand\n{first}{second}"))).unwrap();
    assert_eq!(mesh.coord, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 2.0, 5.0]]);
    assert_eq!(mesh.color, Some(vec![[7, 8, 9], [7, 8, 9], [1, 2, 3]]));
    assert_eq!(mesh.notes, ["1 point is left out, without a position"]);
    let bare = read_scan(files.text("b.ptx", &format!("{first}{}", second.replace(" 0.5 1 2 3\n", " 0.5\n")))).unwrap();
    assert!(
        bare.color.is_none() && bare.notes.iter().any(|note| note.contains("some points have none")),
        "{:?}",
        bare.notes
    );
}

#[test]
fn points_far_away_keep_their_shape() {
    let files = Files::new();
    write_las(&files.path("far.las"), [691_234.0, 5_334_567.0, 0.0], 257);
    let far = read_scan(files.path("far.las")).unwrap();
    let [first, second] = [far.coord[0], far.coord[1]];
    assert!(
        (second[0] - first[0] - 1.25).abs() < 1e-3 && first[0].abs() < 100.0 && first[1].abs() < 100.0,
        "{first:?}"
    );
    assert!(far.notes.iter().any(|note| note.starts_with("691200, 5334600 and 0 are subtracted")), "{:?}", far.notes);
}

#[test]
fn a_broken_file_is_named_with_what_is_wrong() {
    let files = Files::new();
    let refused = |path: &Path, parts: &[&str]| {
        let error = read_scan(path).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(error.ends_with(&path.display().to_string()), "{error}");
    };
    for (name, text, parts) in [
        ("a.xyz", "0 0 0\n1 0\n", &["line 2: 2 columns, where there were 3", "remove or mend the line"][..]),
        ("b.xyz", "0 0\n", &["line 1: there are 2 columns", "x, y and z"]),
        ("c.xyz", "id x y z\n1 0 0 0 7\n", &["line 2: there are 5 columns, but names of 4", "name every column"]),
        ("b.obj", "v 0 0 0\nv inf 0 0\nv 1 0 0\nf 1 2 3\n", &["vertex 1 has a coordinate that is not finite"]),
        ("a.pts", "3\n0 0 1\n1 0 1\n", &["not a readable PTS file: it ends after 2 of 3 points"]),
        ("b.pts", "1\n0 0 1\n2\n1 0 1\n", &["not a readable PTS file: it ends after 2 of 3 points"]),
        ("d.xyz", "0 0 0\n1 0 one\n", &["line 2: 'one' is not a number"]),
        ("commas.csv", "x;y;z\n1,5;2,5;3,5\n", &["line 2: '1,5' has a comma", "decimal points"]),
        (
            "a.ptx",
            "2\n2\n0 0 0\n",
            &["not a readable PTX file: it ends within a scan", "export it again, or as binary PLY"],
        ),
        ("b.ptx", "2\n2\n0 0 0\n1 0 x\n", &["line 4", "3 numbers are expected", "export the scan again, or as E57"]),
        ("a.dxf", "0\nSECTION\n2\nHEADER\n", &["a DXF drawing"]),
        ("a.csv", "x,y,z\n", &["the scan has no vertices"]),
        ("b.csv", "lat,long,height\n0,0,0\n", &["not a scan in a supported format: PLY, LAS"]),
        ("a.obj", "v 0 0 0\nf 1 2 3\n", &["line 2: a face has a vertex that does not exist"]),
        ("b.obj", "v 0 0\n", &["line 1: a vertex has x, y and z"]),
        ("a.ply", "ply\nformat ascii 1.0\nend_header\n", &["; "]),
        ("page.las", "<!DOCTYPE html><html>", &["a web page"]),
        ("a.las", "LASF", &["not a readable LAS file: it is cut off", "export it again"]),
        ("a.gltf", "{\"asset\":{}}", &["a glTF model", "save it as GLB"]),
        ("a.glb", "glTF\x02\0\0\0", &["not a readable GLB file"]),
        (
            "a.pcd",
            "# .PCD v0.7\nVERSION 0.7\nFIELDS a\nSIZE 4\nTYPE F\nCOUNT 1\nWIDTH 1\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 1\nDATA ascii\n1\n",
            &["its fields are a"],
        ),
    ] {
        refused(&files.text(name, text), parts);
    }
    let wide: Vec<u8> = "\u{feff}0 0 0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(files.path("wide.xyz"), wide).unwrap();
    refused(&files.path("wide.xyz"), &["a text in UTF-16", "save it as UTF-8"]);
    refused(&files.path("missing.las"), &["cannot read", "check the path"]);
    // counts and lengths for which a reader would ask for more memory than there is
    write_las(&files.path("many.laz"), [0.0; 3], 257);
    let mut many = std::fs::read(files.path("many.laz")).unwrap();
    let points = u32::from_le_bytes(many[96..100].try_into().unwrap()) as usize;
    let table = u64::from_le_bytes(many[points..points + 8].try_into().unwrap()) as usize;
    many[table + 4..table + 8].fill(0xff);
    std::fs::write(files.path("many.laz"), &many).unwrap();
    write_las(&files.path("long.las"), [0.0; 3], 257);
    let mut long = std::fs::read(files.path("long.las")).unwrap();
    let record = long.len() as u64;
    long[235..243].copy_from_slice(&record.to_le_bytes());
    long[243] = 1;
    long.extend([0xff; 60]);
    std::fs::write(files.path("long.las"), &long).unwrap();
    for name in ["many.laz", "long.las"] {
        refused(
            &files.path(name),
            &["not a readable LAS file: its records are longer than the file", "export it again"],
        );
    }
    // cut or changed anywhere, a file is an error or gives some points, and nothing worse
    write_las(&files.path("whole.las"), [0.0; 3], 257);
    write_las(&files.path("whole.laz"), [0.0; 3], 257);
    write_e57(&files.path("whole.e57"));
    write_glb(&files.path("whole.glb"));
    write_pcd(&files.path("whole.pcd"), DataKind::Binary);
    for name in ["whole.las", "whole.laz", "whole.e57", "whole.glb", "whole.pcd"] {
        let bytes = std::fs::read(files.path(name)).unwrap();
        for length in (1..40).map(|part| bytes.len() * part / 40) {
            std::fs::write(files.path("cut"), &bytes[..length]).unwrap();
            if let Ok(mesh) = read_scan(files.path("cut")) {
                assert!(mesh.coord.len() <= 4, "{name} {length}");
            }
        }
        for at in (0..bytes.len()).step_by(bytes.len() / 200 + 1) {
            for flip in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                std::fs::write(files.path("cut"), &changed).unwrap();
                let _ = read_scan(files.path("cut"));
            }
        }
    }
}

#[test]
fn padding_of_pcl_is_skipped() {
    let files = Files::new();
    let header = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z _ rgb _\nSIZE 4 4 4 1 4 1\nTYPE F F F U F U\nCOUNT 1 1 1 4 1 12\n\
        WIDTH 2\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\nDATA binary\n";
    let mut bytes = header.as_bytes().to_vec();
    for z in [1.0f32, 2.0] {
        [0.5, 1.5, z].iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        bytes.extend([0xee; 4]);
        bytes.extend([9, 8, 7, 0]);
        bytes.extend([0xee; 12]);
    }
    let path = files.path("a.pcd");
    // the first comment may be another one
    let other = [b"# made by hand\n", &bytes["# .PCD v0.7\n".len()..]].concat();
    for bytes in [bytes, other] {
        std::fs::write(&path, bytes).unwrap();
        let mesh = read_scan(&path).unwrap();
        assert_eq!((mesh.coord, mesh.color), (vec![[0.5, 1.5, 1.0], [0.5, 1.5, 2.0]], Some(vec![[7, 8, 9]; 2])));
    }
    let giant = header.replace("POINTS 2", "POINTS 4000000000").replace("WIDTH 2", "WIDTH 4000000000");
    let error = read_scan(files.text("giant.pcd", &giant)).unwrap_err().to_string();
    assert!(error.contains("too short for 4000000000 points"), "{error}");
}

#[test]
fn scans_of_an_e57_file_have_poses_and_may_be_spherical() {
    let files = Files::new();
    let path = files.path("a.e57");
    let mut writer = E57Writer::from_file(&path, "file").unwrap();
    let prototype = vec![Record::SPHERICAL_RANGE_F64, Record::SPHERICAL_AZIMUTH_F64, Record::SPHERICAL_ELEVATION_F64];
    let mut scan = writer.add_pointcloud("scan", prototype).unwrap();
    let half = std::f64::consts::FRAC_1_SQRT_2;
    // a quarter turn about z, and moved
    scan.set_transform(Some(e57::Transform {
        rotation: e57::Quaternion { w: half, x: 0.0, y: 0.0, z: half },
        translation: e57::Translation { x: 10.0, y: 0.0, z: 1.0 },
    }));
    for values in [[2.0, 0.0, 0.0], [2.0, std::f64::consts::FRAC_PI_2, 0.0], [3.0, 1.0, std::f64::consts::FRAC_PI_2]] {
        scan.add_point(values.map(RecordValue::Double).to_vec()).unwrap();
    }
    scan.finalize().unwrap();
    writer.finalize().unwrap();
    let mesh = read_scan(&path).unwrap();
    for (own, expected) in mesh.coord.iter().zip([[10.0, 2.0, 1.0], [8.0, 0.0, 1.0], [10.0, 0.0, 4.0]]) {
        assert!((0..3).all(|a| (own[a] - expected[a] as f32).abs() < 1e-5), "{own:?} {expected:?}");
    }
    assert_eq!((mesh.coord.len(), mesh.color), (3, None));
}

#[test]
fn scans_of_an_e57_file_have_colors_of_their_own_range() {
    let files = Files::new();
    let path = files.path("a.e57");
    let mut writer = E57Writer::from_file(&path, "file").unwrap();
    let color = [RecordName::ColorRed, RecordName::ColorGreen, RecordName::ColorBlue];
    let real = RecordDataType::Single { min: Some(0.0), max: Some(1.0) };
    let integer = |max| RecordDataType::Integer { min: 0, max };
    let whole = |values: [i64; 3]| values.map(RecordValue::Integer);
    let scans = [
        (real, [1.0, 0.2, 0.0].map(RecordValue::Single)),
        (integer(255), whole([255, 51, 0])),
        (integer(1023), whole([1023, 205, 0])),
        (integer(65535), whole([65535, 13107, 0])),
        // a dark scan beside it has the same range
        (integer(65535), whole([257, 514, 0])),
    ];
    for (data_type, values) in scans {
        let coord = [Record::CARTESIAN_X_F64, Record::CARTESIAN_Y_F64, Record::CARTESIAN_Z_F64];
        let color = color.clone().map(|name| Record { name, data_type: data_type.clone() });
        let mut scan = writer.add_pointcloud("scan", coord.into_iter().chain(color).collect()).unwrap();
        scan.add_point([0.0; 3].map(RecordValue::Double).into_iter().chain(values).collect()).unwrap();
        scan.finalize().unwrap();
    }
    writer.finalize().unwrap();
    let mesh = read_scan(&path).unwrap();
    assert_eq!((mesh.color, mesh.notes), (Some([vec![[255, 51, 0]; 4], vec![[1, 2, 0]]].concat()), Vec::new()));
}

#[test]
fn triangles_of_a_mirrored_model_keep_their_front() {
    let files = Files::new();
    write_glb_scaled(&files.path("a.glb"), "[-2,2,2]");
    let mesh = read_scan(files.path("a.glb")).unwrap();
    assert_eq!(mesh.faces, FACES.map(|[a, b, c]| [a, c, b]));
}

#[test]
fn a_model_whose_nodes_are_no_tree_ends() {
    let files = Files::new();
    write_glb(&files.path("a.glb"));
    let bytes = std::fs::read(files.path("a.glb")).unwrap();
    for (part, other) in
        [(r#""mesh":0,"scale":[2,2,2]"#, r#""mesh":0,"children":[1]"#), (r#""children":[1]"#, r#""children":[0]"#)]
    {
        let at = bytes.windows(part.len()).position(|window| window == part.as_bytes()).unwrap();
        let mut cycle = bytes.clone();
        // as long, so that lengths and offsets stay
        let other = format!("{other:<width$}", width = part.len());
        cycle[at..at + part.len()].copy_from_slice(other.as_bytes());
        std::fs::write(files.path("cycle.glb"), cycle).unwrap();
        let error = read_scan(files.path("cycle.glb")).unwrap_err().to_string();
        assert!(error.contains("its nodes have a cycle, or share a child"), "{error}");
    }
}

#[test]
fn points_without_a_position_are_left_out_of_ply_clouds() {
    let files = Files::new();
    let header = |format: &str, vertices: usize, faces: &str| {
        let properties = ["x", "y", "z", "nx", "ny", "nz"].map(|name| format!("property float {name}\n")).concat();
        format!(
            "ply\nformat {format} 1.0\nelement vertex {vertices}\n{properties}property ushort label\n{faces}end_header\n"
        )
    };
    let rows = "0 0 0 0 0 1 3\nnan nan nan 0 0 1 4\n1 0 -inf 0 0 1 5\n0 1 0 nan nan nan 6\n";
    let text = files.text("text.ply", &(header("ascii", 4, "") + rows));
    let mut bytes = header("binary_little_endian", 4, "").into_bytes();
    for row in rows.lines() {
        let mut values: Vec<f32> = row.split(' ').map(|value| value.parse().unwrap()).collect();
        let label = values.pop().unwrap() as u16;
        values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        bytes.extend(label.to_le_bytes());
    }
    let binary = files.path("binary.ply");
    std::fs::write(&binary, &bytes).unwrap();
    for path in [&text, &binary] {
        let mesh = scanfile::read_mesh(path).unwrap();
        assert_eq!((&mesh.coord[..], mesh.label.as_deref()), (&[[0.0; 3], [0.0, 1.0, 0.0]][..], Some(&[3, 6][..])));
        assert_eq!(mesh.normal.as_ref().map(Vec::len), Some(2));
        assert!(mesh.notes.contains(&"2 points are left out, without a position".to_owned()), "{:?}", mesh.notes);
        assert_eq!(read_scan(path).unwrap().coord.len(), 2);
        assert!(scannet::read_mesh(path).unwrap_err().to_string().contains("not finite"));
    }
    let faces = "element face 1\nproperty list uchar int vertex_indices\n";
    let mesh = files.text("mesh.ply", &(header("ascii", 4, faces) + rows + "3 0 1 3\n"));
    let nowhere = files.text("nowhere.ply", &(header("ascii", 1, "") + "nan 0 0 0 0 1 3\n"));
    let text = files.text("nowhere.xyz", "nan 0 0\nnan 0 0\n");
    for (path, vertex) in [(mesh, 1), (nowhere, 0), (text, 0)] {
        let error = read_scan(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("vertex {vertex} has a coordinate that is not finite")), "{error}");
    }
}
