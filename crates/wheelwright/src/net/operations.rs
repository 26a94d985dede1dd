//! Turns one read, write or wait on a stream into a named future that leaves nothing behind when it is dropped.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::socket::Interest;
use super::tcp_stream::Stream;
use crate::observe::Line;
use crate::reactor::Direction;

/// A wait for one direction of a stream; dropping it ends the wait.
pub(super) struct Wait<'a> {
    stream: &'a Stream,
    interest: Interest,
}

impl<'a> Wait<'a> {
    pub(super) fn new(stream: &'a Stream, direction: Direction, at: Line) -> Self {
        Self { stream, interest: Interest::new(direction, at) }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.stream.socket.leave(self.interest.direction);
    }
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("direction", &self.interest.direction).finish_non_exhaustive()
    }
}

/// The future of [`TcpStream::read`](super::TcpStream::read).
#[derive(Debug)]
#[must_use = "a read does nothing until it is awaited"]
pub struct Read<'a> {
    pub(super) wait: Wait<'a>,
    pub(super) buf: &'a mut [u8],
}

impl Future for Read<'_> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.wait.stream.poll_read(this.wait.interest, cx, this.buf)
    }
}

/// The future of [`TcpStream::write`](super::TcpStream::write).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct Write<'a> {
    pub(super) wait: Wait<'a>,
    pub(super) bytes: &'a [u8],
}

impl Future for Write<'_> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.poll_write(self.wait.interest, cx, self.bytes)
    }
}

/// The future of [`TcpStream::write_all`](super::TcpStream::write_all).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct WriteAll<'a> {
    pub(super) wait: Wait<'a>,
    /// What is not written yet.
    pub(super) bytes: &'a [u8],
}

impl Future for WriteAll<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while !self.bytes.is_empty() {
            let count = ready!(self.wait.stream.poll_write(self.wait.interest, cx, self.bytes))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.bytes = &self.bytes[count..];
        }
        Poll::Ready(Ok(()))
    }
}

/// The future of [`TcpStream::write_vectored`](super::TcpStream::write_vectored).
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct WriteVectored<'a> {
    pub(super) wait: Wait<'a>,
    pub(super) slices: &'a [io::IoSlice<'a>],
}

impl Future for WriteVectored<'_> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.poll_write_vectored(self.wait.interest, cx, self.slices)
    }
}

/// The future of [`TcpStream::readable`](super::TcpStream::readable).
#[derive(Debug)]
#[must_use = "it waits for nothing until it is awaited"]
pub struct Readable<'a> {
    pub(super) wait: Wait<'a>,
}

impl Readable<'_> {
    /// Lets the paused clock of a test jump over this wait: nobody depends on its ending soon. A server waiting for the
    /// next request of an idle connection is such a wait.
    pub fn background(mut self) -> Self {
        self.wait.interest.background = true;
        self
    }
}

impl Future for Readable<'_> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.socket.poll_charged(self.wait.interest, cx)
    }
}

/// The future of [`TcpStream::writable`](super::TcpStream::writable).
#[derive(Debug)]
#[must_use = "it waits for nothing until it is awaited"]
pub struct Writable<'a> {
    pub(super) wait: Wait<'a>,
}

impl Future for Writable<'_> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.wait.stream.socket.poll_charged(self.wait.interest, cx)
    }
}
