//! Turns a plain call into a loop that runs: the ways in from code that is not async.

use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use super::{Builder, EventLoop, Handle};
use crate::schedule::{self, Reporting};
use crate::task::{self, JoinHandle};
use crate::{ready, report};

/// Runs a future to its end on a new runtime on this thread, and gives its output.
///
/// When it is done, tasks that still run are cancelled: await what must finish.
///
/// # Panics
/// On a thread that has a runtime already, so above all inside async code: await the future there instead. Also if the
/// system refuses the runtime its descriptors; [`Runtime::builder`] gives that as an error. A panic of the future
/// comes out of here.
///
/// ```
/// let greeting = wheelwright::block_on(async { "hello from the loop" });
/// assert_eq!(greeting, "hello from the loop");
/// ```
#[doc(alias("run", "run_until_complete", "async_to_sync", "main"))]
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    Runtime::builder().made().block_on(future)
}

/// Runs the body of a test on a runtime whose clock is paused.
///
/// Sleeps take no time, and end in the right order.
///
/// While something real is awaited (a socket's bytes, a blocking job) the clock runs at real speed.
///
/// # Panics
/// As [`block_on`].
///
/// ```
/// use std::time::Duration;
/// wheelwright::test(async || wheelwright::time::sleep(Duration::from_secs(86_400)).await);
/// ```
#[doc(alias = "IsolatedAsyncioTestCase")]
#[track_caller]
pub fn test<T>(body: impl AsyncFnOnce() -> T) -> T {
    Runtime::builder().paused().made().block_on(body())
}

impl Builder {
    /// As `build`, for those who can do nothing about an error.
    #[track_caller]
    pub(super) fn made(self) -> Runtime {
        assert!(
            !ready::is_installed(),
            "block_on was called on a thread that already has a runtime: await the future instead, \
             or run blocking code with spawn_blocking"
        );
        match self.build() {
            Ok(runtime) => runtime,
            Err(error) => panic!("no runtime could be made: {error}"),
        }
    }
}

/// A loop on this thread, from `build` until it is dropped.
///
/// There is one at a time for each thread.
///
/// [`block_on`] is enough for most programs. With a `Runtime` of your own you can spawn before you run and run several
/// times: tasks wait in between.
///
/// Dropping it cancels the tasks one by one (each is dropped where it is parked, while the runtime is still there), cancels
/// blocking jobs that have not begun and waits for those that have.
///
/// ```
/// let runtime = wheelwright::Runtime::builder().build()?;
/// let task = runtime.spawn(async { 1 });
/// assert_eq!(runtime.block_on(async { task.await.unwrap() + 1 }), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias("Runner", "LocalRuntime", "LocalExecutor", "EventLoop"))]
pub struct Runtime {
    pub(super) event_loop: Rc<EventLoop>,
}

impl Runtime {
    /// Begins a runtime with settings of your own.
    #[doc(alias = "new_current_thread")]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Runs a future to its end, and the other tasks beside it, and gives its output.
    ///
    /// # Panics
    /// Inside another `block_on`. A panic of the future comes out of here, and the runtime can be used again. So it is with a
    /// failure of a task that nobody takes, under [`Unhandled::ShutDown`](crate::Unhandled::ShutDown).
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert!(
            !self.event_loop.running.get(),
            "block_on was called inside block_on: await the future instead, or run blocking code with spawn_blocking"
        );
        let _reporting = Reporting;
        let output = self.event_loop.run(pin!(future), Location::caller());
        report::raise();
        output
    }

    /// Starts a task. It runs while `block_on` does.
    ///
    /// It may run on when this frame is gone, so it borrows nothing from there:
    ///
    /// ```compile_fail
    /// let runtime = wheelwright::Runtime::builder().build().unwrap();
    /// let text = String::from("a frame's");
    /// let task = runtime.spawn(async { text.len() });
    /// drop(text);
    /// ```
    ///
    /// ```
    /// let runtime = wheelwright::Runtime::builder().build().unwrap();
    /// let text = String::from("a frame's");
    /// let task = runtime.spawn(async { 4 });
    /// drop(text);
    /// ```
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        task::start(future, None, Location::caller())
    }

    /// Gives a handle for other threads.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(&self.event_loop.inbox)
    }

    /// Ends the runtime, and limits the wait for blocking jobs that have begun.
    ///
    /// Otherwise it ends as when it is dropped.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::{Runtime, spawn_blocking};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// runtime.block_on(async { drop(spawn_blocking(|| std::thread::sleep(Duration::from_secs(600)))) });
    /// runtime.shutdown_timeout(Duration::from_millis(20)); // and not in ten minutes
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias("shutdown_default_executor", "shutdown_background"))]
    pub fn shutdown_timeout(self, limit: Duration) {
        self.event_loop.pool.set_patience(limit);
        drop(self);
    }
}

show!([] Runtime, |it| id: it.event_loop.id);

impl Drop for Runtime {
    fn drop(&mut self) {
        self.event_loop.shut_down();
        // And what was left by that end itself.
        task::tell_of_the_rest();
        self.event_loop.end_recording();
        schedule::end();
        report::install(None);
    }
}
