//! The `scanseg` command.
fn main() {}
