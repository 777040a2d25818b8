//! Reads any bytes as segs.json. What is accepted can be written and read back, and gives labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scannet::{Aggregation, LabelTable, ScanLabels, Segments};

fuzz_target!(|bytes: &[u8]| {
    let Ok(segments) = Segments::parse(bytes) else { return };
    let written = serde_json::to_vec(&segments).expect("what was read must be writable");
    assert_eq!(Segments::parse(&written).expect("what was written must be readable"), segments);
    let objects = br#"{"segGroups":[{"id":0,"objectId":0,"segments":[0,1,7],"label":"wall"},
        {"id":1,"objectId":1,"segments":[7,4000000000],"label":"unicorn"}]}"#;
    let objects = Aggregation::parse(objects).expect("valid");
    let table = LabelTable::parse(b"id\traw_category\tnyu40id\n1\twall\t1\n").expect("valid");
    let vertices = segments.seg_indices.len();
    if let Ok(labels) = ScanLabels::from_objects("scene0000_00", vertices, &segments, &objects, &table) {
        assert_eq!((labels.segment20.len(), labels.nyu40.len()), (vertices, vertices));
    }
    assert!(ScanLabels::from_objects("scene0000_00", vertices + 1, &segments, &objects, &table).is_err());
});
