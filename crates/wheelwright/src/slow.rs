//! Turns a poll that kept the loop from everybody else into a report that names the culprit.
//!
//! Everything on a loop waits while one task is polled, so a task that computes, sleeps or reads a file between two awaits
//! stops them all. With [`Builder::slow_poll`](crate::Builder::slow_poll), or in
//! [debug mode](crate::Builder::debug), every poll is timed, and one that takes longer than the threshold is written about to
//! stderr:
//!
//! ```text
//! wheelwright: slow poll: task 7 'feed' held the loop for 212.4 ms: blocked in a system call
//!     spawned at src/main.rs:40:9
//!     it went on from src/feed.rs:41:20 (readable fd 9) and got to src/feed.rs:57:9 (timer): what took so long is between
//!     0.3 ms on the CPU, 212.0 ms asleep in the kernel, 0.1 ms waiting for a CPU
//! ```
//!
//! A lap whose polls are many and together as slow is reported as well. The first report of each cause (a task's spawn, the
//! lines it awaited before and after, and where the time went) is written at once; the next ones are counted, and written about
//! after ten seconds or at the end. Whoever [listens](listen) hears of each. Where the time went is known on Linux only.

pub use crate::observe::report::Report;
pub use crate::observe::usage::Why;
use crate::runtime::trouble;

/// Lets a closure hear of each slow poll of this thread's loop.
///
/// It takes the place of the one before. It is called after the lap, when no task is being polled and nothing of the loop's is
/// borrowed. One that panics is called no more. It is dropped with the runtime.
///
/// ```
/// use std::{cell::Cell, rc::Rc, thread, time::Duration};
/// use wheelwright::{Runtime, slow, yield_now};
///
/// let (runtime, heard) = (Runtime::builder().slow_poll(Duration::from_millis(5)).build()?, Rc::new(Cell::new(0)));
/// let counter = Rc::clone(&heard);
/// slow::listen(move |report| {
///     assert_eq!(report.name(), Some("sleeper"));
///     counter.set(counter.get() + 1);
/// });
/// runtime.block_on(async {
///     let sleeper = wheelwright::spawn_named("sleeper", async { thread::sleep(Duration::from_millis(10)) });
///     sleeper.await.unwrap();
/// });
/// assert_eq!(heard.get(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias("slow_callback_duration", "on_task_poll"))]
pub fn listen(listener: impl FnMut(&Report) + 'static) {
    trouble::listen(Some(Box::new(listener)));
}
