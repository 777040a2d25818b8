//! Both blocks from the outside.

mod affinity;
mod config;
mod cost;
mod counts;
mod lengths;
mod padding;
mod properties;
mod reference;
mod support;
mod threads;
