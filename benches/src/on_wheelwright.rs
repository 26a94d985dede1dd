//! Turns a connection of this project into one that hyper takes.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};
use wheelwright::net::TcpStream;

/// How much is read at once.
const PIECE: usize = 8192;

thread_local! {
    /// All connections read into this one: to clear one for each read would cost as much as the read.
    static PIECES: RefCell<[u8; PIECE]> = const { RefCell::new([0; PIECE]) };
}

/// A connection, as hyper wants it: through the traits that it shares with the rest of the ecosystem.
#[derive(Debug)]
pub struct Connection(pub TcpStream);

impl Read for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        PIECES.with_borrow_mut(|piece| {
            let room = buf.remaining().min(PIECE);
            let count = ready!(Pin::new(&mut self.0).poll_read(cx, &mut piece[..room]))?;
            buf.put_slice(&piece[..count]);
            Poll::Ready(Ok(()))
        })
    }
}

impl Write for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
