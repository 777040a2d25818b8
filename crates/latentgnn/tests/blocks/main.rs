//! Both blocks from the outside.

mod affinity;
mod config;
mod cost;
mod counts;
mod padding;
mod properties;
mod reference;
mod support;
mod threads;
