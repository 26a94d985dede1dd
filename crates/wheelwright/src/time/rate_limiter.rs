//! Turns a rate into waits: so many starts in a second, first come first served.

use std::cell::Cell;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use super::{Sleep, now, sleep_until};
use crate::observe::{self, Line, WaitOn};

const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Lets so many through in a second, evenly spaced.
///
/// After a pause there may be a burst of a chosen size.
///
/// It bounds how often something starts; how many run at once is bounded by a
/// [`Semaphore`](crate::sync::Semaphore). Those who wait go in the order in which they first waited.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time::{self, RateLimiter};
///
/// wheelwright::test(async || {
///     let limiter = RateLimiter::per_second(10.0);
///     let start = time::now();
///     for _ in 0..31 {
///         limiter.acquire().await;
///     }
///     assert_eq!(time::now() - start, Duration::from_secs(3)); // the first goes at once
/// });
/// ```
#[doc(alias("throttle", "AsyncLimiter"))]
pub struct RateLimiter {
    /// The time between two starts.
    interval: Duration,
    /// How far the schedule may lie in the past: what may start at once after a pause.
    slack: Duration,
    /// When the next start is due; `None` before the first.
    next: Cell<Option<Instant>>,
}

impl RateLimiter {
    /// Makes a limiter for so many starts in a second, one at a time.
    ///
    /// # Panics
    /// If the rate is not a positive number, or so low that two starts are centuries apart.
    #[must_use]
    pub fn per_second(rate: f64) -> Self {
        assert!(0.0 < rate && rate.is_finite(), "a rate is a positive number of starts in a second, not {rate}");
        let interval = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX);
        assert!(interval <= CENTURY, "a rate of {rate} in a second would let nothing start in this century");
        Self { interval, slack: Duration::ZERO, next: Cell::new(None) }
    }

    /// Lets `count` start at once after a pause, of which one is always allowed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::time::{RateLimiter, now};
    ///
    /// wheelwright::test(async || {
    ///     let (begun, limiter) = (now(), RateLimiter::per_second(10.0).burst(3));
    ///     for _ in 0..5 {
    ///         limiter.acquire().await;
    ///     }
    ///     assert!(Duration::from_millis(200) <= now() - begun); // three at once, then one each 100 ms
    /// });
    /// ```
    #[must_use]
    pub fn burst(mut self, count: u32) -> Self {
        self.slack = self.interval.saturating_mul(count.saturating_sub(1));
        self
    }

    /// Waits for the next start.
    ///
    /// # Cancel safety
    /// Dropping it before it is ready gives its place up; those behind it keep theirs, so the place stays unused unless it
    /// was the last.
    ///
    /// # Panics
    /// When it has to wait outside a runtime.
    #[track_caller]
    pub fn acquire(&self) -> Start<'_> {
        Start { limiter: self, stage: Stage::New, at: Location::caller() }
    }

    /// Takes the next place in the schedule.
    fn reserve(&self) -> Instant {
        let now = now();
        let earliest = now.checked_sub(self.slack).unwrap_or(now);
        let due = self.next.get().map_or(earliest, |next| next.max(earliest));
        self.next.set(Some(due + self.interval));
        due
    }

    /// Gives a place back, if nobody came after it.
    fn give_back(&self, due: Instant) {
        if self.next.get() == Some(due + self.interval) {
            self.next.set(Some(due));
        }
    }
}

show!([] RateLimiter, |it| interval: it.interval);

/// The future of [`RateLimiter::acquire`].
#[must_use = "it takes no place until it is awaited"]
#[derive(Debug)]
pub struct Start<'a> {
    limiter: &'a RateLimiter,
    stage: Stage,
    at: Line,
}

#[derive(Debug)]
enum Stage {
    New,
    Waiting(Instant, Sleep),
    Done,
}

impl Future for Start<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Stage::New = self.stage {
            let due = self.limiter.reserve();
            self.stage = if due <= now() { Stage::Done } else { Stage::Waiting(due, sleep_until(due)) };
        }
        let at = self.at;
        if let Stage::Waiting(due, sleep) = &mut self.stage {
            if now() < *due {
                // Before the timer's own note: the first of a poll stands.
                observe::waits(WaitOn::Rate, 0, at);
            }
            ready!(Pin::new(sleep).poll(cx));
            self.stage = Stage::Done;
        }
        Poll::Ready(())
    }
}

impl Drop for Start<'_> {
    fn drop(&mut self) {
        if let Stage::Waiting(due, _) = self.stage {
            self.limiter.give_back(due);
        }
    }
}
