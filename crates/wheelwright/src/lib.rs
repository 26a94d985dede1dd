//! Turns async programs into one thread and one event loop: executor, reactor, timers and the tools around them.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![warn(clippy::print_stdout)] // what stdout is for is the program's to say

// In reading order: what a wake is, what it runs, where wakes come from, the loop, and what is built on it.
#[macro_use]
mod show; // what Debug tells of those that cannot derive it
mod observe; // ids, places and waits: what a task is doing
mod panics; // those of others stay where they are
mod report; // what nobody else would hear of
mod waker; // a waker is a number
mod ready; // the slots that the numbers name, and who is ready
mod mailbox; // wakes from other threads
mod wait_list; // those who wait, first come first
mod schedule; // who runs next within a lap
pub mod task; // a future, its output and its handle, in one allocation
mod wheel; // deadlines in order
mod timer; // the loop's clock
mod reactor; // events of the kernel
mod pool; // threads for what blocks
mod runtime; // the loop

mod future; // two futures as one, and a pause
pub mod sync; // who waits for whom
mod completion; // the end of work elsewhere, as a future
pub mod time; // sleep, timeout, interval, rates
mod group; // many children of one future
mod task_group; // many tasks of one owner
mod scope; // children that borrow
mod cleanup; // what goes on when its waiter is gone
pub mod stream; // items that come one by one, and loops over them
mod blocking; // spawn_blocking
pub mod fs; // files, through the pool
pub mod net; // sockets
pub mod io; // bytes from anywhere: lines, copies, any descriptor
pub mod signal; // Ctrl-C
pub mod inspect; // who is there, and waits for what
pub mod record; // what the loop did
pub mod slow; // who held it up

#[cfg(test)]
mod test_waker; // wakers that watch and misbehave
#[cfg(test)]
mod tests; // every leaf, under every kind of waker

pub use blocking::{BlockingHandle, blocking_is_full, spawn_blocking};
pub use cleanup::{Shield, shield, with_resource};
pub use future::{Either, Join, Race, Select, TryJoin, YieldNow, join, race, select, try_join, yield_now};
pub use group::{
    ForEachConcurrent, Group, JoinAll, JoinAllSettled, JoinNext, MapConcurrent, TryJoinAll, for_each_concurrent,
    join_all, join_all_settled, map_concurrent, try_join_all,
};
pub use report::Unhandled;
pub use runtime::{Builder, Handle, HandleError, RemoteJoinHandle, Runtime, block_on, test};
pub use schedule::Schedule;
pub use scope::{Scope, ScopedHandle, scope};
pub use task::{JoinError, JoinHandle, TaskId, spawn, spawn_named};
pub use task_group::{GroupError, TaskError, TaskGroup};
