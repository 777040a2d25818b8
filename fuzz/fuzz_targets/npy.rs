//! Reads any bytes as a .npy array. What is accepted has the length of its shape, and can be written and read back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scannet::npy::{Array, encode_labels, encode_points};

fuzz_target!(|bytes: &[u8]| {
    let Ok(array) = Array::parse(bytes) else { return };
    if let Ok(points) = array.points() {
        assert_eq!(array.shape, [points.len(), 3]);
        assert!(points.iter().flatten().all(|v| v.is_finite()));
        let written = encode_points(&points, array.fortran_order);
        assert_eq!(Array::parse(&written).and_then(|a| a.points()).expect("what was written must be readable"), points);
    }
    if let Ok(labels) = array.labels() {
        assert_eq!(array.shape[0], labels.len());
        let written = encode_labels(&labels);
        assert_eq!(Array::parse(&written).and_then(|a| a.labels()).expect("what was written must be readable"), labels);
    }
});
