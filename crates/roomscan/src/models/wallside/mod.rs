//! Objects on walls and at windows.

mod curtain;
mod fixture;
mod picture;
mod structure;

pub(crate) use super::storage::wall_shelf;
pub(crate) use curtain::{blinds, curtain};
pub(crate) use fixture::{air_conditioner, coat_hooks, pipes, radiator};
pub(crate) use picture::{
    bulletin_board, mirror, picture, projector_screen, television, wall_clock, wall_tv, whiteboard,
};
pub(crate) use structure::{divider, fireplace};
