//! Turns two streams of the same kind of item into one that takes from them in turn.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::each::poll_fused;

pin_project! {
    /// The stream of [`StreamExt::merge`](super::StreamExt::merge).
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Merge<A, B> {
        // Each is gone at its end.
        #[pin]
        pub(super) left: Option<A>,
        #[pin]
        pub(super) right: Option<B>,
        // The left one gave the last item.
        pub(super) right_is_next: bool,
    }
}

impl<A: Stream, B: Stream<Item = A::Item>> Stream for Merge<A, B> {
    type Item = A::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<A::Item>> {
        let mut this = self.project();
        let mut ended = 0;
        for _ in 0..2 {
            let polled = match *this.right_is_next {
                true => poll_fused(this.right.as_mut(), cx),
                false => poll_fused(this.left.as_mut(), cx),
            };
            *this.right_is_next = !*this.right_is_next;
            match polled {
                Poll::Ready(None) => ended += 1,
                Poll::Ready(item) => return Poll::Ready(item),
                Poll::Pending => {}
            }
        }
        if ended == 2 { Poll::Ready(None) } else { Poll::Pending }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let hint_of = |side: Option<(usize, Option<usize>)>| side.unwrap_or((0, Some(0)));
        let left = hint_of(self.left.as_ref().map(Stream::size_hint));
        let right = hint_of(self.right.as_ref().map(Stream::size_hint));
        (left.0.saturating_add(right.0), left.1.zip(right.1).and_then(|(left, right)| left.checked_add(right)))
    }
}
