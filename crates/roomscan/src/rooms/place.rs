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

    /// Puts a chair at `local` (x, y, yaw) in the coordinates of a placed table, which it faces. In the second edition,
    /// most chairs are pushed under.
    pub fn seat(&mut self, d: &mut Dice, chair: Model, at: &Placed, local: [f32; 3]) -> Option<Placed> {
        if !d.second() || d.chance(0.35) {
            return self.beside(d, chair, at, local);
        }
        let under = d.between(0.1, 0.6) * chair.size[1];
        let (s, c) = local[2].sin_cos();
        // What stands out needs a place of its own.
        let out = [chair.size[0], chair.size[1] - under, chair.size[2]];
        let yaw = at.pose.axes[0][1].atan2(at.pose.axes[0][0]) + local[2];
        let middle = at.pose.apply([local[0] - s * under / 2.0, local[1] + c * under / 2.0, 0.0]);
        let pose = self.layout.take([middle[0], middle[1]], yaw, at.pose.origin[2], out)?;
        let pose = pose.then(&Pose::at([0.0, under / 2.0, 0.0]));
        Some(self.put(d, &chair, pose))
    }

    /// Puts chairs around a table, facing it, and returns how many found a place.
    pub fn chairs_around(&mut self, d: &mut Dice, table: &Placed, want: usize, chair: fn(&mut Dice) -> Model) -> usize {
        let [w, depth, _] = table.size;
        let long = ((w / d.either(0.68, 0.58)) as usize).max(1);
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
        // mostly all of a kind
        let (alike, same) = (d.chance(0.85), chair(d));
        for [x, y, side, turn] in seats {
            if count == want {
                break;
            }
            let model = if alike { same.clone() } else { chair(d) };
            let off = model.size[1] / 2.0 + d.between(0.01, 0.2);
            let [x, y] = match side {
                1.0 => [x, y + off],
                -1.0 => [x, y - off],
                2.0 => [x + off, y],
                _ => [x - off, y],
            };
            let turn = turn + d.between(-0.3, 0.3);
            count += usize::from(self.seat(d, model, table, [x, y, turn]).is_some());
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
            if d.chance(0.2) {
                let model = wallside::blinds(d, o.to - o.from, o.high - o.low);
                let at = wall.point((o.from + o.to) / 2.0, model.size[1] / 2.0 + 0.01);
                self.put(d, &model, Pose::turned([at[0], at[1], o.low], wall.yaw()));
            }
            let low = if d.chance(0.6) { d.between(0.02, 0.12) } else { (o.low - 0.18).max(0.05) };
            let high = (o.high + d.between(0.05, 0.3)).min(self.layout.plan.height - 0.03);
            let wide = o.to - o.from;
            let spans: Vec<[f32; 2]> = match d.below(10).saturating_sub(d.either(0, 2)) {
                // drawn over the window, or along the wall
                0..4 => {
                    let farthest = if d.chance(0.3) { 1.2 } else { 0.35 };
                    let aside = d.between(0.05, farthest);
                    vec![[(o.from - aside).max(0.02), (o.to + aside).min(wall.length - 0.02)]]
                }
                // at one side
                4 | 5 => {
                    let panel = wide * d.between(0.3, 0.7);
                    if d.chance(0.5) {
                        vec![[o.from - 0.1, o.from - 0.1 + panel]]
                    } else {
                        vec![[o.to + 0.1 - panel, o.to + 0.1]]
                    }
                }
                _ => {
                    let panel = wide * d.between(0.22, 0.5);
                    vec![[o.from - 0.1, o.from - 0.1 + panel], [o.to + 0.1 - panel, o.to + 0.1]]
                }
            };
            let mut any = false;
            for [from, to] in spans {
                if from < 0.01 || to > wall.length - 0.01 || to - from < 0.15 {
                    continue;
                }
                let model = wallside::curtain(d, to - from, high - low);
                let half = [model.size[0] / 2.0, model.size[1] / 2.0];
                let at = wall.point((from + to) / 2.0, half[1] + 0.03);
                let zone = Footprint { center: at, half, yaw: wall.yaw(), height: [low, high] };
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
}

/// A few small objects for a table top.
pub(crate) fn table_top_things(d: &mut Dice, most: usize) -> Vec<Model> {
    (0..d.below(most + 1))
        .map(|_| match d.below(9) {
            0 => small::book_stack(d),
            1 => small::plant(d, false),
            2 => small::cardboard_box(d),
            3 => small::paper_stack(d),
            4 => small::bottles(d),
            5 => small::table_lamp(d),
            6 => small::heap(d.pick(&["bag", "clothes"]), d),
            _ => small::odds_and_ends(d),
        })
        .collect()
}
