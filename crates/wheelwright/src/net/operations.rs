//! Turns a system call on a connection into a future that tries it whenever it may succeed, and leaves nothing behind.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::connection::{Connection, Wire};
use super::socket::Interest;
use crate::reactor::Direction;

/// What an [`Operation`] or an [`Attempt`](super::Attempt) calls, once or again.
///
/// It is called again when that may help, if it says `WouldBlock`; all else is the outcome.
pub trait Try<T, R>: FnMut(&T) -> io::Result<R> {}

impl<T, R, F: FnMut(&T) -> io::Result<R>> Try<T, R> for F {}

/// The future of [`Connection::read`] and of all that a connection does.
#[must_use = "nothing is tried until it is awaited"]
pub struct Operation<'a, S, F> {
    stream: &'a Connection<S>,
    interest: Interest,
    operation: F,
}

impl<'a, S, F> Operation<'a, S, F> {
    #[track_caller]
    pub(super) fn new<R>(stream: &'a Connection<S>, direction: Direction, operation: F) -> Self
    where
        F: Try<Connection<S>, R>,
    {
        Self { stream, interest: Interest::new(direction, Location::caller()), operation }
    }

    /// Lets the paused clock of a test jump over this wait.
    ///
    /// Nobody depends on its ending soon: a server waiting for the next request of an idle connection is such a wait.
    pub fn background(mut self) -> Self {
        self.interest.background = true;
        self
    }
}

/// Writes all of `bytes`, as much as there is room for at each call.
pub(super) fn write_all<S: Wire>(mut bytes: &[u8]) -> impl Try<Connection<S>, ()> {
    move |stream| {
        if bytes.is_empty() {
            return Ok(());
        }
        match stream.put(bytes)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
        // What is left costs budget of its own.
        if bytes.is_empty() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }
}

// The operation is called, and never pinned.
impl<S, F> Unpin for Operation<'_, S, F> {}

impl<S, R, F: FnMut(&Connection<S>) -> io::Result<R>> Future for Operation<'_, S, F> {
    type Output = io::Result<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.stream.socket.poll_io(this.interest, cx, || (this.operation)(this.stream))
    }
}

impl<S, F> Drop for Operation<'_, S, F> {
    fn drop(&mut self) {
        self.stream.socket.leave(self.interest.direction);
    }
}

show!([S, F] Operation<'_, S, F>, |it| interest: it.interest);
