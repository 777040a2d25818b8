#![no_main]

//! A label set that is accepted is written and read back as the same.

use labelset::LabelSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(set) = LabelSet::parse(text) {
        assert_eq!(LabelSet::parse(&set.to_toml()).unwrap(), set);
    }
});
