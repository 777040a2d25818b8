//! Toilets, washbasins, bathtubs, showers.

mod shower;
mod sink;
mod toilet;
mod tub;

pub(crate) use shower::{shower_curtain, shower_stall};
pub(crate) use sink::{pedestal_sink, towel};
pub(crate) use toilet::toilet;
pub(crate) use tub::bathtub;
