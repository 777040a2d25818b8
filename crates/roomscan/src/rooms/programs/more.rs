//! Flats, hallways, laundries, stores, lobbies and classrooms.

use super::super::{Room, place::table_top_things};
use super::{carpet, desk_with_chair, living_room};
use crate::dice::Dice;
use crate::math::Pose;
use crate::models::{kitchen, seats, small, storage, tables, wallside};
use std::f32::consts::PI;

pub(super) fn apartment(room: &mut Room, d: &mut Dice) -> Option<()> {
    living_room(room, d)?;
    let w = d.between(1.4, 3.2);
    let model = kitchen::counter(d, w, true, "kitchen counter", "kitchen cabinet");
    room.wall(d, model, 0.5)?;
    let model = storage::refrigerator(d, false);
    room.wall(d, model, 0.4);
    if d.chance(0.4) {
        let model = kitchen::island(d);
        room.open(d, model, 0.4);
    }
    Some(())
}

pub(super) fn hallway(room: &mut Room, d: &mut Dice) -> Option<()> {
    if d.chance(0.5) {
        let model = wallside::coat_hooks(d);
        room.hang(d, model, 0.6);
    }
    if d.chance(0.5) {
        let model = tables::console_table(d);
        room.wall(d, model, 0.3);
    }
    carpet(room, d, 0.4);
    Some(())
}

pub(super) fn laundry(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = small::washing_machine(d);
    room.wall(d, model, 0.4)?;
    for _ in 0..d.below(4) {
        let model = if d.chance(0.5) { small::washing_machine(d) } else { small::dryer(d) };
        room.wall(d, model, 0.4);
    }
    if d.chance(0.6) {
        let w = d.between(0.8, 1.8);
        let model = kitchen::counter(d, w, true, "counter", "cabinet");
        room.wall(d, model, 0.4);
    }
    Some(())
}

pub(super) fn storage_room(room: &mut Room, d: &mut Dice) -> Option<()> {
    for _ in 0..2 + d.below(5) {
        let model = if d.chance(0.6) { storage::shelving(d) } else { storage::bookshelf(d) };
        room.wall(d, model, 0.3);
    }
    Some(())
}

pub(super) fn lobby(room: &mut Room, d: &mut Dice) -> Option<()> {
    if d.chance(0.6) {
        let model = kitchen::reception_counter(d);
        room.open(d, model, 0.7);
    }
    for _ in 0..1 + d.below(3) {
        let model = if d.chance(0.5) { seats::seat_row(d) } else { seats::sofa(d) };
        room.wall(d, model, 0.6);
    }
    Some(())
}

/// Rows of small tables with chairs, or of chairs with a tablet, before a board.
pub(super) fn classroom(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = if d.chance(0.7) { wallside::whiteboard(d) } else { wallside::projector_screen(d) };
    room.hang(d, model, 0.9)?;
    let [x, y] = room.layout.plan.size;
    let (tablets, quarters) = (d.chance(0.35), d.below(4));
    let yaw = quarters as f32 * PI / 2.0;
    let (desk, chair, tablet) = (tables::school_desk(d), seats::chair(d), seats::tablet_chair(d));
    let pitch = [d.between(0.9, 1.4), d.between(1.2, 1.7)];
    let along = if quarters % 2 == 0 { [x, y] } else { [y, x] };
    let (columns, rows) = ((along[0] / pitch[0]) as usize, (along[1] / pitch[1]) as usize);
    let center = Pose::turned([x / 2.0, y / 2.0, 0.0], yaw);
    for i in 0..columns * rows {
        let column = (i % columns) as f32 - (columns as f32 - 1.0) / 2.0;
        let row = (i / columns) as f32 - (rows as f32 - 1.0) / 2.0;
        let at = center.apply([column * pitch[0], row * pitch[1], 0.0]);
        let turn = yaw + d.between(-0.1, 0.1);
        let model = if tablets { &tablet } else { &desk };
        let Some(pose) = room.layout.take([at[0], at[1]], turn, 0.0, model.size) else { continue };
        let placed = room.put(d, model, pose);
        if !tablets {
            let off = placed.size[1] / 2.0 + chair.size[1] / 2.0 + d.between(0.0, 0.15);
            let (aside, turn) = (d.between(-0.1, 0.1), PI + d.between(-0.3, 0.3));
            room.beside(d, chair.clone(), &placed, [aside, off, turn]);
            let things = table_top_things(d, 2);
            room.on_top(d, &placed, things, &[]);
        }
    }
    if d.chance(0.6) {
        desk_with_chair(room, d);
    }
    Some(())
}
