//! Small and loose objects, most of them outside the twenty classes, and clutter without a name.

mod bags;
mod bins;
mod clutter;
mod house;
mod lamps;
mod machines;
mod office;
mod plant;
mod play;
mod racks;

pub(crate) use bags::{backpack, cardboard_box, heap, shoe_rack, shoes, suitcase};
pub(crate) use bins::{laundry_basket, trash_can};
pub(crate) use clutter::{book_stack, bottles, cables, odds_and_ends, paper_stack, pillow, rug};
pub(crate) use house::{drying_rack, fan, ironing_board, ladder, vacuum_cleaner};
pub(crate) use lamps::{ceiling_lamp, desk_lamp, floor_lamp, table_lamp};
pub(crate) use machines::{dryer, printer, washing_machine, water_cooler};
pub(crate) use office::{computer_tower, display_case, keyboard, monitor, podium};
pub(crate) use plant::plant;
pub(crate) use play::{bicycle, exercise_ball, exercise_machine, guitar, piano, toys};
pub(crate) use racks::{cart, clothes_rack, coat_stand};
