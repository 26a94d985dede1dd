//! Turns the items of a stream into one, a batch, or all of them.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::each::poll_fused;

/// The future of [`StreamExt::next`](super::StreamExt::next) and [`Events::next`](super::Events::next).
///
/// # Cancel safety
/// Dropping it loses no item: it holds nothing but a reference to the stream.
#[must_use = "it waits for nothing until it is awaited"]
#[derive(Debug)]
pub struct Next<'a, S: ?Sized> {
    pub(super) stream: &'a mut S,
}

impl<S: Stream + Unpin + ?Sized> Future for Next<'_, S> {
    type Output = Option<S::Item>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        Pin::new(&mut *self.stream).poll_next(cx)
    }
}

pin_project! {
    /// The stream of [`StreamExt::chunks`](super::StreamExt::chunks).
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Chunks<S: Stream> {
        // Gone at its end.
        #[pin]
        pub(super) source: Option<S>,
        // Not full.
        pub(super) batch: Vec<S::Item>,
        pub(super) size: usize,
    }
}

impl<S: Stream> Stream for Chunks<S> {
    type Item = Vec<S::Item>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Vec<S::Item>>> {
        let mut this = self.project();
        while let Some(item) = ready!(poll_fused(this.source.as_mut(), cx)) {
            this.batch.push(item);
            if this.batch.len() == *this.size {
                return Poll::Ready(Some(mem::take(this.batch)));
            }
        }
        let rest = mem::take(this.batch);
        Poll::Ready((!rest.is_empty()).then_some(rest))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.source.as_ref().map_or((0, Some(0)), Stream::size_hint);
        let chunks = |items: usize| items.saturating_add(self.batch.len()).div_ceil(self.size);
        (chunks(least), most.map(chunks))
    }
}

pin_project! {
    /// The future of [`StreamExt::collect`](super::StreamExt::collect).
    ///
    /// # Cancel safety
    /// Dropping it drops the stream and the items taken so far.
    #[must_use = "it waits for nothing until it is awaited"]
    #[derive(Debug)]
    pub struct Collect<S, C> {
        #[pin]
        pub(super) source: S,
        pub(super) items: C,
    }
}

impl<S: Stream, C: Default + Extend<S::Item>> Future for Collect<S, C> {
    type Output = C;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C> {
        let mut this = self.project();
        while let Some(item) = ready!(this.source.as_mut().poll_next(cx)) {
            this.items.extend([item]);
        }
        Poll::Ready(mem::take(this.items))
    }
}
