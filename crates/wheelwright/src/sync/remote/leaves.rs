//! Turns room in another thread's channel, and values from it, into futures.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Receiver, Sender};
use crate::observe::Line;
use crate::sync::{SendError, TrySendError};
use crate::wait_list::WaitKey;

/// Sends a value once there is room; made by [`Sender::send`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sending<'a, T> {
    pub(super) sender: &'a Sender<T>,
    /// There until it is sent.
    pub(super) value: Option<T>,
    pub(super) key: Option<WaitKey>,
    pub(super) at: Line,
}

// The value is moved, never polled, so it need not stay where it is.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { sender, value, key, at } = self.get_mut();
        let channel = &*sender.channel;
        channel.room.poll(key, cx, (channel.id, at), || {
            let unsent = value.take().expect("a `send` is not polled after it has completed");
            match channel.push(unsent) {
                Ok(()) => Some(Ok(())),
                Err(TrySendError::Closed(unsent)) => Some(Err(SendError(unsent))),
                Err(TrySendError::Full(unsent)) => {
                    *value = Some(unsent);
                    None
                }
            }
        })
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        self.sender.channel.room.leave(&mut self.key);
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

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let at = self.at;
        self.receiver.poll_recv(cx, at)
    }
}

impl<T> Drop for Receiving<'_, T> {
    fn drop(&mut self) {
        let Receiver { channel, key, .. } = &mut *self.receiver;
        channel.values.leave(key);
    }
}
