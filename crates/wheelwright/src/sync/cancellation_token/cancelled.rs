//! Turns a token that is cancelled one day into a future.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::CancellationToken;
use crate::observe::{WaitOn, waits};
use crate::wait_list::{WaitKey, leave, line_up};

/// Waits for a token to be cancelled; made by [`CancellationToken::cancelled`].
///
/// Once ready it stays ready.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Cancelled<'a> {
    token: &'a CancellationToken,
    /// Goes stale when the token is cancelled.
    key: Option<WaitKey>,
    at: &'static Location<'static>,
}

impl<'a> Cancelled<'a> {
    #[track_caller]
    pub(super) fn new(token: &'a CancellationToken) -> Self {
        Self { token, key: None, at: Location::caller() }
    }

    /// Whether the wait is over.
    pub(super) fn is_due(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if !this.token.is_cancelled() {
            this.key = Some(line_up(&this.token.node.line, this.key, (), cx));
        }
        // Asked again: keeping or dropping a foreign waker is not beyond cancelling the token.
        if this.token.is_cancelled() {
            return Poll::Ready(());
        }
        waits(WaitOn::Cancelled, this.token.node.id, this.at);
        Poll::Pending
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        leave(&self.token.node.line, key);
    }
}
