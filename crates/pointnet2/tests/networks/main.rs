//! The layers and networks of the crate, compared with independent implementations and published figures.

mod config;
mod counts;
mod files;
mod overfit;
mod pyramid;
mod reference;
mod support;
mod threads;
mod trajectory;
