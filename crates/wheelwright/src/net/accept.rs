//! Turns a connection that the kernel holds into a stream, and patience into a way through a lack of descriptors.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::connection::{Connection, Wire};
use super::listener::Listener;
use super::platform::is_exhausted;
use super::turn::Turn;
use crate::observe::{Line, WaitOn};
use crate::time::{Sleep, sleep};

/// The first pause after accept found no descriptor; each further one is twice as long.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The future of [`Listener::accept`].
#[must_use = "it accepts nothing until it is awaited"]
pub struct Accept<'a, S: Wire> {
    turn: Turn<'a, S::Listener>,
    /// How long the listener's next pause is.
    next_pause: &'a Cell<Duration>,
    /// Under way while descriptors are lacking: their return brings no event, so only a timer can tell.
    pause: Option<Sleep>,
}

impl<'a, S: Wire> Accept<'a, S> {
    pub(super) fn new(listener: &'a Listener<S>, at: Line) -> Self {
        let turn = Turn::new(&listener.socket, WaitOn::Accept, at);
        Self { turn, next_pause: &listener.pause, pause: None }
    }
}

impl<S: Wire> Future for Accept<'_, S> {
    type Output = io::Result<(Connection<S>, S::Peer)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(Pin::new(pause).poll(cx));
                this.pause = None;
            }
            match ready!(this.turn.poll(cx, S::accept)) {
                Ok(connection) => {
                    this.next_pause.set(SHORTEST_PAUSE);
                    return Poll::Ready(Ok(connection));
                }
                Err(error) if is_exhausted(&error) => {
                    let pause = this.next_pause.get();
                    this.next_pause.set((pause * 2).min(LONGEST_PAUSE));
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

impl<S: Wire> fmt::Debug for Accept<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accept").field("paused", &self.pause.is_some()).finish_non_exhaustive()
    }
}
