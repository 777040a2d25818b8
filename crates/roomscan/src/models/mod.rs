//! Furniture: each function draws the shape's parameters and returns a [`Model`](crate::scene::Model).
//! Legs and slats are 3.5 cm and more, since a fused scan loses thinner things, as the real sensor does.

pub(crate) mod bath;
pub(crate) mod beds;
pub(crate) mod kitchen;
pub(crate) mod seats;
pub(crate) mod small;
pub(crate) mod storage;
pub(crate) mod tables;
pub(crate) mod wallside;
