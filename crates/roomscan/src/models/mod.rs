//! Furniture. Each function draws a family and its parameters, builds the shape at once, and returns a
//! [`Model`](crate::scene::Model). Legs and slats are mostly 3 cm thick or more, because a fused scan loses thinner
//! ones, as real scans do.
//!
//! The families of a class share their parts ([`parts`]): the same fronts are on a cabinet, a dresser and under a
//! counter, and the same cloth hangs as a curtain, a shower curtain and a towel, as in life.

pub(crate) mod bath;
pub(crate) mod beds;
pub(crate) mod kitchen;
mod parts;
pub(crate) mod seats;
pub(crate) mod small;
pub(crate) mod storage;
pub(crate) mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod wallside;
