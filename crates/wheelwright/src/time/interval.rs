//! Turns a period into ticks.

use std::future::poll_fn;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::{Due, Sleep, now, sleep_until};
use crate::observe::{self, Line, WaitOn};
use crate::ready;

/// A tick that comes later than this after its time was missed: what is due next is for the [`MissedTickBehavior`] to say.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks at once, and then once a period.
///
/// Unlike a loop around [`sleep`](super::sleep) it does not drift: the time that the work takes is part of the period. It is
/// a [`Stream`] too, for [`Events`](crate::stream::Events) among others.
///
/// # Panics
/// If the period is zero.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time::{interval, now, sleep};
///
/// wheelwright::test(async || {
///     let begun = now();
///     let mut ticks = interval(Duration::from_secs(10));
///     for _ in 0..3 {
///         ticks.tick().await;
///         sleep(Duration::from_secs(7)).await; // work
///     }
///     assert_eq!((now() - begun).as_secs(), 27); // ticks at 0, 10 and 20
/// });
/// ```
#[doc(alias("ticker", "IntervalStream", "setInterval"))]
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(now(), period)
}

/// Ticks at a moment, and then once a period, as [`interval`] does.
///
/// # Panics
/// If the period is zero.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time::{interval_at, now};
///
/// wheelwright::test(async || {
///     let (begun, period) = (now(), Duration::from_secs(10));
///     assert_eq!(interval_at(begun + period, period).tick().await, begun + period);
/// });
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval of zero would tick for ever at once: its period must be longer");
    let at = Location::caller();
    Interval { sleep: sleep_until(start), period, missed: MissedTickBehavior::Burst, at }
}

/// Ticks, made by [`interval`] and [`interval_at`].
#[must_use = "an interval does nothing unless its ticks are awaited"]
#[derive(Debug)]
pub struct Interval {
    /// Until the next tick.
    sleep: Sleep,
    period: Duration,
    missed: MissedTickBehavior,
    at: Line,
}

/// What an [`Interval`] does with missed ticks.
///
/// A tick is missed when its owner was busy while it was due, for 5 ms or longer.
///
/// With a period of 50 ms and a tick at 0 whose work takes until 120, the next come at:
///
/// | | | |
/// |---|---|---|
/// | `Burst` | 120, 120, 150, 200 | what was missed is made up for |
/// | `Delay` | 120, 170, 220 | a whole period after the late one |
/// | `Skip` | 120, 150, 200 | what was missed is left out |
///
/// ```
/// use std::time::Duration;
/// use wheelwright::time::{MissedTickBehavior, interval, now, sleep};
///
/// wheelwright::test(async || {
///     let begun = now();
///     let mut ticks = interval(Duration::from_millis(50));
///     ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
///     ticks.tick().await;
///     sleep(Duration::from_millis(120)).await; // work
///     let mut comes = async || {
///         ticks.tick().await;
///         (now() - begun).as_millis()
///     };
///     assert_eq!([comes().await, comes().await, comes().await], [120, 150, 200]);
/// });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Ticks at once until it has caught up: the number of ticks is right.
    #[default]
    Burst,
    /// Counts a whole period from the late tick: two ticks are never closer together.
    Delay,
    /// Leaves the missed ones out: ticks stay at multiples of the period.
    Skip,
}

impl Interval {
    /// Waits for the next tick: the moment at which it was due.
    ///
    /// # Cancel safety
    /// Dropping it loses no tick.
    ///
    /// # Panics
    /// When it has to wait outside a runtime.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// As [`tick`](Self::tick), to be polled by hand.
    ///
    /// # Panics
    /// As [`tick`](Self::tick).
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let (due, now) = (self.sleep.deadline(), now());
        if due.is_none_or(|due| now < due) {
            ready!(Pin::new(&mut self.sleep).poll(cx));
        }
        // One whose work takes longer than the period is always due, and must pause all the same.
        if ready::poll_budget(cx).is_pending() {
            observe::waits(WaitOn::Yield, 0, self.at);
            return Poll::Pending;
        }
        let due = due.unwrap_or(now);
        self.set_next(self.after(due, now));
        Poll::Ready(due)
    }

    /// When the tick after one at `due` comes, which is given out `now`; `None` if time ends before.
    fn after(&self, due: Instant, now: Instant) -> Option<Instant> {
        let late = now.saturating_duration_since(due);
        if late <= TOLERANCE {
            return due.checked_add(self.period);
        }
        match self.missed {
            MissedTickBehavior::Burst => due.checked_add(self.period),
            MissedTickBehavior::Delay => now.checked_add(self.period),
            MissedTickBehavior::Skip => {
                let since_last = Duration::from_nanos_u128(late.as_nanos() % self.period.as_nanos());
                now.checked_add(self.period - since_last)
            }
        }
    }

    fn set_next(&mut self, next: Option<Instant>) {
        self.sleep.disarm();
        self.sleep.due = next.map_or(Due::Never, Due::At);
    }

    /// Lets the next tick come a whole period from now.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::time::{interval, now, sleep};
    ///
    /// wheelwright::test(async || {
    ///     let begun = now();
    ///     let mut heartbeat = interval(Duration::from_secs(10));
    ///     heartbeat.tick().await;
    ///     sleep(Duration::from_secs(4)).await; // something else was sent, so the next beat can wait
    ///     heartbeat.reset();
    ///     heartbeat.tick().await;
    ///     assert_eq!((now() - begun).as_secs(), 14);
    /// });
    /// ```
    pub fn reset(&mut self) {
        self.set_next(now().checked_add(self.period));
    }

    /// Lets the next tick come at this moment, and the others a period apart.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.set_next(Some(deadline));
    }

    /// The time between two ticks.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    /// What it does with missed ticks.
    #[must_use]
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Sets what it does with missed ticks; `Burst` if never called.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wheelwright::time::{MissedTickBehavior, interval};
    ///
    /// let mut heartbeat = interval(Duration::from_secs(5));
    /// heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }
}

/// The ticks, without end.
impl Stream for Interval {
    type Item = Instant;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Instant>> {
        self.poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}
