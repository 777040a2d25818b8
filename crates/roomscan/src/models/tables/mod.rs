//! Tables and desks.

mod desk;
mod low;
mod table;

pub(crate) use desk::{desk, school_desk};
pub(crate) use low::{coffee_table, console_table, end_table};
pub(crate) use table::{dining_table, folding_table, meeting_table};
