//! The network, compared with PyTorch and with counts by hand.

mod config;
mod counts;
mod grids;
mod learning;
mod reference;
mod scene;
mod support;
mod threads;
