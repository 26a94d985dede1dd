//! Turns a stream that looks at the clock too seldom into one that ends at its deadline.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use wheelwright::stream::Stream;
use wheelwright::time;

/// The items of a source until a deadline.
#[derive(Debug)]
pub struct Until<S> {
    source: Option<S>,
    deadline: Instant,
}

/// Passes on what `source` gives before the deadline. At the deadline it ends, or with the source if that is earlier.
///
/// When it has ended, it has let go of its source: what that holds is given back, though the stream is still there.
pub fn until<S: Stream + Unpin>(source: S, deadline: Instant) -> Until<S> {
    Until { source: Some(source), deadline }
}

impl<S: Stream + Unpin> Stream for Until<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.deadline <= time::now() {
            return Poll::Ready(None);
        }
        match &mut self.source {
            Some(source) => Pin::new(source).poll_next(cx),
            None => Poll::Ready(None),
        }
    }
}
