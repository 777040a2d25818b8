//! Reads any bytes as a PLY file. What is accepted is a consistent mesh, and both readers agree about it.
#![no_main]

mod consistent;

use libfuzzer_sys::fuzz_target;
use scannet::Mesh;

fuzz_target!(|bytes: &[u8]| {
    let read = scannet::parse_mesh(bytes);
    // Files in ScanNet's layout are read in place, others record by record. Both readers must give the same mesh.
    let general = scannet::parse_mesh_by_record(bytes);
    assert_eq!(read.is_ok(), general.is_ok(), "one reader: {:?}, the other: {:?}", read.err(), general.err());
    let (Ok(mesh), Ok(general)) = (read, general) else { return };
    consistent::check(&mesh);
    assert_eq!((&mesh.coord, &mesh.color, &mesh.label), (&general.coord, &general.color, &general.label));
    assert_eq!((&mesh.faces, &mesh.notes, mesh.offset), (&general.faces, &general.notes, general.offset));
    // Normals may be NaN.
    let bits = |m: &Mesh| m.normal.as_ref().map(|n| n.iter().map(|p| p.map(f32::to_bits)).collect::<Vec<_>>());
    let nan = |m: &Mesh| m.normal.as_ref().is_some_and(|n| n.iter().flatten().any(|v| v.is_nan()));
    assert!(bits(&mesh) == bits(&general) || nan(&mesh));
});
