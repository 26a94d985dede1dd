//! Turns one read, write or wait on a stream into a named future that leaves nothing behind when it is dropped.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::connection::{Connection, Wire};
use super::socket::Interest;
use crate::observe::Line;
use crate::reactor::Direction;

/// A wait for one direction of a stream; dropping it ends the wait.
pub(super) struct Wait<'a, S> {
    stream: &'a Connection<S>,
    interest: Interest,
}

impl<'a, S> Wait<'a, S> {
    pub(super) fn new(stream: &'a Connection<S>, direction: Direction, at: Line) -> Self {
        Self { stream, interest: Interest::new(direction, at) }
    }
}

impl<S> Drop for Wait<'_, S> {
    fn drop(&mut self) {
        self.stream.socket.leave(self.interest.direction);
    }
}

impl<S> fmt::Debug for Wait<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("direction", &self.interest.direction).finish_non_exhaustive()
    }
}

/// The future of [`Connection::read`](super::Connection::read).
#[derive(Debug)]
#[must_use = "a read does nothing until it is awaited"]
pub struct Read<'a, S> {
    pub(super) wait: Wait<'a, S>,
    pub(super) buf: &'a mut [u8],
}

impl<S: Wire> Future for Read<'_, S> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.wait.stream.poll_take(this.wait.interest, cx, this.buf)
    }
}

/// The future of [`Connection::write`](super::Connection::write).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct Write<'a, S> {
    pub(super) wait: Wait<'a, S>,
    pub(super) bytes: &'a [u8],
}

impl<S: Wire> Future for Write<'_, S> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.poll_put(self.wait.interest, cx, self.bytes)
    }
}

/// The future of [`Connection::write_all`](super::Connection::write_all).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct WriteAll<'a, S> {
    pub(super) wait: Wait<'a, S>,
    /// What is not written yet.
    pub(super) bytes: &'a [u8],
}

impl<S: Wire> Future for WriteAll<'_, S> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while !self.bytes.is_empty() {
            let count = ready!(self.wait.stream.poll_put(self.wait.interest, cx, self.bytes))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.bytes = &self.bytes[count..];
        }
        Poll::Ready(Ok(()))
    }
}

/// The future of [`Connection::write_vectored`](super::Connection::write_vectored).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct WriteVectored<'a, S> {
    pub(super) wait: Wait<'a, S>,
    pub(super) slices: &'a [io::IoSlice<'a>],
}

impl<S: Wire> Future for WriteVectored<'_, S> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.poll_put_vectored(self.wait.interest, cx, self.slices)
    }
}

/// The future of [`Connection::readable`](super::Connection::readable).
#[derive(Debug)]
#[must_use = "it waits for nothing until it is awaited"]
pub struct Readable<'a, S> {
    pub(super) wait: Wait<'a, S>,
}

impl<S> Readable<'_, S> {
    /// Lets the paused clock of a test jump over this wait.
    ///
    /// Nobody depends on its ending soon: a server waiting for the next request of an idle connection is such a wait.
    pub fn background(mut self) -> Self {
        self.wait.interest.background = true;
        self
    }
}

impl<S: Wire> Future for Readable<'_, S> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.socket.poll_charged(self.wait.interest, cx)
    }
}

/// The future of [`Connection::writable`](super::Connection::writable).
#[derive(Debug)]
#[must_use = "it waits for nothing until it is awaited"]
pub struct Writable<'a, S> {
    pub(super) wait: Wait<'a, S>,
}

impl<S: Wire> Future for Writable<'_, S> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.socket.poll_charged(self.wait.interest, cx)
    }
}
