//! Chairs, sofas and other seats.

mod armchair;
mod back;
mod chair;
mod office;
mod several;
mod sofa;
mod stool;

pub(crate) use armchair::armchair;
pub(crate) use chair::{chair, tablet_chair};
pub(crate) use office::office_chair;
pub(crate) use several::{seat_row, stacked_chairs};
pub(crate) use sofa::sofa;
pub(crate) use stool::{bar_stool, beanbag, bench, ottoman, stool};
