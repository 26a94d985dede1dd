//! Turns "ask, leave a waker, ask again" into one function for the one task that waits at an end of a channel.
//!
//! The second question is no caution: to keep another executor's waker, or to drop the one it replaces, runs that
//! executor's code, and it may well have done what is being waited for. Wakers are kept, woken and dropped while nothing is
//! borrowed.

use std::cell::Cell;
use std::task::{Context, Poll, Waker};

use super::{Closed, TryRecvError};
use crate::observe::{Line, WaitOn, waits};
use crate::{ready, waker};

/// What a task waits for: the kind of thing, its number, and the line that awaits it.
pub(super) type What = (WaitOn, u32, Line);

/// The place of one who waits alone, as the receiver of a channel does.
pub(super) struct LoneWaiter(Cell<Option<Waker>>);

impl LoneWaiter {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Ready with what the question finds; while it finds nothing yet, [`wake`](Self::wake) wakes the context's task.
    ///
    /// An end is charged to the budget: whoever ignores it, again and again, must leave the others their turn.
    #[inline]
    pub(super) fn poll<T>(
        &self,
        cx: &Context<'_>,
        what: What,
        ask: impl Fn() -> Result<T, TryRecvError>,
    ) -> Poll<Result<T, Closed>> {
        let mut found = ask();
        if matches!(found, Err(TryRecvError::Empty)) && self.keep(cx.waker()) {
            found = ask();
        }
        match found {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(TryRecvError::Closed) => ready::poll_budget(cx).map(|()| Err(Closed)),
            Err(TryRecvError::Empty) => {
                waits(what.0, what.1, what.2);
                Poll::Pending
            }
        }
    }

    /// Keeps the waker; whether that ran anybody else's code.
    #[inline]
    fn keep(&self, waker: &Waker) -> bool {
        let known = self.0.take();
        if let (None, Some(key)) = (&known, waker::key_of(waker)) {
            self.0.set(Some(key.waker()));
            return false;
        }
        self.replace(known, waker)
    }

    fn replace(&self, known: Option<Waker>, waker: &Waker) -> bool {
        let is_known = known.as_ref().is_some_and(|known| known.will_wake(waker));
        let kept = if is_known { known } else { Some(waker::keep(waker)) };
        let replaced = self.0.replace(kept);
        drop(replaced);
        !is_known
    }

    /// Wakes whoever waits here.
    #[inline]
    pub(super) fn wake(&self) {
        if let Some(waker) = self.0.take() {
            waker::wake(waker);
        }
    }

    /// Forgets whoever waits here.
    #[inline]
    pub(super) fn leave(&self) {
        drop(self.0.take());
    }
}
