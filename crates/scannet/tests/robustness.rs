//! Arbitrary bytes never cause a panic, and what is written can be read back.

use proptest::prelude::*;
use scannet::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn readers_survive_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse_mesh(&bytes);
        let _ = parse_mesh(&[b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\n", &bytes[..]].concat());
        let _ = npy::Array::parse(&bytes);
        let _ = npy::Array::parse(&[b"\x93NUMPY\x01\x00", &bytes[..]].concat());
        let _ = Segments::parse(&bytes);
        let _ = Aggregation::parse(&bytes);
        let _ = LabelTable::parse(&bytes);
        let _ = LabelTable::parse(&[b"raw_category\tnyu40id\n", &bytes[..]].concat());
        let _ = ScanMeta::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn ascii_payloads_survive_any_text(text in "[0-9 .eE+\\-\nnaif]{0,200}", vertices in 0usize..40) {
        let header = "property float x\nproperty float y\nproperty double z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n";
        let _ = parse_mesh(format!("ply\nformat ascii 1.0\nelement vertex {vertices}\n{header}{text}").as_bytes());
    }

    #[test]
    fn meshes_round_trip(
        coord in prop::collection::vec(prop::array::uniform3(-1e5f32..1e5), 1..50),
        picks in prop::collection::vec(prop::array::uniform3(any::<prop::sample::Index>()), 0..50),
    ) {
        let color = coord.iter().map(|p| p.map(|v| v.to_bits() as u8)).collect();
        let faces = picks.iter().map(|f| f.map(|i| i.index(coord.len()) as u32)).collect();
        let mesh = Mesh { coord, color: Some(color), faces, ..Mesh::default() };
        let dir = tempfile::tempdir().unwrap();
        write_mesh(dir.path().join("a.ply"), &mesh).unwrap();
        prop_assert_eq!(read_mesh(dir.path().join("a.ply")).unwrap(), mesh);
    }

    #[test]
    fn arrays_round_trip(points in prop::collection::vec(prop::array::uniform3(-1e9f32..1e9), 0..50), fortran: bool) {
        let bytes = npy::encode_points(&points, fortran);
        prop_assert_eq!(npy::Array::parse(&bytes).unwrap().points().unwrap(), points);
    }
}
