//! Reads any bytes as a label table. Every row in the table is found by its name, and no name occurs twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scannet::LabelTable;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = LabelTable::parse(bytes) else { return };
    assert!(!table.rows().is_empty());
    for row in table.rows() {
        assert!(!row.raw_category.is_empty());
        assert_eq!(table.get(&row.raw_category), Some(row));
    }
    let lines = bytes.iter().filter(|&&b| matches!(b, b'\n' | b'\r')).count() + 1;
    assert!(table.rows().len() < lines && table.faults().len() <= 3 * lines);
});
