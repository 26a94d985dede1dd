//! Turns a future into one that ends in time.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use super::{Due, Sleep, now, sleep_until};
use crate::observe::Line;

/// Gives a future a limit: its output, or [`Elapsed`] once the duration has passed.
///
/// The future is polled first, and the timer is made only when it must wait: the duration counts from its first `Pending`.
/// Something that is ready at once costs no look at the clock. Use [`timeout_at`] to count from elsewhere. When the limit
/// has passed, the future is dropped with the `Timeout`.
///
/// # Errors
/// [`Elapsed`] if the future was not ready in time.
///
/// # Cancel safety
/// Dropping it drops the future and the timer.
///
/// # Panics
/// When the future has to wait outside a runtime.
///
/// ```
/// use std::{future, time::Duration};
/// use wheelwright::time::timeout;
///
/// wheelwright::test(async || {
///     assert_eq!(timeout(Duration::from_secs(1), async { 7 }).await, Ok(7));
///     assert!(timeout(Duration::from_secs(1), future::pending::<()>()).await.is_err());
/// });
/// ```
#[doc(alias("wait_for", "move_on_after", "fail_after"))]
#[track_caller]
pub fn timeout<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    Timeout { limit: Limit::After(limit), at: Location::caller(), future }
}

/// Gives a future a limit at a moment instead of after a duration.
///
/// In all else it is [`timeout`].
///
/// # Errors
/// [`Elapsed`] if the future was not ready by then.
///
/// # Cancel safety
/// Dropping it drops the future and the timer.
///
/// # Panics
/// When the future has to wait outside a runtime.
///
/// ```
/// use std::{future, time::Duration};
/// use wheelwright::time;
///
/// wheelwright::test(async || {
///     let both = time::now() + Duration::from_secs(1);
///     assert!(time::timeout_at(both, future::pending::<()>()).await.is_err());
///     assert!(time::timeout_at(both, future::pending::<()>()).await.is_err());
/// });
/// ```
#[track_caller]
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    Timeout { limit: Limit::Armed { sleep: sleep_until(deadline) }, at: Location::caller(), future }
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    #[must_use = "a timeout does nothing until it is awaited"]
    pub struct Timeout<F> {
        limit: Limit,
        at: Line,
        #[pin]
        future: F,
    }
}

/// What is left of a limit.
#[derive(Debug)]
pub(super) enum Limit {
    After(Duration),
    Armed { sleep: Sleep },
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        ready!(this.limit.poll(this.at, cx));
        Poll::Ready(Err(Elapsed))
    }
}

impl Limit {
    /// Arms the timer, if it is not, and waits for it.
    pub(super) fn poll(&mut self, at: Line, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::After(limit) = self {
            let due = now().checked_add(*limit).map_or(Due::Never, Due::At);
            *self = Self::Armed { sleep: Sleep { due, timer: None, at } };
        }
        let Self::Armed { sleep } = self else { unreachable!("it was armed a line above") };
        Pin::new(sleep).poll(cx)
    }
}

show!([F] Timeout<F>, |_|);

/// The error of a [`timeout`]: the limit passed before the future was ready.
#[doc(alias("TimeoutError", "TooSlowError"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time limit passed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}
