//! Turns a reader and a writer into a transfer, or two streams into a relay.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::socket::poll_charge;
use crate::observe::Line;
use crate::ready;

const BUFFER: usize = 16 * 1024;

/// Copies everything from a reader to a writer and flushes it: how many bytes.
///
/// The writer is not closed.
///
/// Both may be references (`&mut stream`). What was written is flushed whenever nothing can be read for now. A source that
/// is always ready does not keep the loop from other tasks.
///
/// # Errors
/// Those of the reader and of the writer; `WriteZero` if the writer takes nothing more.
///
/// # Cancel safety
/// Not cancel-safe: if it is dropped, up to 16 KiB were read and not written.
///
/// ```
/// use wheelwright::{io, net::UnixStream};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (ours, mut theirs) = UnixStream::pair()?;
///     theirs.write_all(b"hello").await?;
///     drop(theirs);
///     let mut all = Vec::new();
///     assert_eq!(io::copy(ours, &mut all).await?, 5);
///     assert_eq!(all, b"hello");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "pipe")]
#[track_caller]
pub fn copy<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(reader: R, writer: W) -> Copy<R, W> {
    Copy { reader, writer, way: Way::new(Location::caller()) }
}

/// The future of [`copy`].
#[derive(Debug)]
#[must_use = "it copies nothing until it is awaited"]
pub struct Copy<R, W> {
    reader: R,
    writer: W,
    way: Way,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Future for Copy<R, W> {
    type Output = io::Result<u64>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        ready!(this.way.poll(&mut this.reader, &mut this.writer, Stage::Flushed, cx))?;
        Poll::Ready(Ok(this.way.copied))
    }
}

/// Copies both ways between two streams, until both have ended.
///
/// It gives how many bytes went from `a` to `b`, and how many back.
///
/// When one has ended, the other one is closed for writing ([`AsyncWrite::poll_close`]), and the other way goes on.
///
/// # Errors
/// The first of either stream, which ends both ways.
///
/// # Cancel safety
/// Not cancel-safe: if it is dropped, up to 16 KiB each way were read and not written.
///
/// ```
/// use wheelwright::{io, net::UnixStream, spawn};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (mut client, mut near) = UnixStream::pair()?;
///     let (mut far, mut server) = UnixStream::pair()?;
///     let relay = spawn(async move { io::copy_bidirectional(&mut near, &mut far).await });
///     client.write_all(b"ping").await?;
///     client.shutdown(std::net::Shutdown::Write)?;
///     assert_eq!(server.read(&mut [0; 8]).await?, 4);
///     drop(server);
///     assert_eq!(relay.await.unwrap()?, (4, 0));
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("relay", "proxy"))]
#[track_caller]
pub fn copy_bidirectional<'a, A, B>(a: &'a mut A, b: &'a mut B) -> CopyBidirectional<'a, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let at = Location::caller();
    CopyBidirectional { a, b, there: Way::new(at), back: Way::new(at) }
}

/// The future of [`copy_bidirectional`].
#[derive(Debug)]
#[must_use = "it copies nothing until it is awaited"]
pub struct CopyBidirectional<'a, A, B> {
    a: &'a mut A,
    b: &'a mut B,
    there: Way,
    back: Way,
}

impl<A, B> Future for CopyBidirectional<'_, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    type Output = io::Result<(u64, u64)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let there = this.there.poll(&mut *this.a, &mut *this.b, Stage::Closed, cx)?;
        let back = this.back.poll(&mut *this.b, &mut *this.a, Stage::Closed, cx)?;
        if there.is_pending() || back.is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Ok((this.there.copied, this.back.copied)))
    }
}

/// One way from a reader to a writer.
struct Way {
    buf: Box<[u8]>,
    /// `buf[start..end]` was read and not written yet.
    start: usize,
    end: usize,
    copied: u64,
    stage: Stage,
    at: Line,
}

#[derive(PartialEq, Eq, PartialOrd)]
enum Stage {
    Copying,
    /// Something was written since the last flush.
    Unflushed,
    /// The reader has ended.
    Ended,
    /// The writer is flushed after that.
    Flushed,
    Closed,
}

impl Way {
    fn new(at: Line) -> Self {
        Self { buf: vec![0; BUFFER].into(), start: 0, end: 0, copied: 0, stage: Stage::Copying, at }
    }

    /// Copies until the reader has ended and the writer is flushed, or closed too.
    fn poll(
        &mut self,
        mut reader: impl AsyncRead + Unpin,
        mut writer: impl AsyncWrite + Unpin,
        last: Stage,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.stage < Stage::Ended {
            while self.start < self.end {
                let count = ready!(Pin::new(&mut writer).poll_write(cx, &self.buf[self.start..self.end]))?;
                if count == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.start += count;
                self.copied += count as u64;
                self.stage = Stage::Unflushed;
            }
            ready!(poll_charge(self.at, cx));
            let Poll::Ready(count) = Pin::new(&mut reader).poll_read(cx, &mut self.buf)? else {
                ready::refund_budget();
                if self.stage == Stage::Unflushed && Pin::new(&mut writer).poll_flush(cx)?.is_ready() {
                    self.stage = Stage::Copying;
                }
                return Poll::Pending;
            };
            (self.start, self.end) = (0, count);
            if count == 0 {
                self.stage = Stage::Ended;
            }
        }
        if self.stage == Stage::Ended {
            ready!(Pin::new(&mut writer).poll_flush(cx))?;
            self.stage = Stage::Flushed;
        }
        if self.stage == Stage::Flushed && last == Stage::Closed {
            ready!(Pin::new(&mut writer).poll_close(cx))?;
            self.stage = Stage::Closed;
        }
        Poll::Ready(Ok(()))
    }
}

show!([] Way, |it| copied: it.copied);
