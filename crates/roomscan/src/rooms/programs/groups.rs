//! Groups of furniture that rooms of the second edition have, see [`fuller`](super::fuller).

use super::super::{Placed, Room, place::table_top_things};
use super::above;
use super::pieces::{laden, wall};
use crate::dice::Dice;
use crate::math::Pose;
use crate::models::{beds, kitchen, seats, small, storage, tables, wallside};
use std::f32::consts::PI;

/// A kitchen along a wall: a counter of up to 4.7 m, cabinets above it, and at its ends a refrigerator and a cabinet as
/// high as a person, as far as there is place.
pub(super) fn kitchen_wall(room: &mut Room, d: &mut Dice, front: f32) {
    let longest = room.layout.plan.walls.iter().map(|wall| wall.length).fold(0.0, f32::max) - 1.3;
    let w = d.between(1.6, 4.7).min(longest);
    if w < 1.2 {
        return;
    }
    let sink = d.chance(0.6);
    let model = kitchen::counter(d, w, sink, "kitchen counter", "kitchen cabinet");
    let Some(counter) = room.wall(d, model, front) else { return };
    let (upper, z) = (w * d.between(0.6, 1.0), d.between(1.35, 1.5));
    let model = kitchen::wall_cabinet(d, upper);
    above(room, d, model, &counter, z);
    let fridge = storage::refrigerator(d, false);
    let (wide, high) = (d.between(0.5, 1.2), d.between(1.9, 2.2));
    let cabinet = storage::built_in_cabinet(d, wide, high);
    let side = d.pick(&[-1.0, 1.0]);
    for (model, side) in [(fridge, side), (cabinet, -side)] {
        let x = side * (counter.size[0] + model.size[0] + 0.03) / 2.0;
        let y = (model.size[1] - counter.size[1]) / 2.0;
        if room.beside(d, model.clone(), &counter, [x, y, 0.0]).is_none() {
            room.wall(d, model, 0.4);
        }
    }
    let mut things = table_top_things(d, 6);
    things.extend([kitchen::appliance(d), kitchen::dishes(d)]);
    room.on_top(d, &counter, things, &[]);
}

/// Two to six desks or tables side by side and back to back, with their chairs.
pub(super) fn desk_block(room: &mut Room, d: &mut Dice) {
    // the first desk, and the distance to the next
    let mut first: Option<(Placed, f32)> = None;
    let (columns, back) = (1 + d.below(3), d.chance(0.7));
    for i in 0..columns {
        for turned in 0..1 + usize::from(back) {
            let model = if d.chance(0.7) { tables::desk(d) } else { tables::folding_table(d) };
            let placed = match &first {
                None => room.open(d, model, 0.5),
                Some((first, pitch)) => {
                    let y = -((turned as f32) * (0.03 + (first.size[1] + model.size[1]) / 2.0));
                    room.beside(d, model, first, [i as f32 * pitch, y, PI * turned as f32])
                }
            };
            let Some(desk) = placed else { continue };
            first.get_or_insert((desk, desk.size[0] + 0.05));
            let chair = seats::office_chair(d);
            let y = (desk.size[1] + chair.size[1]) / 2.0 + d.between(0.02, 0.2);
            let at = [d.between(-0.2, 0.2), y, PI + d.between(-0.5, 0.5)];
            room.seat(d, chair, &desk, at);
        }
    }
}

/// One or two chairs in the open or before a wall, or some that are stacked.
pub(super) fn chairs_alone(room: &mut Room, d: &mut Dice) -> bool {
    if d.chance(0.2) {
        let model = seats::stacked_chairs(d);
        return wall(room, d, model, 0.1);
    }
    let model = if d.chance(0.3) { seats::office_chair(d) } else { seats::chair(d) };
    let mut any = false;
    for _ in 0..1 + d.below(2) {
        let copy = model.clone();
        let placed = if d.chance(0.5) { room.wall(d, copy, 0.1) } else { room.open(d, copy, 0.05) };
        any |= placed.is_some();
    }
    any
}

/// A cabinet with boxes on it, often up to the ceiling.
pub(super) fn loaded_cabinet(room: &mut Room, d: &mut Dice) -> bool {
    let tall = d.chance(0.6);
    let model = storage::cabinet(d, tall);
    let high = model.size[2];
    let Some(placed) = room.wall(d, model, 0.25) else { return false };
    let mut z = high;
    let x = d.between(-0.25, 0.25) * placed.size[0];
    while !tall && d.chance(0.6) {
        let carton = small::cardboard_box(d);
        if z + carton.size[2] > room.layout.plan.height {
            break;
        }
        room.put(d, &carton, placed.pose.then(&Pose::at([x, 0.0, z])));
        z += carton.size[2];
    }
    true
}

/// Boxes, bags or clothes at a wall or in the way.
pub(super) fn stack(room: &mut Room, d: &mut Dice) -> bool {
    let model = match d.below(5) {
        0 | 1 => small::cardboard_box(d),
        2 => small::heap("clothes", d),
        3 => small::clothes_rack(d),
        _ => small::backpack(d),
    };
    let placed = if d.chance(0.6) { room.wall(d, model, 0.0) } else { room.open(d, model, 0.0) };
    laden(room, d, placed)
}

/// A bed besides the one that a bedroom has, or in a flat of one room.
pub(super) fn second_bed(room: &mut Room, d: &mut Dice) -> bool {
    let model = beds::bed(d, 1.6);
    room.wall(d, model, 0.3).is_some()
}

/// A curtain along a wall, as before a front of windows.
pub(super) fn window_wall(room: &mut Room, d: &mut Dice) {
    let height = room.layout.plan.height;
    let (w, low) = (d.between(1.1, 4.0), d.between(0.03, 0.3));
    let high = height - low - d.between(0.05, 0.4);
    let model = wallside::curtain(d, w, high);
    room.hang(d, model, low);
}
