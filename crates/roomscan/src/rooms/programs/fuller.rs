//! What rooms of the second edition have besides: what stands before the walls and fills the middle of real rooms.

use super::super::{Room, RoomKind};
use super::groups::{chairs_alone, desk_block, kitchen_wall, loaded_cabinet, second_bed, stack, window_wall};
use super::pieces::{Entry, Pieces, built_in, laden, wall};
use super::{desk_with_chair, table_with_chairs};
use crate::dice::Dice;
use crate::models::{kitchen, seats, storage, tables, wallside};
use crate::scene::Model;

/// Puts in what is large, while there is place for it.
pub(super) fn furnish(kind: RoomKind, room: &mut Room, d: &mut Dice) {
    match kind {
        RoomKind::Kitchen => {
            kitchen_wall(room, d, 0.6);
        }
        RoomKind::Apartment => {
            kitchen_wall(room, d, 0.8);
            table_with_chairs(room, d);
            if d.chance(0.8) {
                second_bed(room, d);
            }
        }
        RoomKind::Office if d.chance(0.7) => {
            desk_block(room, d);
            if d.chance(0.4) {
                kitchen_wall(room, d, 0.9);
            }
        }
        RoomKind::Bedroom => {
            if d.chance(0.8) {
                second_bed(room, d);
            }
            if d.chance(0.6) {
                built_in(room, d);
            }
        }
        RoomKind::Hallway if d.chance(0.6) => {
            built_in(room, d);
        }
        RoomKind::LivingRoom => {
            table_with_chairs(room, d);
            if d.chance(0.3) {
                kitchen_wall(room, d, 0.8);
            }
        }
        RoomKind::MeetingRoom | RoomKind::Lobby if d.chance(0.4) => {
            kitchen_wall(room, d, 0.7);
        }
        _ => {}
    }
    if !kind.is_wet() && d.chance(0.08) {
        window_wall(room, d);
    }
}

// How often, beside the others of a list, and the piece.
const CHAIR: Entry = (3, |r, d| chairs_alone(r, d));
const TABLE: Entry = (5, |r, d| table_with_chairs(r, d));
/// A table without chairs.
const PLAIN: Entry = (3, |r, d| {
    let model = if d.chance(0.5) { tables::dining_table(d) } else { tables::folding_table(d) };
    let placed = if d.chance(0.6) { r.wall(d, model, 0.3) } else { r.open(d, model, 0.2) };
    laden(r, d, placed)
});
const CABINETS: Entry = (3, |r, d| loaded_cabinet(r, d));
const BED: Entry = (2, |r, d| second_bed(r, d));
const WARDROBE: Entry = (1, |r, d| built_in(r, d));
const CLUTTER: Entry = (4, |r, d| stack(r, d));
const DESK: Entry = (3, |r, d| desk_with_chair(r, d).is_some());
const SOFA: Entry = (3, |r, d| {
    let model = seats::sofa(d);
    wall(r, d, model, 0.3)
});
const FRIDGE: Entry = (4, |r, d| {
    let small = d.chance(0.1);
    let model = storage::refrigerator(d, small);
    wall(r, d, model, 0.3)
});

/// The pieces that a kind of room has more of.
pub(super) fn pieces(kind: RoomKind) -> Pieces {
    match kind {
        RoomKind::Bedroom => &[BED, CHAIR, CABINETS, WARDROBE, CLUTTER, DESK, SOFA, PLAIN],
        RoomKind::Bathroom => &[CABINETS, CLUTTER],
        RoomKind::Laundry => &[CABINETS, CLUTTER, PLAIN, FRIDGE],
        RoomKind::Kitchen => &[PLAIN, TABLE, CABINETS, FRIDGE],
        RoomKind::LivingRoom | RoomKind::Lobby => &[TABLE, PLAIN, CABINETS, CLUTTER, SOFA, FRIDGE],
        RoomKind::Apartment => &[CHAIR, TABLE, PLAIN, CABINETS, CLUTTER, SOFA, DESK, FRIDGE],
        RoomKind::Office => &[PLAIN, TABLE, CABINETS, CLUTTER, DESK, FRIDGE, SOFA],
        RoomKind::MeetingRoom => &[PLAIN, TABLE, CABINETS, FRIDGE, SOFA],
        RoomKind::Classroom => &[PLAIN, TABLE, CABINETS, FRIDGE],
        RoomKind::Hallway => &[CHAIR, CABINETS, WARDROBE, CLUTTER],
        RoomKind::Storage => &[CHAIR, PLAIN, CABINETS, CLUTTER, FRIDGE],
    }
}

/// What hangs where the first edition has a picture, and its height.
pub(super) fn on_a_wall(d: &mut Dice) -> (Model, f32) {
    match d.below(6) {
        0 => (wallside::radiator(d), 0.0),
        1 => (wallside::wall_shelf(d), d.between(0.9, 1.7)),
        2 => (kitchen::hung_cabinet(d), d.between(1.2, 1.5)),
        3 => (wallside::bulletin_board(d), 0.9),
        _ => (wallside::coat_hooks(d), 0.6),
    }
}
