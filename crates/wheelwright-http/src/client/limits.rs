//! Turns a call's limits of time into at most one timer.
//!
//! A call goes through phases, each with a limit of its own or none, under one limit for the whole. All of them count
//! from the first time something has to wait: what is ready at once costs no look at the clock.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use wheelwright::time::{self, Sleep, sleep_until};

use crate::{Error, ErrorKind, Phase};

/// The limits of one call. Most waits have none, and then there is nothing to keep.
#[derive(Debug)]
pub(crate) struct Limits(Option<Box<Clocks>>);

#[derive(Debug)]
struct Clocks {
    total: Limit,
    phase: Phase,
    of_phase: Limit,
    /// Armed for the earlier of both limits while something waits.
    sleep: Option<Sleep>,
}

/// One limit. Beyond what the clock can count it is none.
#[derive(Clone, Copy, Debug)]
enum Limit {
    None,
    /// Nothing had to wait yet.
    After(Duration),
    At(Instant),
}

impl Limit {
    /// Begins to count, if it does not already.
    fn begin(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        if let Self::After(limit) = *self {
            *self = now().checked_add(limit).map_or(Self::None, Self::At);
        }
        match *self {
            Self::At(deadline) => Some(deadline),
            Self::None | Self::After(_) => None,
        }
    }
}

impl Clocks {
    fn new(total: Limit, phase: Phase, of_phase: Limit) -> Box<Self> {
        Box::new(Self { total, phase, of_phase, sleep: None })
    }
}

impl Limits {
    pub(crate) fn new(total: Option<Duration>) -> Self {
        Self(total.map(|total| Clocks::new(Limit::After(total), Phase::Total, Limit::None)))
    }

    /// Enters a phase; its limit counts from its first wait.
    pub(crate) fn enter(&mut self, phase: Phase, limit: Option<Duration>) {
        match (&mut self.0, limit) {
            (Some(clocks), None) if matches!(clocks.total, Limit::None) => self.0 = None,
            (Some(clocks), _) => (clocks.phase, clocks.of_phase) = (phase, limit.map_or(Limit::None, Limit::After)),
            (None, _) => self.0 = limit.map(|limit| Clocks::new(Limit::None, phase, Limit::After(limit))),
        }
    }

    /// Returns whether the whole has room for such a wait.
    pub(crate) fn leave(&mut self, wait: Duration) -> bool {
        let now = time::now();
        let end = self.0.as_mut().and_then(|clocks| clocks.total.begin(|| now));
        end.is_none_or(|end| now.checked_add(wait).is_some_and(|then| then < end))
    }

    /// Arms the timer as far as there are limits; ready when one has passed.
    pub(crate) fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let Some(clocks) = &mut self.0 else { return Poll::Pending };
        let mut now = None;
        let mut clock = || *now.get_or_insert_with(time::now);
        let (total, of_phase) = (clocks.total.begin(&mut clock), clocks.of_phase.begin(&mut clock));
        let Some(due) = total.into_iter().chain(of_phase).min() else {
            clocks.sleep = None;
            return Poll::Pending;
        };
        let sleep = clocks.sleep.get_or_insert_with(|| sleep_until(due));
        if sleep.deadline() != Some(due) {
            sleep.reset(due);
        }
        if Pin::new(sleep).poll(cx).is_pending() {
            return Poll::Pending;
        }
        let phase = if total == Some(due) { Phase::Total } else { clocks.phase };
        Poll::Ready(Error::new(ErrorKind::Timeout(phase), "a limit of time passed"))
    }
}
