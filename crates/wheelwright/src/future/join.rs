//! Turns two futures into one that gives both outputs, or the first error.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// Waits for both futures, which make progress side by side.
///
/// The left one is polled first. Each is dropped as soon as it has finished, while the other goes on.
///
/// # Examples
///
/// ```
/// wheelwright::block_on(async {
///     let (sum, word) = wheelwright::join(async { 1 + 2 }, async { "three" }).await;
///     assert_eq!((sum, word), (3, "three"));
/// });
/// ```
///
/// # Cancel safety
///
/// Dropping the future drops both, and the output of one that had finished.
///
/// # Panics
///
/// If it is polled after it has completed.
#[doc(alias("gather", "join!", "zip"))]
#[track_caller]
pub fn join<A: Future, B: Future>(left: A, right: B) -> Join<A, B> {
    Join { left: Side::Running { future: left }, right: Side::Running { future: right }, at: Location::caller() }
}

/// Waits for both futures, but no longer than until one of them fails.
///
/// In all else it is [`join`].
///
/// The other is then dropped in the middle of whatever it does. For many, see [`try_join_all`](crate::try_join_all).
///
/// # Errors
///
/// The first error; the left one's, if both fail in the same poll.
///
/// # Cancel safety
///
/// Dropping the future drops both, and the value of one that had finished.
///
/// # Panics
///
/// If it is polled after it has completed.
///
/// ```
/// use wheelwright::try_join;
///
/// wheelwright::block_on(async {
///     let number = async |text: &str| text.parse::<u32>();
///     assert_eq!(try_join(number("1"), number("2")).await, Ok((1, 2)));
///     assert!(try_join(std::future::pending::<Result<u32, _>>(), number("two")).await.is_err());
/// });
/// ```
#[doc(alias("gather", "try_join!"))]
#[track_caller]
pub fn try_join<T, U, E, A, B>(left: A, right: B) -> TryJoin<A, B>
where
    A: Future<Output = Result<T, E>>,
    B: Future<Output = Result<U, E>>,
{
    TryJoin { both: join(left, right) }
}

pin_project! {
    /// Waits for two futures; made by [`join`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Join<A: Future, B: Future> {
        #[pin]
        left: Side<A>,
        #[pin]
        right: Side<B>,
        at: &'static Location<'static>,
    }
}

pin_project! {
    /// A future, later its output in the same place.
    #[project = SideProjection]
    #[project_replace = SideTaken]
    enum Side<F: Future> {
        Running { #[pin] future: F },
        Finished { output: F::Output },
        Taken,
    }
}

pin_project! {
    /// Waits for two futures that may fail; made by [`try_join`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless awaited"]
    pub struct TryJoin<A: Future, B: Future> {
        #[pin]
        both: Join<A, B>,
    }
}

impl<F: Future> Side<F> {
    /// Polls the future unless it has finished; whether it has by now.
    fn is_finished(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        let SideProjection::Running { future } = self.as_mut().project() else { return true };
        let Poll::Ready(output) = future.poll(cx) else { return false };
        self.set(Self::Finished { output });
        true
    }

    /// The output, once.
    fn take(self: Pin<&mut Self>) -> Option<F::Output> {
        match self.project_replace(Self::Taken) {
            SideTaken::Finished { output } => Some(output),
            SideTaken::Running { .. } | SideTaken::Taken => None,
        }
    }
}

impl<A: Future, B: Future> Future for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let is_left_finished = this.left.as_mut().is_finished(cx);
        let is_right_finished = this.right.as_mut().is_finished(cx);
        if !is_left_finished || !is_right_finished {
            return Poll::Pending;
        }
        let outputs = this.left.take().zip(this.right.take());
        let Some(outputs) = outputs else { panic!("the `join` of {} was polled after it had completed", this.at) };
        Poll::Ready(outputs)
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> Side<F> {
    /// The error of a future that has failed, once.
    fn take_error(mut self: Pin<&mut Self>) -> Option<E> {
        match self.as_mut().project() {
            SideProjection::Finished { output: Err(_) } => self.take()?.err(),
            _ => None,
        }
    }
}

impl<T, U, E, A, B> Future for TryJoin<A, B>
where
    A: Future<Output = Result<T, E>>,
    B: Future<Output = Result<U, E>>,
{
    type Output = Result<(T, U), E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut both = self.project().both;
        if let Poll::Ready((left, right)) = both.as_mut().poll(cx) {
            return Poll::Ready(left.and_then(|left| Ok((left, right?))));
        }
        let mut sides = both.project();
        let error = sides.left.as_mut().take_error().or_else(|| sides.right.as_mut().take_error());
        let Some(error) = error else { return Poll::Pending };
        sides.left.set(Side::Taken);
        sides.right.set(Side::Taken);
        Poll::Ready(Err(error))
    }
}

show!([A: Future, B: Future] Join<A, B>, |it| left: it.left, right: it.right);

impl<F: Future> fmt::Debug for Side<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running { .. } => "Running",
            Self::Finished { .. } => "Finished",
            Self::Taken => "Taken",
        })
    }
}
