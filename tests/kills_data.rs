//! Preparing data is killed at any moment, and started twice at once. It continues, and ends in the same bytes.

mod support;

use std::path::Path;
use support::fixture::fixture;
use support::kills::{Case, rounds};
use support::program;

#[test]
fn preprocess_continues_after_a_kill() {
    let f = fixture();
    let preprocess = |dir: &Path| program(&[&"preprocess", &f.raw, &"--out", &dir.join("data")]);
    let case = Case {
        name: "preprocess",
        rounds: rounds(4, 50),
        prepare: &|_| {},
        command: &preprocess,
        killed: &|_| {},
        again: &preprocess,
    };
    case.check();
}
