//! Worktops with sinks, wall cabinets and appliances.

mod appliance;
mod basin;
mod counter;

pub(crate) use appliance::{appliance, dishes, microwave, range_hood, stove, vending_machine};
pub(super) use basin::tap;
pub(crate) use counter::{counter, hung_cabinet, island, reception_counter, wall_cabinet};
