//! Turns a call's limits of time into at most one timer.
//!
//! A call goes through phases, each with a limit of its own or none, under one limit for the whole. All of them count
//! from the first time something has to wait: what is ready at once costs no look at the clock.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use wheelwright::time::{self, Sleep, sleep_until};

use crate::{Error, ErrorKind, Phase};

/// The limits of one call.
#[derive(Debug)]
pub(crate) struct Limits {
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
    fn new(limit: Option<Duration>) -> Self {
        limit.map_or(Self::None, Self::After)
    }

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

impl Limits {
    pub(crate) fn new(total: Option<Duration>) -> Self {
        Self { total: Limit::new(total), phase: Phase::Total, of_phase: Limit::None, sleep: None }
    }

    /// Enters a phase; its limit counts from its first wait.
    pub(crate) fn enter(&mut self, phase: Phase, limit: Option<Duration>) {
        self.phase = phase;
        self.of_phase = Limit::new(limit);
    }

    /// Returns whether the whole has room for such a wait.
    pub(crate) fn leave(&mut self, wait: Duration) -> bool {
        let now = time::now();
        let end = self.total.begin(|| now);
        end.is_none_or(|end| now.checked_add(wait).is_some_and(|then| then < end))
    }

    /// Arms the timer as far as there are limits; ready when one has passed.
    pub(crate) fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let mut now = None;
        let mut clock = || *now.get_or_insert_with(time::now);
        let (total, of_phase) = (self.total.begin(&mut clock), self.of_phase.begin(&mut clock));
        let Some(due) = total.into_iter().chain(of_phase).min() else {
            self.sleep = None;
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| sleep_until(due));
        if sleep.deadline() != Some(due) {
            sleep.reset(due);
        }
        if Pin::new(sleep).poll(cx).is_pending() {
            return Poll::Pending;
        }
        let phase = if total == Some(due) { Phase::Total } else { self.phase };
        Poll::Ready(Error::new(ErrorKind::Timeout(phase), "a limit of time passed"))
    }
}
