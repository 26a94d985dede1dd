//! Turns an operation through `&`, for which several tasks may wait at once, into a future.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::operations::Try;
use super::socket::{Awaited, Socket, poll_charge};
use crate::observe::{self, Line, WaitOn};
use crate::reactor::Direction;
use crate::ready;
use crate::wait_list::{self, WaitKey};

/// One of several who wait for the same direction of a socket. Dropping it ends the wait.
pub(crate) struct Turn<'a, S> {
    pub(crate) socket: &'a Socket<S>,
    on: WaitOn,
    pub(super) at: Line,
    /// Its place among those who wait, while it waits.
    key: Option<WaitKey>,
    /// Virtual time may jump over the wait, as over accept: a server may be idle for ever.
    background: bool,
    awaited: Option<Awaited>,
}

impl<'a, S> Turn<'a, S> {
    /// A turn at writing if it waits on `Writable`, else at reading.
    pub(crate) fn new(socket: &'a Socket<S>, on: WaitOn, at: Line) -> Self {
        Self { socket, on, at, key: None, background: on == WaitOn::Accept, awaited: None }
    }

    fn direction(&self) -> Direction {
        match self.on {
            WaitOn::Writable => Direction::Write,
            _ => Direction::Read,
        }
    }

    /// Waits no longer.
    fn end(&mut self) {
        self.awaited = None;
        if let (Some(binding), Some(key)) = (self.socket.bound(), self.key.take()) {
            wait_list::leave(binding.source.sharers(self.direction()), key);
        }
    }
}

impl<S: AsFd> Turn<'_, S> {
    /// Tries an operation whenever it may succeed, and waits when it would block.
    pub(crate) fn poll<T>(&mut self, cx: &Context<'_>, operation: impl Try<S, T>) -> Poll<io::Result<T>> {
        ready!(poll_charge(self.at, cx));
        let direction = self.direction();
        if self.socket.may_be_ready(direction) {
            match self.socket.attempt(direction, operation) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => {
                    self.end();
                    return Poll::Ready(result);
                }
            }
        }
        ready::refund_budget();
        let binding = self.socket.bound().expect("a socket that would block is registered");
        binding.reactor.check_alive()?;
        if self.awaited.is_none() && !self.background {
            self.awaited = Some(Awaited::new(&binding.reactor));
        }
        self.key = Some(wait_list::line_up(binding.source.sharers(direction), self.key, (), cx));
        if binding.source.is_ready(direction) {
            // Keeping or dropping another executor's waker is not beyond ending the runtime.
            cx.waker().wake_by_ref();
        }
        observe::waits(self.on, self.socket.number(), self.at);
        Poll::Pending
    }
}

impl<S> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        self.end();
    }
}

/// The future of one operation on something that several tasks may wait for.
///
/// It is made by the methods of [`UdpSocket`](crate::net::UdpSocket) and [`AsyncFd`](crate::io::AsyncFd).
///
/// # Cancel safety
/// If it is dropped before it is ready, the operation was not done.
#[must_use = "nothing is tried until it is awaited"]
pub struct Attempt<'a, S, F> {
    turn: Turn<'a, S>,
    operation: F,
}

impl<'a, S, F> Attempt<'a, S, F> {
    #[track_caller]
    pub(crate) fn new<T>(socket: &'a Socket<S>, on: WaitOn, operation: F) -> Self
    where
        F: Try<S, T>,
    {
        Self { turn: Turn::new(socket, on, Location::caller()), operation }
    }
}

impl<S, F> Attempt<'_, S, F> {
    /// Lets the paused clock of a test jump over this wait.
    ///
    /// Nobody depends on its ending soon: a server waiting for the next datagram is such a wait.
    pub fn background(mut self) -> Self {
        self.turn.background = true;
        self
    }
}

// The operation is called, and never pinned.
impl<S, F> Unpin for Attempt<'_, S, F> {}

impl<S: AsFd, T, F: FnMut(&S) -> io::Result<T>> Future for Attempt<'_, S, F> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.turn.poll(cx, &mut this.operation)
    }
}

show!([S: fmt::Debug, F] Attempt<'_, S, F>, |it| socket: it.turn.socket);

#[cfg(test)]
mod tests;
