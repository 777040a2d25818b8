//! Puts models into a room.

use super::plan::OpeningKind;
use super::{Footprint, Placed, Room};
use crate::dice::Dice;
use crate::math::Pose;
use crate::models::{small, wallside};
use crate::scene::Model;
use std::f32::consts::PI;

impl Room {
    pub fn put(&mut self, d: &mut Dice, model: &Model, pose: Pose) -> Placed {
        self.scene.add(model, pose, d);
        Placed { pose, size: model.size, top: model.top }
    }

    /// Puts a model against a wall, with `front` metres free in front of it.
    pub fn wall(&mut self, d: &mut Dice, model: Model, front: f32) -> Option<Placed> {
        let pose = self.layout.against_wall(d, model.size, 0.0, [0.01, 0.06], front)?;
        Some(self.put(d, &model, pose))
    }

    /// Hangs a model on a wall, at height `z`.
    pub fn hang(&mut self, d: &mut Dice, model: Model, z: f32) -> Option<Placed> {
        let pose = self.layout.against_wall(d, model.size, z, [0.0, 0.0], 0.0)?;
        Some(self.put(d, &model, pose))
    }

    /// Puts a model anywhere on the floor, with a free `margin` on all sides.
    pub fn open(&mut self, d: &mut Dice, model: Model, margin: f32) -> Option<Placed> {
        let pose = self.layout.in_the_open(d, model.size, margin)?;
        Some(self.put(d, &model, pose))
    }

    /// Puts a model at `local` (x, y, yaw) in the coordinates of a placed one.
    pub fn beside(&mut self, d: &mut Dice, model: Model, by: &Placed, local: [f32; 3]) -> Option<Placed> {
        let yaw = by.pose.axes[0][1].atan2(by.pose.axes[0][0]) + local[2];
        let at = by.pose.apply([local[0], local[1], 0.0]);
        let pose = self.layout.take([at[0], at[1]], yaw, by.pose.origin[2], model.size)?;
        Some(self.put(d, &model, pose))
    }

    /// Puts chairs around a table, facing it, and returns how many found a place.
    pub fn chairs_around(&mut self, d: &mut Dice, table: &Placed, want: usize, chair: fn(&mut Dice) -> Model) -> usize {
        let [w, depth, _] = table.size;
        let long = ((w / 0.68) as usize).max(1);
        let mut seats = Vec::new();
        for i in 0..long {
            let x = (i as f32 + 0.5 - long as f32 / 2.0) * (w / long as f32);
            seats.push([x, depth / 2.0, 1.0, PI]);
            seats.push([x, -depth / 2.0, -1.0, 0.0]);
        }
        seats.push([w / 2.0, 0.0, 2.0, PI / 2.0]);
        seats.push([-w / 2.0, 0.0, -2.0, -PI / 2.0]);
        d.shuffle(&mut seats);
        let mut count = 0;
        for [x, y, side, turn] in seats {
            if count == want {
                break;
            }
            let model = chair(d);
            let off = model.size[1] / 2.0 + d.between(0.01, 0.2);
            let [x, y] = match side {
                1.0 => [x, y + off],
                -1.0 => [x, y - off],
                2.0 => [x + off, y],
                _ => [x - off, y],
            };
            let turn = turn + d.between(-0.3, 0.3);
            count += usize::from(self.beside(d, model, table, [x, y, turn]).is_some());
        }
        count
    }

    /// Puts small objects on a top, where they overlap neither each other nor `keep_clear`.
    pub fn on_top(&mut self, d: &mut Dice, base: &Placed, models: Vec<Model>, keep_clear: &[Footprint]) {
        let Some(z) = base.top else { return };
        let mut local = keep_clear.to_vec();
        for model in models {
            for _ in 0..12 {
                let reach = [0, 1].map(|a| (base.size[a] / 2.0 - model.size[a] / 2.0 - 0.01).max(0.0));
                let at = [d.between(-1.0, 1.0) * reach[0], d.between(-1.0, 1.0) * reach[1]];
                let yaw = d.between(-0.5, 0.5);
                let half = [model.size[0] / 2.0, model.size[1] / 2.0];
                let zone = Footprint { center: at, half, yaw, height: [0.0, 1.0] };
                if half[0] < base.size[0] / 2.0 && half[1] < base.size[1] / 2.0 && !local.iter().any(|o| o.meets(&zone))
                {
                    local.push(zone);
                    let pose = base.pose.then(&Pose::turned([at[0], at[1], z], yaw));
                    self.put(d, &model, pose);
                    break;
                }
            }
        }
    }

    /// Hangs curtains at each window with probability `p`, and returns how many windows got some.
    pub fn curtains(&mut self, d: &mut Dice, p: f32) -> usize {
        let mut places = Vec::new();
        for wall in &self.layout.plan.walls {
            for o in wall.openings.iter().filter(|o| o.kind == OpeningKind::Window) {
                places.push((wall.clone(), *o));
            }
        }
        let mut hung = 0;
        for (wall, o) in places {
            if !d.chance(p) {
                continue;
            }
            let to_floor = d.chance(0.5);
            let low = if to_floor { 0.06 } else { o.low - 0.18 };
            let high = (o.high + 0.14).min(self.layout.plan.height - 0.05);
            let panel = (o.to - o.from) * d.between(0.26, 0.5);
            let mut any = false;
            for side in [-1.0, 1.0] {
                let t = if side < 0.0 { o.from - 0.1 + panel / 2.0 } else { o.to + 0.1 - panel / 2.0 };
                if t - panel / 2.0 < 0.01 || t + panel / 2.0 > wall.length - 0.01 {
                    continue;
                }
                let model = wallside::curtain(d, panel, high - low);
                let at = wall.point(t, 0.11);
                let zone = Footprint { center: at, half: [panel / 2.0, 0.06], yaw: wall.yaw(), height: [low, high] };
                if !self.layout.taken.iter().any(|taken| taken.meets(&zone)) {
                    self.layout.taken.push(zone);
                    self.put(d, &model, Pose::turned([at[0], at[1], low], wall.yaw()));
                    any = true;
                }
            }
            hung += usize::from(any);
        }
        hung
    }

    /// Adds objects that any room may have: pictures, chairs, boxes, bags, plants, lamps, suitcases and clutter.
    pub fn sundries(&mut self, d: &mut Dice, pictures: usize, loose: usize) {
        for _ in 0..pictures {
            let z = d.between(1.15, 1.55);
            let model = wallside::picture(d);
            self.hang(d, model, z);
        }
        for _ in 0..loose {
            match d.below(8) {
                7 => {
                    let model = crate::models::seats::chair(d);
                    self.wall(d, model, 0.2);
                }
                0 => {
                    let model = small::cardboard_box(d);
                    self.open(d, model, 0.02);
                }
                1 => {
                    let model = small::backpack(d);
                    self.wall(d, model, 0.0);
                }
                2 => {
                    let tall = d.chance(0.7);
                    let model = small::plant(d, tall);
                    self.wall(d, model, 0.0);
                }
                3 => {
                    let name = d.pick(&["bag", "clothes"]);
                    let model = small::heap(name, d);
                    self.open(d, model, 0.02);
                }
                4 => {
                    let model = small::floor_lamp(d);
                    self.wall(d, model, 0.0);
                }
                5 => {
                    let model = small::suitcase(d);
                    self.wall(d, model, 0.0);
                }
                _ => {
                    let model = small::odds_and_ends(d);
                    self.open(d, model, 0.0);
                }
            }
        }
    }
}

/// A few small objects for a table top.
pub(crate) fn table_top_things(d: &mut Dice, most: usize) -> Vec<Model> {
    (0..d.below(most + 1))
        .map(|_| match d.below(5) {
            0 => small::book_stack(d),
            1 => small::plant(d, false),
            2 => small::cardboard_box(d),
            _ => small::odds_and_ends(d),
        })
        .collect()
}
