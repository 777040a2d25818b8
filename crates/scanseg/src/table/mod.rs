//! The published table: its rows, what their runs reached, and how that is written.

mod render;
mod results;
mod rows;

pub use render::Results;
pub use results::{NUMBERS, PROTOCOLS, RowResult, RunResult};
pub use rows::{Added, Published, ROWS, Row, row};
