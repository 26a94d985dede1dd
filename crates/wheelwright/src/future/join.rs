//! Turns two futures into one that gives both outputs.

use std::fmt;
use std::future::Future;
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
#[doc(alias = "gather")]
#[doc(alias = "join!")]
#[doc(alias = "zip")]
#[track_caller]
pub fn join<A: Future, B: Future>(left: A, right: B) -> Join<A, B> {
    Join { left: Side::Running { future: left }, right: Side::Running { future: right }, at: Location::caller() }
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

impl<A: Future, B: Future> fmt::Debug for Join<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("left", &self.left).field("right", &self.right).finish_non_exhaustive()
    }
}

impl<F: Future> fmt::Debug for Side<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running { .. } => "Running",
            Self::Finished { .. } => "Finished",
            Self::Taken => "Taken",
        })
    }
}
