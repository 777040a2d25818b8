//! The contents of each kind of room: what it must have, and then more until it is as full as rooms are. A room that
//! lacks a required object is rejected (`None`).

mod fuller;
mod groups;
mod more;
mod pieces;

use super::{Footprint, Placed, Room, RoomKind, place::table_top_things};
use crate::dice::Dice;
use crate::math::Pose;
use crate::models::{bath, beds, kitchen, seats, small, storage, tables, wallside};
use crate::scene::Model;
use std::f32::consts::PI;

/// Names that annotators give a worktop; the usual one is listed twice.
const KITCHEN_COUNTERS: [&str; 3] = ["kitchen counter", "kitchen counter", "counter"];

pub(super) fn fill(kind: RoomKind, room: &mut Room, d: &mut Dice) -> bool {
    let whole = match kind {
        RoomKind::Bedroom => bedroom(room, d),
        RoomKind::Bathroom => bathroom(room, d),
        RoomKind::Kitchen => kitchen_room(room, d),
        RoomKind::LivingRoom => living_room(room, d),
        RoomKind::Office => office(room, d),
        RoomKind::MeetingRoom => meeting_room(room, d),
        RoomKind::Apartment => more::apartment(room, d),
        RoomKind::Hallway => more::hallway(room, d),
        RoomKind::Laundry => more::laundry(room, d),
        RoomKind::Storage => more::storage_room(room, d),
        RoomKind::Lobby => more::lobby(room, d),
        RoomKind::Classroom => more::classroom(room, d),
    };
    if whole.is_none() {
        return false;
    }
    // Some rooms are tidy, and some can hardly be walked through.
    let share = d.between(d.either(0.2, 0.3), d.either(0.55, 0.6));
    if d.second() {
        fuller::furnish(kind, room, d);
    }
    pieces::crowd(kind, room, d, share);
    let every = d.between(d.either(1.5, 1.0), d.either(6.0, 3.0));
    pieces::hang(kind, room, d, every);
    true
}

fn trash(room: &mut Room, d: &mut Dice) -> Option<Placed> {
    let model = small::trash_can(d);
    room.wall(d, model, 0.0)
}

/// A desk with its chair. The middle of the desk is already taken, by a monitor for example.
fn desk_with_chair(room: &mut Room, d: &mut Dice) -> Option<Placed> {
    let model = tables::desk(d);
    let desk = room.wall(d, model, 0.75)?;
    let chair = if d.chance(0.7) { seats::office_chair(d) } else { seats::chair(d) };
    let y = desk.size[1] / 2.0 + chair.size[1] / 2.0 + d.between(0.02, 0.2);
    let x = d.between(-0.15, 0.15);
    let turn = PI + d.between(-0.5, 0.5);
    room.seat(d, chair, &desk, [x, y, turn]);
    let middle = Footprint { center: [0.0, 0.0], half: [0.38, 1.0], yaw: 0.0, height: [0.0, 1.0] };
    let things = table_top_things(d, 3);
    room.on_top(d, &desk, things, &[middle]);
    Some(desk)
}

/// A table anywhere, with chairs around it.
fn table_with_chairs(room: &mut Room, d: &mut Dice) -> bool {
    let model = if d.chance(d.either(0.3, 0.2)) { tables::meeting_table(d) } else { tables::dining_table(d) };
    let Some(table) = room.open(d, model, 0.3) else { return false };
    let want = d.below(d.either(7, 9)).max(d.either(0, 3));
    let seat = d.pick::<fn(&mut Dice) -> Model>(&[seats::chair, seats::chair, seats::office_chair, seats::stool]);
    room.chairs_around(d, &table, want, seat);
    let things = table_top_things(d, 6);
    room.on_top(d, &table, things, &[]);
    true
}

fn bedroom(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = beds::bed(d, d.either(1.8, 2.0));
    let bed = room.wall(d, model, 0.3)?;
    for side in [-1.0, 1.0] {
        if d.chance(0.7) {
            let stand = if d.chance(0.7) { beds::nightstand(d) } else { tables::end_table(d) };
            let x = side * (bed.size[0] / 2.0 + stand.size[0] / 2.0 + d.between(0.03, 0.12));
            let y = -bed.size[1] / 2.0 + stand.size[1] / 2.0 + 0.01;
            room.beside(d, stand, &bed, [x, y, 0.0]);
        }
    }
    let tall = d.chance(0.6);
    let model = storage::cabinet(d, tall);
    room.wall(d, model, 0.3)?;
    if room.curtains(d, 1.0) == 0 {
        return None;
    }
    if d.chance(0.65) {
        desk_with_chair(room, d);
    }
    if d.chance(0.5) {
        let model = beds::dresser(d);
        if let Some(dresser) = room.wall(d, model, 0.3) {
            let things = table_top_things(d, 3);
            room.on_top(d, &dresser, things, &[]);
        }
    }
    if d.chance(0.35) {
        let model = storage::bookshelf(d);
        room.wall(d, model, 0.3);
    }
    if d.chance(0.35) {
        let model = seats::armchair(d);
        room.wall(d, model, 0.2);
    }
    if d.chance(0.4) {
        let z = d.between(1.3, 1.6);
        let model = wallside::wall_shelf(d);
        room.hang(d, model, z);
    }
    if d.chance(0.5) {
        trash(room, d);
    }
    if d.chance(0.5) {
        radiator(room, d);
    }
    carpet(room, d, 0.35);
    Some(())
}

fn bathroom(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = bath::bathtub(d);
    let tub = room.wall(d, model, 0.25)?;
    // The curtain hangs at the open side of the tub, so it needs no floor.
    let curtain = bath::shower_curtain(d, tub.size[0]);
    let at = tub.pose.then(&Pose::at([0.0, tub.size[1] / 2.0 + 0.03, 0.0]));
    room.put(d, &curtain, at);
    let model = bath::toilet(d);
    room.wall(d, model, 0.45)?;
    if d.chance(0.5) {
        let w = d.between(0.75, 1.2);
        let name = d.pick(&["counter", "bathroom counter"]);
        let below = d.pick(&["bathroom vanity", "cabinet"]);
        let model = kitchen::counter(d, w, true, name, below);
        let vanity = room.wall(d, model, 0.4)?;
        mirror_above(room, d, &vanity);
    } else {
        let model = bath::pedestal_sink(d);
        let sink = room.wall(d, model, 0.4)?;
        mirror_above(room, d, &sink);
    }
    if d.chance(0.35) {
        let model = small::washing_machine(d);
        room.wall(d, model, 0.3);
    }
    if d.chance(0.4) {
        let model = storage::cabinet(d, false);
        room.wall(d, model, 0.2);
    }
    if d.chance(0.7) {
        trash(room, d);
    }
    for _ in 0..1 + d.below(2) {
        let z = d.between(0.8, 1.1);
        let model = bath::towel(d);
        room.hang(d, model, z);
    }
    if d.chance(0.4) {
        radiator(room, d);
    }
    room.curtains(d, 0.3);
    if d.chance(0.6) {
        let (w, depth) = (d.between(0.6, 0.85), d.between(0.4, 0.6));
        let model = small::rug(d, w, depth);
        room.open(d, model, 0.0);
    }
    Some(())
}

fn mirror_above(room: &mut Room, d: &mut Dice, below: &Placed) {
    let (model, z) = (wallside::mirror(d), d.between(1.1, 1.3));
    above(room, d, model, below, z);
}

/// Hangs a model at the wall above a placed one, at height `z`, if the place is free.
fn above(room: &mut Room, d: &mut Dice, model: Model, below: &Placed, z: f32) {
    let pose = below.pose.then(&Pose::at([0.0, -below.size[1] / 2.0 + model.size[1] / 2.0, z]));
    let yaw = pose.axes[0][1].atan2(pose.axes[0][0]);
    let [x, y, z] = pose.origin;
    if z + model.size[2] < room.layout.plan.height && room.layout.take([x, y], yaw, z, model.size).is_some() {
        room.put(d, &model, pose);
    }
}

fn kitchen_room(room: &mut Room, d: &mut Dice) -> Option<()> {
    let w = d.between(1.5, 2.4);
    let name = d.pick(&KITCHEN_COUNTERS);
    let model = kitchen::counter(d, w, true, name, "kitchen cabinet");
    let counter = room.wall(d, model, 0.6)?;
    let model = storage::refrigerator(d, false);
    room.wall(d, model, 0.5)?;
    let w = counter.size[0] * d.between(0.5, 1.0);
    let (model, z) = (kitchen::wall_cabinet(d, w), d.between(1.35, 1.5));
    above(room, d, model, &counter, z);
    let model = tables::dining_table(d);
    let table = room.open(d, model, 0.35)?;
    let want = 3 + d.below(4);
    if room.chairs_around(d, &table, want, seats::chair) == 0 {
        return None;
    }
    let things = table_top_things(d, 3);
    room.on_top(d, &table, things, &[]);
    let model = kitchen::stove(d);
    if let Some(stove) = room.wall(d, model, 0.4)
        && d.chance(0.6)
    {
        let model = kitchen::range_hood(d);
        above(room, d, model, &stove, 1.5);
    }
    if d.chance(0.6) {
        let w = d.between(0.7, 1.5);
        let name = d.pick(&KITCHEN_COUNTERS);
        let model = kitchen::counter(d, w, false, name, "kitchen cabinet");
        if let Some(second) = room.wall(d, model, 0.4) {
            let mut things = table_top_things(d, 2);
            things.insert(0, kitchen::microwave(d));
            room.on_top(d, &second, things, &[]);
        }
    }
    let tap = Footprint { center: [0.0, 0.0], half: [counter.size[0] * 0.32, 1.0], yaw: 0.0, height: [0.0, 1.0] };
    let things = table_top_things(d, 4);
    room.on_top(d, &counter, things, &[tap]);
    if d.chance(0.4) {
        let tall = d.chance(0.5);
        let model = storage::cabinet(d, tall);
        room.wall(d, model, 0.3);
    }
    trash(room, d);
    room.curtains(d, 0.4);
    carpet(room, d, 0.15);
    Some(())
}

fn living_room(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = seats::sofa(d);
    let sofa = room.wall(d, model, 1.0)?;
    let low = tables::coffee_table(d);
    let y = sofa.size[1] / 2.0 + low.size[1] / 2.0 + d.between(0.28, 0.42);
    let x = d.between(-0.2, 0.2);
    let turn = d.between(-0.08, 0.08);
    let table = room.beside(d, low, &sofa, [x, y, turn])?;
    let things = table_top_things(d, 3);
    room.on_top(d, &table, things, &[]);
    let model = storage::bookshelf(d);
    room.wall(d, model, 0.3)?;
    room.curtains(d, 0.8);
    for _ in 0..1 + d.below(2) {
        let seat = if d.chance(0.6) { seats::armchair(d) } else { seats::sofa(d) };
        room.wall(d, seat, 0.3);
    }
    for side in [-1.0, 1.0] {
        if d.chance(0.5) {
            let model = tables::end_table(d);
            let x = side * (sofa.size[0] / 2.0 + model.size[0] / 2.0 + 0.06);
            if let Some(end) = room.beside(d, model, &sofa, [x, -sofa.size[1] / 2.0 + 0.35, 0.0]) {
                let lamp = small::table_lamp(d);
                room.on_top(d, &end, vec![lamp], &[]);
            }
        }
    }
    let model = storage::cabinet(d, false);
    if let Some(low) = room.wall(d, model, 0.4) {
        let mut things = table_top_things(d, 1);
        let set = wallside::television(d);
        if set.size[0] < low.size[0] {
            things.insert(0, set);
        }
        room.on_top(d, &low, things, &[]);
    }
    if d.chance(0.5) {
        let model = seats::ottoman(d);
        room.open(d, model, 0.1);
    }
    if d.chance(0.4) {
        let model = tables::dining_table(d);
        if let Some(table) = room.open(d, model, 0.3) {
            let want = 2 + d.below(3);
            room.chairs_around(d, &table, want, seats::chair);
        }
    }
    if d.chance(0.3) {
        desk_with_chair(room, d);
    }
    if d.chance(0.4) {
        radiator(room, d);
    }
    carpet(room, d, 0.5);
    Some(())
}

fn office(room: &mut Room, d: &mut Dice) -> Option<()> {
    desk_with_chair(room, d)?;
    let model = storage::bookshelf(d);
    room.wall(d, model, 0.3)?;
    let model = if d.chance(0.6) { storage::file_cabinet(d) } else { storage::cabinet(d, true) };
    room.wall(d, model, 0.3)?;
    trash(room, d)?;
    for _ in 0..1 + d.below(2) {
        desk_with_chair(room, d);
    }
    if d.chance(0.5) {
        let z = d.between(0.9, 1.05);
        let model = wallside::whiteboard(d);
        room.hang(d, model, z);
    }
    if d.chance(0.4) {
        let model = tables::dining_table(d);
        if let Some(table) = room.open(d, model, 0.3) {
            let want = 1 + d.below(3);
            room.chairs_around(d, &table, want, seats::office_chair);
            let things = table_top_things(d, 3);
            room.on_top(d, &table, things, &[]);
        }
    }
    for _ in 0..1 + d.below(2) {
        let model = if d.chance(0.5) { storage::bookshelf(d) } else { storage::file_cabinet(d) };
        room.wall(d, model, 0.3);
    }
    if d.chance(0.3) {
        let model = storage::refrigerator(d, true);
        room.wall(d, model, 0.3);
    }
    if d.chance(0.3) {
        let model = seats::armchair(d);
        room.wall(d, model, 0.2);
    }
    if d.chance(0.3) {
        radiator(room, d);
    }
    room.curtains(d, 0.3);
    Some(())
}

fn meeting_room(room: &mut Room, d: &mut Dice) -> Option<()> {
    let model = tables::meeting_table(d);
    let table = room.open(d, model, 0.6)?;
    let want = 5 + d.below(6);
    let chair = if d.chance(0.6) { seats::office_chair } else { seats::chair };
    if room.chairs_around(d, &table, want, chair) < 2 {
        return None;
    }
    let things = table_top_things(d, 4);
    room.on_top(d, &table, things, &[]);
    let z = d.between(0.9, 1.05);
    let model = wallside::whiteboard(d);
    room.hang(d, model, z);
    if d.chance(0.6) {
        let model = storage::cabinet(d, false);
        if let Some(low) = room.wall(d, model, 0.3) {
            let things = table_top_things(d, 3);
            room.on_top(d, &low, things, &[]);
        }
    }
    if d.chance(0.3) {
        let w = d.between(1.0, 1.8);
        let sink = d.chance(0.6);
        let model = kitchen::counter(d, w, sink, "counter", "cabinet");
        room.wall(d, model, 0.4);
    }
    if d.chance(0.4) {
        let z = d.between(1.0, 1.2);
        let model = wallside::television(d);
        room.hang(d, model, z);
    }
    if d.chance(0.4) {
        let model = storage::bookshelf(d);
        room.wall(d, model, 0.3);
    }
    if d.chance(0.3) {
        let model = seats::sofa(d);
        room.wall(d, model, 0.3);
    }
    trash(room, d);
    if d.chance(0.4) {
        radiator(room, d);
    }
    room.curtains(d, 0.3);
    Some(())
}

fn radiator(room: &mut Room, d: &mut Dice) {
    let model = wallside::radiator(d);
    room.wall(d, model, 0.0);
}

/// Adds a rug with probability `p`. It may lie under furniture.
fn carpet(room: &mut Room, d: &mut Dice, p: f32) {
    if !d.chance(p) {
        return;
    }
    let (w, depth) = (d.between(1.1, 1.8), d.between(0.8, 1.3));
    let model = small::rug(d, w, depth);
    for _ in 0..20 {
        let center = [d.unit() * room.layout.plan.size[0], d.unit() * room.layout.plan.size[1]];
        let yaw = d.below(2) as f32 * PI / 2.0 + d.between(-0.1, 0.1);
        let zone = Footprint { center, half: [w / 2.0, depth / 2.0], yaw, height: [0.0, 0.02] };
        if zone.corners().iter().all(|c| room.layout.plan.contains(*c, 0.1)) {
            room.put(d, &model, Pose::turned([center[0], center[1], 0.0], yaw));
            return;
        }
    }
}
