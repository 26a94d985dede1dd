//! Turns a future and a token into a future that ends with whichever ends first.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Cancelled;

pin_project! {
    /// Runs a future until its token is cancelled; made by [`run_until_cancelled`].
    ///
    /// [`run_until_cancelled`]: super::CancellationToken::run_until_cancelled
    #[must_use = "futures do nothing unless awaited"]
    pub struct RunUntilCancelled<'a, F> {
        cancelled: Cancelled<'a>,
        // `None` once it has ended or was given up.
        #[pin]
        future: Option<F>,
    }
}

impl<'a, F> RunUntilCancelled<'a, F> {
    pub(super) fn new(cancelled: Cancelled<'a>, future: F) -> Self {
        Self { cancelled, future: Some(future) }
    }
}

impl<F: Future> Future for RunUntilCancelled<'_, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("`run_until_cancelled` was polled after it had completed");
        let outcome = if this.cancelled.is_due() { None } else { ready!(poll_both(future, this.cancelled, cx)) };
        this.future.set(None);
        Poll::Ready(outcome)
    }
}

/// Polls the future first, so that what it waits for is what the task is seen to wait for.
fn poll_both<F: Future>(
    future: Pin<&mut F>,
    cancelled: &mut Cancelled<'_>,
    cx: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    if let Poll::Ready(output) = future.poll(cx) {
        return Poll::Ready(Some(output));
    }
    Pin::new(cancelled).poll(cx).map(|()| None)
}

show!([F] RunUntilCancelled<'_, F>, |it| cancelled: it.cancelled);
