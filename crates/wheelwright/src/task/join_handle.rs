//! Turns a task into a future of its output.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Join, JoinError, TaskId, unread};
use crate::observe::event::Kind;
use crate::observe::recorder::record;
use crate::observe::{self, Line, WaitOn};
use crate::ready;
use crate::waker::Key;

/// The handle of a task: await it for the task's output.
///
/// Dropping it detaches the task, which runs on. A panic of it is then told to stderr, and so is that its output is a
/// `Result`, which nobody read: say what becomes of it with [`detach`](Self::detach),
/// [`detach_logged`](JoinHandle::detach_logged) or [`on_done`](Self::on_done). Of a task that was aborted nobody wants an
/// output, and only a panic is told.
///
/// The compiler tells of a handle that is not made use of, as it does of a future that is not awaited:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// wheelwright::block_on(async {
///     wheelwright::spawn(async {});
/// });
/// ```
///
/// ```
/// #![deny(unused_must_use)]
/// wheelwright::block_on(async {
///     wheelwright::spawn(async {}).detach();
/// });
/// ```
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// async fn work() {}
/// wheelwright::block_on(async {
///     work();
/// });
/// ```
///
/// ```
/// #![deny(unused_must_use)]
/// async fn work() {}
/// wheelwright::block_on(async {
///     work().await;
/// });
/// ```
///
/// # Cancel safety
/// Awaiting it by `&mut` may be given up at any time: the task runs on, and its output stays until it is taken.
///
/// ```
/// wheelwright::block_on(async {
///     let task = wheelwright::spawn(async { "done" });
///     assert!(!task.is_finished());
///     assert_eq!(task.await.unwrap(), "done");
/// });
/// ```
#[doc(alias = "Task")]
#[must_use = "dropping a JoinHandle detaches its task: await it, or say `detach()`, `detach_logged()` or `on_done(…)`"]
pub struct JoinHandle<T> {
    task: Rc<dyn Join<T>>,
    pub(super) key: Key,
    /// As wide as a register: moved together with padding, a narrow one stalls until its store is through.
    pub(super) id: u64,
    pub(super) spawned_at: Line,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(task: Rc<dyn Join<T>>, key: Key, id: u32, spawned_at: Line) -> Self {
        Self { task, key, id: u64::from(id), spawned_at }
    }

    /// Cancels the task: it is dropped where it is parked, when its turn comes.
    ///
    /// The handle then gives an error that `is_cancelled`. A task that is done already is not affected. A task may abort
    /// itself: it goes on to its next await point.
    ///
    /// ```
    /// wheelwright::block_on(async {
    ///     let task = wheelwright::spawn(std::future::pending::<()>());
    ///     task.abort();
    ///     assert!(!task.is_finished(), "it is only marked so far");
    ///     assert!(task.await.unwrap_err().is_cancelled());
    /// });
    /// ```
    #[doc(alias = "cancel")]
    pub fn abort(&self) {
        // Of one that is done, too, nobody wants the output any more.
        self.task.abort();
        if !self.task.is_done() {
            record(Kind::Cancel, self.id as u32, ready::current_id().into(), 0);
            self.key.wake();
        }
    }

    /// Whether the task is done: completed, panicked, or cancelled and dropped.
    #[doc(alias = "done")]
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_done()
    }

    /// The number of the task.
    #[doc(alias = "get_name")]
    #[must_use]
    pub fn id(&self) -> TaskId {
        TaskId(self.id as u32)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let output = self.task.poll_join(cx);
        if output.is_pending() {
            observe::waits(WaitOn::Join, self.id as u32, self.spawned_at);
        }
        output
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let Self { key, id, spawned_at, .. } = *self;
        unread::note_dropped::<T>(key, id as u32, spawned_at, self.task.detach());
    }
}

show!([T] JoinHandle<T>, |it| id: it.id, finished: it.is_finished());
