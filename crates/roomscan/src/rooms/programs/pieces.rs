//! Furniture that any room of a kind may have besides what it must have, piece by piece until the room is full enough.

use super::super::{Footprint, Placed, Room, RoomKind, place::table_top_things};
use super::{desk_with_chair, fuller, table_with_chairs};
use crate::dice::Dice;
use crate::math::Pose;
use crate::models::{bath, beds, kitchen, seats, small, storage, tables, wallside};
use crate::scene::Model;

/// Tries to add one piece of furniture, and says whether it found a place.
type Piece = fn(&mut Room, &mut Dice) -> bool;
/// How often a piece is tried beside the others, and the piece.
pub(super) type Entry = (u32, Piece);
pub(super) type Pieces = &'static [Entry];

/// Pieces in a row that find no place before a room counts as full.
const FULL: usize = 10;

/// Puts a model against a wall with `front` metres before it, and things on its top.
pub(super) fn wall(room: &mut Room, d: &mut Dice, model: Model, front: f32) -> bool {
    let placed = room.wall(d, model, front);
    laden(room, d, placed)
}

/// Puts a model in the open with `margin` metres around it, and things on its top.
fn open(room: &mut Room, d: &mut Dice, model: Model, margin: f32) -> bool {
    let placed = room.open(d, model, margin);
    laden(room, d, placed)
}

pub(super) fn laden(room: &mut Room, d: &mut Dice, placed: Option<Placed>) -> bool {
    let Some(placed) = placed else { return false };
    if d.chance(0.75) {
        let things = table_top_things(d, 6);
        room.on_top(d, &placed, things, &[]);
    }
    true
}

/// The piece of a model against a wall, with `front` metres before it.
macro_rules! wall {
    ($model:path, $front:expr) => {
        |room, d| {
            let model = $model(d);
            wall(room, d, model, $front)
        }
    };
    ($model:path, $argument:expr; $front:expr) => {
        |room, d| {
            let model = $model(d, $argument);
            wall(room, d, model, $front)
        }
    };
}

/// The piece of a model in the open, with `margin` metres around it.
macro_rules! open {
    ($model:path, $margin:expr) => {
        |room, d| {
            let model = $model(d);
            open(room, d, model, $margin)
        }
    };
}

/// Puts a model into a corner, with its back and its side at walls.
fn corner(room: &mut Room, d: &mut Dice, model: Model) -> bool {
    let Some(pose) = room.layout.in_a_corner(d, model.size) else { return false };
    room.put(d, &model, pose);
    true
}

const SEATS: Pieces = &[
    (3, wall!(seats::armchair, 0.3)),
    (2, open!(seats::armchair, 0.15)),
    (2, wall!(seats::sofa, 0.3)),
    (1, open!(seats::ottoman, 0.05)),
    (1, open!(seats::beanbag, 0.05)),
    (3, wall!(tables::end_table, 0.1)),
    (2, open!(tables::coffee_table, 0.2)),
    (2, wall!(tables::console_table, 0.2)),
    (3, wall!(seats::chair, 0.2)),
    (2, open!(seats::stool, 0.02)),
    (1, wall!(seats::bench, 0.2)),
];

const STORES: Pieces = &[
    (3, wall!(storage::bookshelf, 0.25)),
    (2, wall!(storage::cabinet, false; 0.25)),
    (3, wall!(storage::cabinet, true; 0.25)),
    (1, |r, d| built_in(r, d)),
    (1, |r, d| {
        let m = storage::corner_cabinet(d);
        corner(r, d, m)
    }),
    (1, wall!(storage::shelving, 0.25)),
    (1, wall!(beds::dresser, 0.25)),
];

const OFFICE: Pieces = &[
    (6, |r, d| desk_with_chair(r, d).is_some()),
    (3, wall!(storage::file_cabinet, 0.25)),
    (2, open!(seats::office_chair, 0.02)),
    (1, wall!(small::printer, true; 0.2)),
    (1, wall!(small::water_cooler, 0.1)),
    (1, open!(wallside::divider, 0.1)),
    (1, |r, d| table_with_chairs(r, d)),
];

const HOUSE: Pieces = &[
    (3, wall!(small::cardboard_box, 0.0)),
    (2, open!(small::cardboard_box, 0.0)),
    (2, wall!(small::backpack, 0.0)),
    (3, wall!(small::plant, true; 0.0)),
    (3, |r, d| {
        let name = d.pick(&["bag", "clothes"]);
        let m = small::heap(name, d);
        open(r, d, m, 0.0)
    }),
    (3, wall!(small::floor_lamp, 0.0)),
    (2, wall!(small::suitcase, 0.0)),
    (3, wall!(small::trash_can, 0.0)),
    (1, wall!(small::laundry_basket, 0.0)),
    (1, wall!(small::shoes, 0.0)),
    (1, wall!(small::shoe_rack, 0.1)),
    (1, open!(small::fan, 0.0)),
    (1, wall!(small::vacuum_cleaner, 0.0)),
    (1, wall!(small::ladder, 0.0)),
    (1, wall!(small::bicycle, 0.0)),
    (1, wall!(small::guitar, 0.0)),
    (1, wall!(small::coat_stand, 0.0)),
    (1, open!(small::exercise_ball, 0.0)),
    (1, open!(small::toys, 0.0)),
    (1, wall!(small::bottles, 0.0)),
    (1, open!(small::cables, 0.0)),
    (1, wall!(wallside::radiator, 0.0)),
    (2, open!(small::odds_and_ends, 0.0)),
    (1, |r, d| {
        let high = r.layout.plan.height - 0.1;
        let m = wallside::pipes(d, high, true);
        wall(r, d, m, 0.0)
    }),
];

const WORK: Pieces = &[
    (2, open!(small::drying_rack, 0.05)),
    (2, open!(small::ironing_board, 0.05)),
    (2, wall!(small::cart, 0.05)),
    (2, wall!(small::clothes_rack, 0.1)),
    (1, open!(small::exercise_machine, 0.1)),
    (3, wall!(storage::shelving, 0.3)),
    (3, open!(small::cardboard_box, 0.0)),
    (1, wall!(tables::folding_table, 0.2)),
    (1, wall!(small::dryer, 0.3)),
    (1, wall!(storage::refrigerator, false; 0.3)),
    (1, wall!(storage::lockers, 0.3)),
];

const KITCHEN: Pieces = &[
    (3, |r, d| counter(r, d, "kitchen counter", "kitchen cabinet")),
    (1, open!(kitchen::island, 0.4)),
    (1, wall!(storage::refrigerator, false; 0.4)),
    (1, wall!(seats::bar_stool, 0.05)),
    (1, |r, d| table_with_chairs(r, d)),
];

const LOBBY: Pieces = &[
    (2, wall!(seats::seat_row, 0.4)),
    (1, wall!(small::display_case, 0.4)),
    (1, wall!(kitchen::vending_machine, 0.5)),
    (1, open!(small::podium, 0.3)),
    (1, wall!(small::piano, 0.4)),
    (1, wall!(seats::stacked_chairs, 0.1)),
    (1, open!(tables::folding_table, 0.2)),
    (1, wall!(wallside::fireplace, 0.6)),
    (1, |r, d| counter(r, d, "counter", "cabinet")),
    (2, |r, d| table_with_chairs(r, d)),
];

const BATH: Pieces = &[
    (2, |r, d| {
        let m = bath::shower_stall(d);
        corner(r, d, m)
    }),
    (1, wall!(small::washing_machine, 0.3)),
    (2, wall!(small::laundry_basket, 0.0)),
    (2, wall!(storage::cabinet, false; 0.2)),
    (1, |r, d| counter(r, d, "bathroom counter", "bathroom vanity")),
    (1, wall!(seats::stool, 0.0)),
];

/// Fills the full width of a wall between its corners, as wardrobes do, or a part of it.
pub(super) fn built_in(room: &mut Room, d: &mut Dice) -> bool {
    let (w, h) = (d.between(1.2, 3.0), room.layout.plan.height - d.between(0.05, 0.4));
    let model = storage::built_in_cabinet(d, w, h);
    wall(room, d, model, 0.4)
}

fn counter(room: &mut Room, d: &mut Dice, name: &'static str, below: &'static str) -> bool {
    let (w, sink) = (d.between(0.7, 2.8), d.chance(0.3));
    let model = kitchen::counter(d, w, sink, name, below);
    let Some(placed) = room.wall(d, model, 0.4) else { return false };
    let mut things = table_top_things(d, 5);
    things.extend([kitchen::appliance(d), kitchen::dishes(d)]);
    let basin = Footprint { center: [0.0; 2], half: [0.35, 1.0], yaw: 0.0, height: [0.0, 1.0] };
    room.on_top(d, &placed, things, if sink { std::slice::from_ref(&basin) } else { &[] });
    true
}

fn lists(kind: RoomKind) -> &'static [(u32, Pieces)] {
    match kind {
        RoomKind::Bedroom => &[(3, SEATS), (4, STORES), (4, HOUSE), (1, WORK), (1, OFFICE)],
        RoomKind::Bathroom => &[(3, BATH), (2, HOUSE)],
        RoomKind::Kitchen => &[(3, KITCHEN), (2, HOUSE), (1, STORES), (1, SEATS)],
        RoomKind::LivingRoom => &[(5, SEATS), (2, STORES), (3, HOUSE), (1, LOBBY), (1, OFFICE)],
        RoomKind::Office => &[(5, OFFICE), (3, STORES), (2, HOUSE), (1, SEATS)],
        RoomKind::MeetingRoom => &[(2, LOBBY), (2, SEATS), (2, STORES), (2, HOUSE)],
        RoomKind::Apartment => &[(4, SEATS), (2, KITCHEN), (2, STORES), (3, HOUSE), (1, OFFICE), (1, WORK)],
        RoomKind::Hallway => &[(4, HOUSE), (2, STORES), (1, LOBBY)],
        RoomKind::Laundry | RoomKind::Storage => &[(4, WORK), (3, HOUSE), (2, STORES), (1, SEATS)],
        RoomKind::Lobby => &[(4, SEATS), (4, LOBBY), (2, HOUSE)],
        RoomKind::Classroom => &[(2, STORES), (1, LOBBY), (2, HOUSE), (1, OFFICE)],
    }
}

pub(super) fn weighted<T: Copy>(d: &mut Dice, list: &[(u32, T)]) -> T {
    let mut at = d.below(list.iter().map(|(weight, _)| *weight as usize).sum()) as u32;
    let found = list.iter().find(|(weight, _)| {
        let here = at < *weight;
        at = at.saturating_sub(*weight);
        here
    });
    found.map_or(list[0].1, |(_, item)| *item)
}

/// Adds pieces until the given share of the floor is taken or ten in a row find no place.
pub(super) fn crowd(kind: RoomKind, room: &mut Room, d: &mut Dice, share: f32) {
    let mut missed = 0;
    while missed < FULL && room.layout.furnished() < share {
        // half of the pieces of the second edition are what it adds
        let pieces = if d.second() && d.chance(0.5) { fuller::pieces(kind) } else { weighted(d, lists(kind)) };
        let piece = weighted(d, pieces);
        missed = if piece(room, d) { 0 } else { missed + 1 };
    }
}

/// Hangs things on the walls: about one for each `every` metres.
pub(super) fn hang(kind: RoomKind, room: &mut Room, d: &mut Dice, every: f32) {
    let around: f32 = room.layout.plan.walls.iter().map(|wall| wall.length).sum();
    let at_work = matches!(kind, RoomKind::Office | RoomKind::MeetingRoom | RoomKind::Classroom | RoomKind::Lobby);
    if d.chance(0.4) {
        let (model, plan) = (small::ceiling_lamp(d), &room.layout.plan);
        let at = [plan.size[0] * d.between(0.4, 0.6), plan.size[1] * d.between(0.4, 0.6), plan.height - model.size[2]];
        if plan.contains([at[0], at[1]], 0.4) {
            room.put(d, &model, Pose::at(at));
        }
    }
    for _ in 0..(around / every) as usize {
        let (model, z) = match d.below(14) {
            0 if at_work => (wallside::whiteboard(d), 0.9),
            1 if at_work => (wallside::bulletin_board(d), 0.9),
            2 => (wallside::wall_shelf(d), d.between(1.1, 1.7)),
            3 => (wallside::mirror(d), 1.1),
            4 => (wallside::wall_clock(d), 1.9),
            5 => (wallside::coat_hooks(d), 0.6),
            6 => (wallside::air_conditioner(d), 2.0),
            7 => (wallside::wall_tv(d), 1.1),
            8 => (kitchen::hung_cabinet(d), d.between(1.2, 1.5)),
            9 if kind == RoomKind::Bathroom => (bath::towel(d), d.between(0.8, 1.2)),
            _ if d.second() && d.chance(0.6) => fuller::on_a_wall(d),
            _ => (wallside::picture(d), d.between(1.05, 1.6)),
        };
        let highest = room.layout.plan.height - model.size[2] - 0.03;
        room.hang(d, model, z.min(highest));
    }
}
