//! Turns two futures of the same kind of output into one that gives the first.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::select::{Either, Select};

/// Waits for the first of two futures with the same output, and drops the other.
///
/// The race is not fair: the left one is polled first and wins a tie. That makes a run repeatable; where the order
/// matters to you, it is yours to choose. Both are gone when the output is returned. Where the outputs differ, or
/// where you want to know who won, use [`select`](super::select()); for the first of several events, in a loop,
/// [`Events`](crate::stream::Events).
///
/// # Examples
///
/// ```
/// wheelwright::block_on(async {
///     let slow = async {
///         wheelwright::yield_now().await;
///         "the copy"
///     };
///     assert_eq!(wheelwright::race(slow, async { "the original" }).await, "the original");
/// });
/// ```
///
/// # Cancel safety
///
/// The loser is dropped in the middle of whatever it does. Dropping the future itself drops both.
///
/// # Panics
///
/// If it is polled after it has completed.
#[doc(alias("select!", "FIRST_COMPLETED", "Promise.race", "any", "or"))]
#[track_caller]
pub fn race<T, A, B>(left: A, right: B) -> Race<A, B>
where
    A: Future<Output = T>,
    B: Future<Output = T>,
{
    Race { select: super::select(left, right) }
}

pin_project! {
    /// Waits for the first of two futures; made by [`race`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Race<A, B> {
        #[pin]
        select: Select<A, B>,
    }
}

impl<T, A: Future<Output = T>, B: Future<Output = T>> Future for Race<A, B> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.project().select.poll(cx).map(|first| match first {
            Either::Left(output) | Either::Right(output) => output,
        })
    }
}

show!([A, B] Race<A, B>, |it| select: it.select);
