//! Turns a connection that the kernel holds into a stream, and patience into a way through a lack of descriptors.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::platform::is_exhausted;
use super::socket::Socket;
use super::{TcpListener, TcpStream};
use crate::observe::Line;
use crate::time::{Sleep, sleep};
use crate::wait_list::WaitKey;

/// The first pause after accept found no descriptor; each further one is twice as long.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The future of [`TcpListener::accept`].
#[must_use = "it accepts nothing until it is awaited"]
pub struct Accept<'a> {
    listener: &'a TcpListener,
    /// Its place among those who wait, while it waits.
    key: Option<WaitKey>,
    /// Under way while descriptors are lacking: their return brings no event, so only a timer can tell.
    pause: Option<Sleep>,
    at: Line,
}

impl<'a> Accept<'a> {
    pub(super) fn new(listener: &'a TcpListener, at: Line) -> Self {
        Self { listener, key: None, pause: None, at }
    }
}

impl Future for Accept<'_> {
    type Output = io::Result<(TcpStream, SocketAddr)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(Pin::new(pause).poll(cx));
                this.pause = None;
            }
            let accepted = this.listener.socket.poll_shared(&mut this.key, this.at, cx, |io| io.accept());
            match ready!(accepted).and_then(|(io, peer)| Ok((TcpStream::new(Socket::new(io))?, peer))) {
                Ok(connection) => {
                    this.listener.pause.set(SHORTEST_PAUSE);
                    return Poll::Ready(Ok(connection));
                }
                Err(error) if is_exhausted(&error) => {
                    let pause = this.listener.pause.get();
                    this.listener.pause.set((pause * 2).min(LONGEST_PAUSE));
                    this.pause = Some(sleep(pause));
                }
                Err(error) if has_gone(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Whether the error is that of one connection, which went away before it was taken.
fn has_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::InvalidInput
    )
}

impl Drop for Accept<'_> {
    fn drop(&mut self) {
        self.listener.socket.unshare(&mut self.key);
    }
}

impl fmt::Debug for Accept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accept").field("paused", &self.pause.is_some()).finish_non_exhaustive()
    }
}
