//! Furniture. Each function draws the parameters of a shape and returns a [`Model`](crate::scene::Model).
//! Legs and slats are at least 3.5 cm thick, because a fused scan loses thinner ones, as real scans do.

pub(crate) mod bath;
pub(crate) mod beds;
pub(crate) mod kitchen;
pub(crate) mod seats;
pub(crate) mod small;
pub(crate) mod storage;
pub(crate) mod tables;
pub(crate) mod wallside;
