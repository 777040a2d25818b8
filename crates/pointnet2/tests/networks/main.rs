//! The layers and networks of the crate against independent implementations, published figures and what they are for.

mod config;
mod counts;
mod overfit;
mod pyramid;
mod reference;
mod support;
mod threads;
mod trajectory;
