//! Turns "ask, leave a waker, ask again" into one function for those who wait alone and one for those who wait in a crowd.
//!
//! The second question is no caution: to keep another executor's waker, or to drop the one it replaces, runs that
//! executor's code, and it may well have done what is being waited for. Wakers are kept, woken and dropped while nothing is
//! borrowed.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

use crate::observe::{Line, WaitOn, waits};
use crate::wait_list::{WaitKey, WaitList, leave, line_up, wake_all};
use crate::waker;

/// What a task waits for: the kind of thing, its number, and the line that awaits it.
pub(super) type What = (WaitOn, u32, Line);

/// The place of one who waits alone, as the receiver of a channel does.
pub(super) struct LoneWaiter(Cell<Option<Waker>>);

impl LoneWaiter {
    pub(super) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Ready with what the question finds; until it finds something, [`wake`](Self::wake) wakes the context's task.
    #[inline]
    pub(super) fn poll<T>(&self, cx: &Context<'_>, what: What, mut ask: impl FnMut() -> Option<T>) -> Poll<T> {
        if let Some(found) = ask() {
            return Poll::Ready(found);
        }
        self.keep(cx.waker());
        if let Some(found) = ask() {
            return Poll::Ready(found);
        }
        waits(what.0, what.1, what.2);
        Poll::Pending
    }

    #[inline]
    fn keep(&self, waker: &Waker) {
        let known = self.0.take();
        if known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return self.0.set(known);
        }
        let replaced = self.0.replace(Some(waker::keep(waker)));
        drop((known, replaced));
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

/// The places of those who all wait for the same news.
pub(super) struct Crowd(RefCell<WaitList<()>>);

impl Crowd {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(WaitList::new()))
    }

    /// Ready with what the question finds; until it finds something, [`wake_all`](Self::wake_all) wakes the context's task.
    #[inline]
    pub(super) fn poll<T>(
        &self,
        key: &mut Option<WaitKey>,
        cx: &Context<'_>,
        what: What,
        mut ask: impl FnMut() -> Option<T>,
    ) -> Poll<T> {
        let mut found = ask();
        if found.is_none() {
            *key = Some(line_up(&self.0, *key, (), cx));
            found = ask();
        }
        if let Some(found) = found {
            self.leave(key);
            return Poll::Ready(found);
        }
        waits(what.0, what.1, what.2);
        Poll::Pending
    }

    /// Wakes those who wait now; who comes back at once waits for the next news.
    pub(super) fn wake_all(&self) {
        wake_all(&self.0);
    }

    /// Gives a place up.
    #[inline]
    pub(super) fn leave(&self, key: &mut Option<WaitKey>) {
        if let Some(key) = key.take() {
            leave(&self.0, key);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
