//! Turns two futures into one that ends with the first of them and tells which it was.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// Waits for the first of two futures and drops the other.
///
/// The left one is polled first and wins if both are ready: put there what must not be kept waiting, such as a
/// cancellation. The right one is not polled at all when the left one is ready at once. Both are gone when the
/// output is returned, so what the loser held is free again.
///
/// It is for waiting once. In a loop, where the loser is to go on, use [`Events`](crate::stream::Events), whose arms stay;
/// or pin the loser and select on `&mut`. Where the outputs are of one kind and it does not matter whose came, use
/// [`race`](super::race()); to wait with a limit of time, [`timeout`](crate::time::timeout).
///
/// # Examples
///
/// ```
/// use wheelwright::Either;
/// use wheelwright::sync::CancellationToken;
///
/// wheelwright::block_on(async {
///     let stop = CancellationToken::new();
///     let first = wheelwright::select(stop.cancelled(), async { "the work is done" }).await;
///     assert_eq!(first, Either::Right("the work is done"));
/// });
/// ```
///
/// # Cancel safety
///
/// The loser is dropped in the middle of whatever it does: it must be cancel safe, or a loss one can bear. Dropping
/// the future itself drops both.
///
/// # Panics
///
/// If it is polled after it has completed.
#[doc(alias("select!", "FIRST_COMPLETED", "or"))]
#[track_caller]
pub fn select<A: Future, B: Future>(left: A, right: B) -> Select<A, B> {
    Select { left: Some(left), right: Some(right), at: Location::caller() }
}

/// The output of one of two futures: which one, and what it gave.
///
/// # Examples
///
/// ```
/// use wheelwright::Either;
///
/// let either: Either<u32, &str> = Either::Left(200);
/// match either {
///     Either::Left(status) => assert_eq!(status, 200),
///     Either::Right(error) => panic!("{error}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Either<A, B> {
    /// What the first argument gave.
    Left(A),
    /// What the second argument gave.
    Right(B),
}

pin_project! {
    /// Waits for the first of two futures; made by [`select`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Select<A, B> {
        // Both are `None` after completion.
        #[pin]
        left: Option<A>,
        #[pin]
        right: Option<B>,
        at: &'static Location<'static>,
    }
}

impl<A: Future, B: Future> Future for Select<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(left), Some(right)) = (this.left.as_mut().as_pin_mut(), this.right.as_mut().as_pin_mut()) else {
            panic!("the `select` or `race` of {} was polled after it had completed", this.at)
        };
        let output = match left.poll(cx) {
            Poll::Ready(output) => Either::Left(output),
            Poll::Pending => match right.poll(cx) {
                Poll::Ready(output) => Either::Right(output),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.left.set(None);
        this.right.set(None);
        Poll::Ready(output)
    }
}

show!([A, B] Select<A, B>, |it| has_completed: it.left.is_none());
