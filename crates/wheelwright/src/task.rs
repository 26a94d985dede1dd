//! Turns a future into a task: one allocation that the loop runs and a handle joins.
//!
//! The allocation is shared by two owners with different eyes: the slot sees `Run`, the handle sees `Join`. The future
//! is polled and dropped by the loop alone, in one of three ways: it completes, it is found aborted when its entry comes
//! up, or its runtime ends. `output` is written before `done`.

#![allow(unsafe_code, reason = "one of the two files where unsafe may stand, see docs/decisions")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::observe::event::Outcome;
use crate::panics;
use crate::ready::Run;
use crate::waker::{self, Key};

mod join_error;
mod join_handle;
mod local;
mod on_done;
mod spawn;
mod unread;

use join_error::task_at;
pub use join_error::{JoinError, TaskId};
pub(crate) use join_error::{discard, in_words};
pub use join_handle::JoinHandle;
pub use local::{Local, WithLocals, inherit};
pub use spawn::{spawn, spawn_named};
pub(crate) use spawn::{start, start_in};
pub(crate) use unread::tell_of_the_rest;

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
    /// The handle is dropped: nobody will take the output. Whether one lay there, of a task that nobody aborted.
    fn detach(&self) -> bool;
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

impl<F: Future> Task<F> {
    /// Drops the future in place; gives back the payload if its destructor panics.
    #[inline]
    fn drop_future(&self) -> Result<(), Box<dyn Any + Send>> {
        catch_unwind(AssertUnwindSafe(|| self.future.borrow_mut().clear()))
    }

    /// Stores the output for the handle, or gets rid of it if there is none.
    fn finish(&self, key: Key, output: Result<F::Output, JoinError>) -> Option<Waker> {
        if !self.detached.get() {
            unread::note_done::<F::Output>(key);
            self.output.set(Some(output));
        } else {
            if output.is_ok() && !self.aborted.get() {
                unread::note_output::<F::Output>(key);
            }
            discard(output);
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
        Poll::Ready(self.finish(key, output))
    }

    fn cancel(&self, key: Key) -> Option<Waker> {
        if !self.aborted.get() {
            unread::note_cut_short(key);
        }
        let output = match self.drop_future() {
            Ok(()) => JoinError::cancelled(task_at(key, Outcome::Cancelled)),
            Err(payload) => JoinError::panicked(task_at(key, Outcome::Panicked), payload),
        };
        self.finish(key, Err(output))
    }

    #[cold]
    fn tell_unread(&self) {
        let mut output = self.output.take();
        if let Some(Err(error)) = &mut output {
            error.tell("nobody had joined it when the runtime ended");
        }
        self.output.set(output);
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

    fn detach(&self) -> bool {
        self.detached.set(true);
        drop(self.join.take());
        let output = self.output.take();
        let is_lost = matches!(output, Some(Ok(_))) && !self.aborted.get();
        output.into_iter().for_each(discard);
        is_lost
    }
}
