//! Turns a future into a task that is in its slot, queued, and into its handle.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;

use super::{JoinError, JoinHandle, Pinned, Task, in_words};
use crate::observe::Line;
use crate::waker::Key;
use crate::{panics, ready};

/// Starts a task on this thread's runtime.
///
/// It runs from the next lap on, whether or not the handle is awaited.
///
/// The future need not be `Send`. Once the runtime is shutting down nothing is started: the future is dropped and the
/// handle gives an error that `is_cancelled`.
///
/// # Panics
/// Outside a runtime: call it inside [`block_on`](crate::block_on), or use [`Runtime::spawn`](crate::Runtime::spawn).
///
/// ```
/// let sum = wheelwright::block_on(async {
///     let task = wheelwright::spawn(async { 40 + 2 });
///     task.await.unwrap()
/// });
/// assert_eq!(sum, 42);
/// ```
#[doc(alias("create_task", "ensure_future", "spawn_local", "start_soon", "call_soon", "call_later", "setTimeout"))]
#[track_caller]
pub fn spawn<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    start(future, None, Location::caller())
}

/// Starts a task as [`spawn`] does, with a name that reports about it will carry.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// wheelwright::block_on(async {
///     let error = wheelwright::spawn_named("sum", async { panic!("no sum") }).await.unwrap_err();
///     assert!(error.to_string().contains("'sum'"));
/// });
/// ```
#[doc(alias("name", "set_name"))]
#[track_caller]
pub fn spawn_named<F: Future + 'static>(name: &str, future: F) -> JoinHandle<F::Output> {
    start(future, Some(name), Location::caller())
}

#[inline]
pub(crate) fn start<F: Future + 'static>(future: F, name: Option<&str>, at: Line) -> JoinHandle<F::Output> {
    start_in(None, future, name, at)
}

/// As `start`, a task of the group that was made at a line.
#[inline]
pub(crate) fn start_in<F: Future + 'static>(
    group: Option<Line>,
    future: F,
    name: Option<&str>,
    at: Line,
) -> JoinHandle<F::Output> {
    let task = Rc::new(Task {
        done: Cell::new(false),
        aborted: Cell::new(false),
        detached: Cell::new(false),
        join: Cell::new(None),
        output: Cell::new(None),
        future: RefCell::new(Pinned::new(future)),
    });
    if let Some((key, id)) = ready::add_task(&task, (at, group), name) {
        return JoinHandle::new(task, key, id, at);
    }
    refuse(task, name, at)
}

/// The handle of a task that is not started any more.
#[cold]
fn refuse<F: Future + 'static>(task: Rc<Task<F>>, name: Option<&str>, at: Line) -> JoinHandle<F::Output> {
    assert!(ready::is_installed(), "spawn needs a runtime on this thread: call it inside wheelwright::block_on");
    panics::drop_contained(task.drop_future());
    task.finish(Key::NOBODY, Err(JoinError::cancelled(in_words("a task", name.map(Into::into), Some(at)))));
    JoinHandle::new(task, Key::NOBODY, 0, at)
}
