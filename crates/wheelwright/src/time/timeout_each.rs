//! Turns a stream into one that says when its consumer has waited too long for an item.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::Elapsed;
use super::timeout::Limit;
use crate::observe::Line;

pin_project! {
    /// The stream of [`StreamExt::timeout`](crate::stream::StreamExt::timeout).
    ///
    /// It brings each item, or [`Elapsed`] whenever none came in time.
    ///
    /// As with [`timeout`](crate::time::timeout), the source is asked first, and a timer made when it has nothing.
    ///
    /// # Panics
    /// When it has to wait outside a runtime.
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct TimeoutEach<S> {
        #[pin]
        source: S,
        after: Duration,
        limit: Limit,
        at: Line,
    }
}

impl<S> TimeoutEach<S> {
    pub(crate) fn new(source: S, after: Duration, at: Line) -> Self {
        Self { source, after, limit: Limit::After(after), at }
    }
}

impl<S: Stream> Stream for TimeoutEach<S> {
    type Item = Result<S::Item, Elapsed>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let next = match this.source.poll_next(cx) {
            Poll::Ready(next) => next.map(Ok),
            Poll::Pending => {
                ready!(this.limit.poll(this.at, cx));
                Some(Err(Elapsed))
            }
        };
        // The next wait has a limit of its own.
        *this.limit = Limit::After(*this.after);
        Poll::Ready(next)
    }
}
