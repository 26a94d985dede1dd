//! Turns a socket, and what the kernel says of it, into reads that a task can wait for.

use std::io::{self, ErrorKind, Read};
use std::task::{Context, Poll, Waker};

use mio::net::TcpStream;

/// A socket, and what the loop believes of it.
#[derive(Debug)]
pub struct Reader {
    /// Registered for reading, edge-triggered.
    pub io: TcpStream,
    /// A read may find something.
    pub readable: bool,
    /// The other side has sent its last byte; no event will tell of it again.
    pub closed: bool,
    /// Of the task that waits for news.
    pub waker: Option<Waker>,
    /// How often it has asked the kernel.
    pub reads: u32,
}

impl Reader {
    /// One that knows nothing yet.
    pub fn new(io: TcpStream) -> Self {
        Self { io, readable: false, closed: false, waker: None, reads: 0 }
    }

    /// The loop calls this for each event: there is something to read, or, if `closed`, the end.
    pub fn told(&mut self, closed: bool) {
        self.readable = true;
        self.closed |= closed;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Reads what is there, or waits for the next event.
    pub fn poll_read(&mut self, cx: &Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.readable {
            self.reads += 1;
            match self.io.read(buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Ok(count) if 0 < count && count < buf.len() => {
                    self.readable = self.closed;
                    return Poll::Ready(Ok(count));
                }
                result => return Poll::Ready(result),
            }
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
