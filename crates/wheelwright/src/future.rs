//! Turns two futures into one, without a task: both, the first, or simply the next lap.
//!
//! These run inside the task that awaits them and on any executor. Each time the task is polled, so are all children
//! that have not finished; for more than a handful use [`join_all`](crate::join_all), which polls only those woken.

mod join;
mod race;
mod select;
mod yield_now;

pub use join::{Join, TryJoin, join, try_join};
pub use race::{Race, race};
pub use select::{Either, Select, select};
pub use yield_now::{YieldNow, yield_now};

#[cfg(test)]
mod tests;
