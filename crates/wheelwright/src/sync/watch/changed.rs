//! Turns a change that a receiver has not seen into a future, and a value that passes a test into another.

use std::cell::Ref;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Channel, Closed, Place};
use crate::ready;

/// Waits for a change; made by [`Receiver::changed`](super::Receiver::changed).
#[must_use = "futures do nothing unless awaited"]
pub struct Changed<'a, T> {
    pub(super) channel: &'a Channel<T>,
    pub(super) seen: &'a mut u64,
    pub(super) place: Place,
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { channel, seen, place } = self.get_mut();
        let is_news = || **seen != channel.version.get() || !channel.has_sender.get();
        ready!(place.poll(&channel.queue, cx, is_news));
        if mem::replace(*seen, channel.version.get()) != channel.version.get() {
            return Poll::Ready(Ok(()));
        }
        // Charged, for somebody may ignore it again and again; and so perhaps not told yet.
        drop(place.begin_anew(&channel.queue));
        ready::poll_budget(cx).map(|()| Err(Closed))
    }
}

impl<T> Drop for Changed<'_, T> {
    fn drop(&mut self) {
        drop(self.place.leave(&self.channel.queue));
    }
}

show!([T] Changed<'_, T>, |it| id: it.channel.queue.id);

/// Waits for a value that passes a test; made by [`Receiver::wait_for`](super::Receiver::wait_for).
#[must_use = "futures do nothing unless awaited"]
pub struct WaitFor<'a, T, F> {
    pub(super) changed: Changed<'a, T>,
    pub(super) test: F,
}

// The test is only called, never polled, so it need not stay where it is.
impl<T, F> Unpin for WaitFor<'_, T, F> {}

impl<'a, T, F: FnMut(&T) -> bool> Future for WaitFor<'a, T, F> {
    type Output = Result<Ref<'a, T>, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { changed, test } = self.get_mut();
        loop {
            // First of all, for that may drop another executor's waker, and nothing may be borrowed then.
            drop(changed.place.begin_anew(&changed.channel.queue));
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

show!([T, F] WaitFor<'_, T, F>, |it| changed: it.changed);
