//! Reads any bytes as aggregation.json. What is accepted can be written and read back, and gives labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scannet::{Aggregation, LabelTable, ScanLabels, Segments};

fuzz_target!(|bytes: &[u8]| {
    let Ok(objects) = Aggregation::parse(bytes) else { return };
    let written = serde_json::to_vec(&objects).expect("what was read must be writable");
    assert_eq!(Aggregation::parse(&written).expect("what was written must be readable"), objects);
    let table = LabelTable::parse(b"id\traw_category\tnyu40id\n1\twall\t1\n2\tchair\t5\n").expect("valid");
    // Small ids are looked up in an array, large ones in a map. scene0217_00 is known to list its objects twice.
    for (scan, last) in [("scene0000_00", 9), ("scene0217_00", u32::MAX)] {
        let segments = Segments { seg_indices: vec![0, 0, 1, 2, 3, 5, 8, last], ..Segments::default() };
        let Ok(labels) = ScanLabels::from_objects(scan, 8, &segments, &objects, &table) else { continue };
        assert_eq!((labels.segment20.len(), labels.nyu40.len()), (8, 8));
        assert!(labels.segment20.iter().all(|l| (-1..20).contains(l)));
        assert!(labels.instance.is_some_and(|i| i.len() == 8 && i.iter().all(|&id| id >= -1)));
    }
});
