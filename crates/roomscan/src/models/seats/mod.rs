//! Chairs, sofas and other seats.

mod armchair;
mod back;
mod chair;
mod office;
mod sofa;
mod stool;

pub(crate) use armchair::armchair;
pub(crate) use chair::{chair, seat_row, stacked_chairs, tablet_chair};
pub(crate) use office::office_chair;
pub(crate) use sofa::sofa;
pub(crate) use stool::{bar_stool, beanbag, bench, ottoman, stool};
