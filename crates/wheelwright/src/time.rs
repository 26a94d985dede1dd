//! Turns durations and deadlines into futures.

use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::observe::{self, Line, NO_TIMER, WaitOn};
use crate::runtime;
use crate::timer::Timers;
use crate::wheel::TimerKey;

mod interval;
mod rate_limiter;
mod timeout;
mod timeout_each;

pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use rate_limiter::{RateLimiter, Start};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
pub use timeout_each::TimeoutEach;

/// The time of this thread's loop: real, or what the paused clock shows.
///
/// Outside a runtime it is the real time.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time;
///
/// wheelwright::test(async || {
///     let start = time::now();
///     time::sleep(Duration::from_secs(3600)).await; // takes no time: the clock of a test is paused
///     assert_eq!(time::now() - start, Duration::from_secs(3600));
/// });
/// ```
#[doc(alias("current_time", "time"))]
#[must_use]
pub fn now() -> Instant {
    runtime::try_current(|event_loop| event_loop.timers.now()).unwrap_or_else(Instant::now)
}

/// Waits for a duration, counted from this call and not from the first await.
///
/// Never early; late by at most about 2 ms (a tick of the wheel, and the whole milliseconds
/// that the kernel is asked for) and the time until the loop comes round. A sleep of zero
/// lets everybody else who is ready run once. One too long to be counted never ends.
///
/// # Cancel safety
/// Dropping it removes its timer. Nothing is lost.
///
/// # Panics
/// When polled outside a runtime, or in another runtime than the one that first polled it once that has ended.
///
/// ```
/// use std::time::Duration;
/// wheelwright::test(async || wheelwright::time::sleep(Duration::from_millis(20)).await);
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let at = Location::caller();
    if duration.is_zero() {
        return Sleep { due: Due::NextLap, timer: None, at };
    }
    let due = now().checked_add(duration).map_or(Due::Never, Due::At);
    Sleep { due, timer: None, at }
}

/// Waits until a moment, as [`sleep`] does.
///
/// One that has passed lets everybody else who is ready run once.
///
/// # Cancel safety
/// Dropping it removes its timer.
///
/// # Panics
/// As [`sleep`].
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time;
/// wheelwright::test(async || time::sleep_until(time::now() + Duration::from_secs(1)).await);
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { due: Due::At(deadline), timer: None, at: Location::caller() }
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    due: Due,
    /// There from the first poll until the end.
    timer: Option<(Rc<Timers>, TimerKey)>,
    at: Line,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    At(Instant),
    Never,
    NextLap,
    Past,
}

impl Sleep {
    /// When it ends; `None` if never, or at once.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.due {
            Due::At(deadline) => Some(deadline),
            Due::Never | Due::NextLap | Due::Past => None,
        }
    }

    /// Gives it another deadline, whether or not the old one has passed.
    ///
    /// It must be polled again to take effect.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::time::{now, sleep};
    ///
    /// wheelwright::test(async || {
    ///     let begun = now();
    ///     let mut quiet = sleep(Duration::from_secs(1));
    ///     quiet.reset(begun + Duration::from_secs(5)); // something moved: wait longer
    ///     quiet.await;
    ///     assert_eq!((now() - begun).as_secs(), 5);
    /// });
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.disarm();
        self.due = Due::At(deadline);
    }

    /// As if that line had asked for it.
    pub(crate) fn called_at(mut self, at: Line) -> Self {
        self.at = at;
        self
    }

    fn disarm(&mut self) {
        if let Some((timers, key)) = self.timer.take() {
            timers.disarm(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let number = match (self.due, &self.timer) {
            (Due::Past, _) => return Poll::Ready(()),
            (Due::NextLap, _) => {
                self.due = Due::Past;
                cx.waker().wake_by_ref();
                NO_TIMER
            }
            (Due::Never, _) => NO_TIMER,
            (Due::At(_), Some((timers, key))) => {
                if timers.poll(*key, cx) {
                    self.disarm();
                    self.due = Due::Past;
                    return Poll::Ready(());
                }
                key.slot
            }
            (Due::At(deadline), None) => {
                let timers = runtime::current(|event_loop| Rc::clone(&event_loop.timers));
                let key = timers.arm(deadline, cx);
                self.timer = Some((timers, key));
                key.slot
            }
        };
        observe::waits(WaitOn::Timer, number, self.at);
        Poll::Pending
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        match self.timer.take() {
            Some((timers, key)) => timers.disarm(key),
            None if matches!(self.due, Due::At(_) | Due::NextLap) => observe::note_unpolled(),
            None => {}
        }
    }
}

show!([] Sleep, |it| due: it.due);
