//! Turns room in a channel, and values from it, into futures.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Permit, Receiver, Sender};
use crate::observe::Line;
use crate::sync::{Acquire, Closed, SendError};

/// Waits for a place in the channel; made by [`Sender::reserve`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Reserving<'a, T> {
    pub(super) sender: &'a Sender<T>,
    pub(super) acquire: Acquire<'a>,
}

impl<'a, T> Future for Reserving<'a, T> {
    type Output = Result<Permit<'a, T>, Closed>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sender = self.sender;
        Pin::new(&mut self.acquire).poll(cx).map_ok(|place| Permit { sender, place })
    }
}

/// Sends a value once there is room; made by [`Sender::send`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sending<'a, T> {
    pub(super) reserving: Reserving<'a, T>,
    /// There until it is sent.
    pub(super) value: Option<T>,
}

// The value is moved, never polled, so it need not stay where it is.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.reserving.acquire.is_granted_at_once() {
            let channel = &this.reserving.sender.channel;
            channel.put(this.value.take().expect("this is the first poll"));
            return Poll::Ready(Ok(()));
        }
        this.wait(cx)
    }
}

impl<T> Sending<'_, T> {
    /// Out of line, so that what succeeds at once saves no registers for it.
    #[inline(never)]
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let reserved = ready!(Pin::new(&mut self.reserving).poll(cx));
        let value = self.value.take().expect("a `send` is not polled after it has completed");
        Poll::Ready(match reserved {
            Ok(place) => place.send(value),
            Err(Closed) => Err(SendError(value)),
        })
    }
}

/// Waits for a value; made by [`Receiver::recv`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Receiving<'a, T> {
    pub(super) receiver: &'a mut Receiver<T>,
    pub(super) at: Line,
}

impl<T> Future for Receiving<'_, T> {
    type Output = Option<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.receiver.poll_recv(cx, self.at)
    }
}

impl<T> Drop for Receiving<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.receiver.channel.receiver.leave();
    }
}
