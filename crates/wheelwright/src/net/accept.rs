//! Turns a connection that the kernel holds into a stream, and patience into a way through a lack of descriptors.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::connection::{Connection, Wire};
use super::listener::Listener;
use super::patience::Patience;
use super::platform::is_exhausted;
use super::turn::Turn;
use crate::observe::{Line, WaitOn};

/// The future of [`Listener::accept`].
#[must_use = "it accepts nothing until it is awaited"]
pub struct Accept<'a, S: Wire> {
    turn: Turn<'a, S::Listener>,
    /// For descriptors, when they are lacking.
    patience: Patience,
}

impl<'a, S: Wire> Accept<'a, S> {
    pub(super) fn new(listener: &'a Listener<S>, at: Line) -> Self {
        Self { turn: Turn::new(&listener.socket, WaitOn::Accept, at), patience: Patience::new(at) }
    }

    /// Returns whether there is no descriptor for the next connection.
    ///
    /// It tries again by itself, after a pause. Whoever holds descriptors that are worth less may close some meanwhile. The
    /// system does not tell whether that connection has come yet.
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::io;
    /// use std::pin::Pin;
    /// use wheelwright::net::{TcpListener, TcpStream};
    ///
    /// /// Accepts a connection, and gives others up for it if it has to.
    /// async fn accept(listener: &TcpListener, others: &mut Vec<TcpStream>) -> io::Result<TcpStream> {
    ///     let mut accepting = listener.accept();
    ///     let accepted = poll_fn(|cx| {
    ///         let accepted = Pin::new(&mut accepting).poll(cx);
    ///         if accepting.lacks_descriptors() {
    ///             others.pop();
    ///         }
    ///         accepted
    ///     });
    ///     accepted.await.map(|(stream, _)| stream)
    /// }
    /// # let _ = accept;
    /// ```
    #[must_use]
    pub fn lacks_descriptors(&self) -> bool {
        self.patience.pauses()
    }
}

impl<S: Wire> Future for Accept<'_, S> {
    type Output = io::Result<(Connection<S>, S::Peer)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            ready!(this.patience.poll(cx));
            match ready!(this.turn.poll(cx, S::accept)) {
                Err(error) if is_exhausted(&error) => this.patience.pause(),
                Err(error) if has_gone(&error) => {}
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Whether the error is that of one connection, which went away before it was taken: accept(2) passes on what befell it.
fn has_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, HostUnreachable, NetworkDown, NetworkUnreachable};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | HostUnreachable | NetworkDown | NetworkUnreachable)
}

show!([S: Wire] Accept<'_, S>, |it| patience: it.patience);
