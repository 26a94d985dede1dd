//! Turns an iterator, or a future, into a stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

/// Makes a stream of what an iterator gives.
///
/// ```
/// use wheelwright::stream::{self, StreamExt};
///
/// wheelwright::block_on(async {
///     assert_eq!(stream::iter([1, 2]).next().await, Some(1));
/// });
/// ```
pub fn iter<I: IntoIterator>(items: I) -> Iter<I::IntoIter> {
    Iter { items: items.into_iter() }
}

/// The stream of [`iter`].
#[must_use = "streams do nothing unless polled"]
#[derive(Clone, Debug)]
pub struct Iter<I> {
    items: I,
}

// The iterator is never pinned.
impl<I> Unpin for Iter<I> {}

impl<I: Iterator> Stream for Iter<I> {
    type Item = I::Item;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.items.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

/// Makes a stream of one item: what a future gives.
///
/// ```
/// use wheelwright::stream::{self, StreamExt};
///
/// wheelwright::block_on(async {
///     let greeted = stream::once(async { "hello" }).merge(stream::iter(["world"]));
///     assert_eq!(greeted.collect::<Vec<_>>().await, ["hello", "world"]);
/// });
/// ```
pub fn once<F: Future>(future: F) -> Once<F> {
    Once { future: Some(future) }
}

pin_project! {
    /// The stream of [`once`].
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct Once<F> {
        // Gone with its output.
        #[pin]
        future: Option<F>,
    }
}

impl<F: Future> Stream for Once<F> {
    type Item = F::Output;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let output = ready!(future.poll(cx));
        this.future.set(None);
        Poll::Ready(Some(output))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.future.is_some());
        (left, Some(left))
    }
}
