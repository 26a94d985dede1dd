//! Turns the stub of chapter 12 into one way to write it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use wheelwright::stream::Stream;
use wheelwright::time::{Sleep, now, sleep_until};

/// The items of a source until a deadline.
#[derive(Debug)]
pub struct Until<S> {
    /// Gone at the end.
    source: Option<S>,
    deadline: Instant,
    timer: Sleep,
}

/// Passes on what `source` gives before the deadline.
pub fn until<S: Stream + Unpin>(source: S, deadline: Instant) -> Until<S> {
    Until { source: Some(source), deadline, timer: sleep_until(deadline) }
}

impl<S: Stream + Unpin> Stream for Until<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let is_time_left = now() < self.deadline && Pin::new(&mut self.timer).poll(cx).is_pending();
        if let Some(source) = self.source.as_mut().filter(|_| is_time_left) {
            match Pin::new(source).poll_next(cx) {
                Poll::Ready(None) => {}
                item_or_pending => return item_or_pending,
            }
        }
        self.source = None;
        Poll::Ready(None)
    }
}
