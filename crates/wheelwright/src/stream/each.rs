//! Turns a stream into another one, item by item.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

pin_project! {
    /// The stream of [`StreamExt::map`](super::StreamExt::map).
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Map<S, M> {
        #[pin]
        pub(super) source: S,
        pub(super) map: M,
    }
}

impl<S: Stream, T, M: FnMut(S::Item) -> T> Stream for Map<S, M> {
    type Item = T;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.project();
        let next = ready!(this.source.poll_next(cx));
        Poll::Ready(next.map(this.map))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.source.size_hint()
    }
}

pin_project! {
    /// The stream of [`StreamExt::filter`](super::StreamExt::filter).
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Filter<S, P> {
        #[pin]
        pub(super) source: S,
        pub(super) test: P,
    }
}

impl<S: Stream, P: FnMut(&S::Item) -> bool> Stream for Filter<S, P> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        loop {
            let next = ready!(this.source.as_mut().poll_next(cx));
            if next.as_ref().is_none_or(&mut *this.test) {
                return Poll::Ready(next);
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.source.size_hint().1)
    }
}

pin_project! {
    /// The stream of [`StreamExt::take`](super::StreamExt::take).
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Take<S> {
        // Gone with its last item.
        #[pin]
        pub(super) source: Option<S>,
        pub(super) left: usize,
    }
}

impl<S: Stream> Stream for Take<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let next = ready!(poll_fused(this.source.as_mut(), cx));
        *this.left = this.left.saturating_sub(1);
        if *this.left == 0 {
            this.source.set(None);
        }
        Poll::Ready(next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.source.as_ref().map_or((0, Some(0)), Stream::size_hint);
        (least.min(self.left), Some(most.map_or(self.left, |most| most.min(self.left))))
    }
}

/// The next item of a source that is dropped at its end, and ended once it is gone.
pub(super) fn poll_fused<S: Stream>(mut source: Pin<&mut Option<S>>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
    let Some(present) = source.as_mut().as_pin_mut() else { return Poll::Ready(None) };
    let next = ready!(present.poll_next(cx));
    if next.is_none() {
        source.set(None);
    }
    Poll::Ready(next)
}
