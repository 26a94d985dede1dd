//! Turns a future into a task: one allocation that the loop runs and a handle joins.
//!
//! The allocation is shared by two owners with different eyes: the slot sees `Run`, the handle sees `Join`. The future
//! is polled and dropped by the loop alone, in one of three ways: it completes, it is found aborted when its entry comes
//! up, or its runtime ends. `output` is written before `done`.

#![allow(unsafe_code, reason = "one of the two files where unsafe may stand, see docs/decisions")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::observe::Line;
use crate::observe::event::Outcome;
use crate::panics;
use crate::ready::{self, Run};
use crate::waker::{self, Key};

mod join_error;
mod join_handle;
mod local;

use join_error::task_at;
pub use join_error::{JoinError, TaskId};
pub(crate) use join_error::{discard, in_words};
pub use join_handle::JoinHandle;
pub use local::{Local, WithLocals, inherit};

/// A future that stays where it is from its first poll until it is dropped.
pub(crate) struct Pinned<F>(Option<F>);

impl<F: Future> Pinned<F> {
    pub(crate) const EMPTY: Self = Self(None);

    #[inline]
    pub(crate) fn new(future: F) -> Self {
        Self(Some(future))
    }

    /// Polls the future where it stands. The place that holds it must not be moved from now on.
    ///
    /// # Safety
    /// `self` stays at its address until it is emptied by `clear` or dropped.
    #[inline]
    pub(crate) unsafe fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let future = self.0.as_mut().expect("only a seat that holds a future is polled");
        // SAFETY: the caller keeps `self` where it is, the field is private, and all that this file does with it besides is
        // to drop the future in place (`clear`).
        unsafe { Pin::new_unchecked(future) }.poll(cx)
    }

    /// Drops the future where it stands.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0 = None;
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// Places for futures, in allocations that never move; more are added, none is taken away.
pub(crate) struct Seats<F> {
    /// The first is as large as was asked for; each further one as large as all before it.
    chunks: Vec<Box<[Pinned<F>]>>,
    len: usize,
}

impl<F: Future> Seats<F> {
    pub(crate) fn with_futures(futures: impl Iterator<Item = F>) -> Self {
        let chunk: Box<[_]> = futures.map(Pinned::new).collect();
        Self { len: chunk.len(), chunks: vec![chunk] }
    }

    pub(crate) fn empty(count: usize) -> Self {
        Self { chunks: vec![(0..count).map(|_| Pinned::EMPTY).collect()], len: count }
    }

    /// Doubles the number of seats.
    pub(crate) fn grow(&mut self) {
        let more = self.len.max(4);
        self.chunks.push((0..more).map(|_| Pinned::EMPTY).collect());
        self.len += more;
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a future where none is.
    #[inline]
    pub(crate) fn fill(&mut self, seat: usize, future: F) {
        let seat = self.seat(seat);
        assert!(seat.is_empty(), "a seat is filled only when it is empty");
        *seat = Pinned::new(future);
    }

    /// Polls the future in a seat; `None` if the seat is empty.
    #[inline]
    pub(crate) fn poll(&mut self, seat: usize, cx: &mut Context<'_>) -> Option<Poll<F::Output>> {
        let seat = self.seat(seat);
        // SAFETY: the boxed slices are never given out, so the seats keep their address until the boxes are dropped, which
        // drops them in place; `fill` overwrites a seat only when it is empty.
        (!seat.is_empty()).then(|| unsafe { seat.poll(cx) })
    }

    /// Drops the future in place.
    #[inline]
    pub(crate) fn clear(&mut self, seat: usize) {
        self.seat(seat).clear();
    }

    #[inline]
    pub(crate) fn is_empty(&mut self, seat: usize) -> bool {
        self.seat(seat).is_empty()
    }

    #[inline]
    fn seat(&mut self, mut seat: usize) -> &mut Pinned<F> {
        for chunk in &mut self.chunks {
            let len = chunk.len();
            if seat < len {
                return &mut chunk[seat];
            }
            seat -= len;
        }
        unreachable!("whoever names a seat got its number from here")
    }
}

/// The other end of a task, as its handle sees it.
trait Join<T> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>>;
    fn is_done(&self) -> bool;
    fn abort(&self);
    /// The handle is dropped: nobody will take the output.
    fn detach(&self);
}

struct Task<F: Future> {
    done: Cell<bool>,
    aborted: Cell<bool>,
    /// No handle is left to take the output.
    detached: Cell<bool>,
    join: Cell<Option<Waker>>,
    output: Cell<Option<Result<F::Output, JoinError>>>,
    future: RefCell<Pinned<F>>,
}

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
    let task = Rc::new(Task {
        done: Cell::new(false),
        aborted: Cell::new(false),
        detached: Cell::new(false),
        join: Cell::new(None),
        output: Cell::new(None),
        future: RefCell::new(Pinned::new(future)),
    });
    if let Some((key, id)) = ready::add_task(&task, at, name) {
        return JoinHandle::new(task, key, id, at);
    }
    refuse(task, name, at)
}

/// The handle of a task that is not started any more.
#[cold]
fn refuse<F: Future + 'static>(task: Rc<Task<F>>, name: Option<&str>, at: Line) -> JoinHandle<F::Output> {
    assert!(ready::is_installed(), "spawn needs a runtime on this thread: call it inside wheelwright::block_on");
    panics::drop_contained(task.drop_future());
    task.finish(Err(JoinError::cancelled(in_words("a task", name.map(Into::into), Some(at)))));
    JoinHandle::new(task, Key::NOBODY, 0, at)
}

impl<F: Future> Task<F> {
    /// Drops the future in place; gives back the payload if its destructor panics.
    #[inline]
    fn drop_future(&self) -> Result<(), Box<dyn Any + Send>> {
        catch_unwind(AssertUnwindSafe(|| self.future.borrow_mut().clear()))
    }

    /// Stores the output for the handle, or gets rid of it if there is none.
    fn finish(&self, output: Result<F::Output, JoinError>) -> Option<Waker> {
        if self.detached.get() {
            discard(output);
        } else {
            self.output.set(Some(output));
        }
        self.done.set(true);
        self.join.take()
    }
}

impl<F: Future> Run for Task<F> {
    #[inline]
    fn run(&self, cx: &mut Context<'_>, key: Key) -> Poll<Option<Waker>> {
        if self.aborted.get() {
            return Poll::Ready(self.cancel(key));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut future = self.future.borrow_mut();
            // SAFETY: the cell lies inside the `Rc`'s allocation, which does not move, and nothing moves the future out of
            // it: `drop_future` drops it in place, and so does the last owner.
            unsafe { future.poll(cx) }
        }));
        let output = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        let output = match (output, self.drop_future()) {
            (Ok(output), Ok(())) => Ok(output),
            // The first panic is the one to tell of.
            (Err(payload), second) => {
                panics::drop_contained(second);
                Err(JoinError::panicked(task_at(key, Outcome::Panicked), payload))
            }
            (Ok(output), Err(payload)) => {
                discard(Ok(output));
                Err(JoinError::panicked(task_at(key, Outcome::Panicked), payload))
            }
        };
        Poll::Ready(self.finish(output))
    }

    fn cancel(&self, key: Key) -> Option<Waker> {
        let output = match self.drop_future() {
            Ok(()) => JoinError::cancelled(task_at(key, Outcome::Cancelled)),
            Err(payload) => JoinError::panicked(task_at(key, Outcome::Panicked), payload),
        };
        self.finish(Err(output))
    }
}

impl<F: Future> Join<F::Output> for Task<F> {
    fn poll_join(&self, cx: &mut Context<'_>) -> Poll<Result<F::Output, JoinError>> {
        if self.done.get() {
            return Poll::Ready(self.output.take().expect("a JoinHandle was polled after it gave its output"));
        }
        let old = self.join.replace(Some(waker::keep(cx.waker())));
        drop(old);
        // Keeping or dropping another executor's waker is not beyond ending the task.
        if self.done.get() { self.poll_join(cx) } else { Poll::Pending }
    }

    fn is_done(&self) -> bool {
        self.done.get()
    }

    fn abort(&self) {
        self.aborted.set(true);
    }

    fn detach(&self) {
        self.detached.set(true);
        drop(self.join.take());
        self.output.take().into_iter().for_each(discard);
    }
}
