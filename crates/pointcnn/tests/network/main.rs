//! The layers and the network of the crate, compared with an independent implementation and counts by hand.

mod config;
mod counts;
mod geometry;
mod reference;
mod support;
mod threads;
