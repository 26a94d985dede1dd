//! Turns a change that a receiver has not seen into a future, and a value that passes a test into another.

use std::cell::Ref;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Channel, Closed};
use crate::observe::{Line, WaitOn};
use crate::wait_list::WaitKey;

/// Waits for a change; made by [`Receiver::changed`](super::Receiver::changed).
#[must_use = "futures do nothing unless awaited"]
pub struct Changed<'a, T> {
    channel: &'a Channel<T>,
    seen: &'a mut u64,
    key: Option<WaitKey>,
    at: Line,
}

impl<'a, T> Changed<'a, T> {
    pub(super) fn new(channel: &'a Channel<T>, seen: &'a mut u64, at: Line) -> Self {
        Self { channel, seen, key: None, at }
    }
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { channel, seen, key, at } = self.get_mut();
        channel.crowd.poll(key, cx, (WaitOn::Change, channel.id, at), || {
            let version = channel.version.get();
            if **seen != version {
                **seen = version;
                return Some(Ok(()));
            }
            (!channel.has_sender.get()).then_some(Err(Closed))
        })
    }
}

impl<T> Drop for Changed<'_, T> {
    fn drop(&mut self) {
        self.channel.crowd.leave(&mut self.key);
    }
}

impl<T> fmt::Debug for Changed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed").field("id", &self.channel.id).finish_non_exhaustive()
    }
}

/// Waits for a value that passes a test; made by [`Receiver::wait_for`](super::Receiver::wait_for).
#[must_use = "futures do nothing unless awaited"]
pub struct WaitFor<'a, T, F> {
    changed: Changed<'a, T>,
    test: F,
}

impl<'a, T, F> WaitFor<'a, T, F> {
    pub(super) fn new(changed: Changed<'a, T>, test: F) -> Self {
        Self { changed, test }
    }
}

// The test is only called, never polled, so it need not stay where it is.
impl<T, F> Unpin for WaitFor<'_, T, F> {}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { changed, test } = self.get_mut();
        loop {
            // First of all, for that may drop another executor's waker, and nothing may be borrowed then.
            changed.channel.crowd.leave(&mut changed.key);
            let value = changed.channel.value.borrow();
            *changed.seen = changed.channel.version.get();
            if test(&value) {
                return Poll::Ready(Ok(value));
            }
            drop(value);
            if let Err(closed) = ready!(Pin::new(&mut *changed).poll(cx)) {
                return Poll::Ready(Err(closed));
            }
        }
    }
}

impl<T, F> fmt::Debug for WaitFor<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor").field("changed", &self.changed).finish_non_exhaustive()
    }
}
