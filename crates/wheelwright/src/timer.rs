//! Turns deadlines into wakes: the loop's clock and its timer wheel.
//!
//! The clock is real, or paused: then it stands still while tasks run and jumps to the next deadline when all of them wait.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::observe::event::Kind;
use crate::observe::recorder::{self, record};
use crate::waker;
use crate::wheel::{TimerKey, TimerWheel};

/// A loop's timers. Times are nanoseconds since `start`.
pub(crate) struct Timers {
    start: Instant,
    /// What the paused clock shows.
    paused_at: Option<Cell<u64>>,
    wheel: RefCell<TimerWheel>,
    /// Kept between turns for its allocation; empty meanwhile.
    expired: Cell<Vec<Waker>>,
    /// The runtime is gone, and nothing fires any more.
    dead: Cell<bool>,
}

impl Timers {
    pub(crate) fn new(paused: bool) -> Self {
        Self {
            start: Instant::now(),
            paused_at: paused.then(|| Cell::new(0)),
            wheel: RefCell::new(TimerWheel::new()),
            expired: Cell::new(Vec::new()),
            dead: Cell::new(false),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        match &self.paused_at {
            Some(at) => self.start + Duration::from_nanos(at.get()),
            None => Instant::now(),
        }
    }

    /// The paused clock, if it is.
    pub(crate) fn paused_at(&self) -> Option<&Cell<u64>> {
        self.paused_at.as_ref()
    }

    /// Registers a deadline. One that is beyond 584 years never comes.
    #[inline]
    pub(crate) fn arm(&self, deadline: Instant, cx: &Context<'_>) -> TimerKey {
        // Kept before the wheel is borrowed: another executor's waker may do anything when it is cloned.
        let waker = waker::keep(cx.waker());
        let deadline = self.nanos(deadline);
        let key = self.wheel.borrow_mut().insert(deadline, waker);
        record(Kind::TimerArmed, 0, key.slot.into(), deadline);
        key
    }

    /// Whether the timer has fired; if not, it wakes the context's task from now on.
    pub(crate) fn poll(&self, key: TimerKey, cx: &Context<'_>) -> bool {
        assert!(
            !self.dead.get(),
            "the runtime this sleep belongs to has ended: await a sleep only in the runtime that first polled it"
        );
        let mut wheel = self.wheel.borrow_mut();
        let Some(waker) = wheel.waker(key) else { return true };
        if waker.will_wake(cx.waker()) {
            return false;
        }
        drop(wheel);
        let waker = waker::keep(cx.waker());
        wheel = self.wheel.borrow_mut();
        let old = wheel.set_waker(key, waker);
        drop(wheel);
        drop(old);
        self.wheel.borrow().has_fired(key)
    }

    /// Removes a timer, fired or not.
    #[inline]
    pub(crate) fn disarm(&self, key: TimerKey) {
        let waker = self.wheel.borrow_mut().cancel(key);
        if waker.is_some() {
            record(Kind::TimerCancelled, 0, key.slot.into(), 0);
        }
        drop(waker);
    }

    /// When the next timer is due, in nanoseconds since the start.
    pub(crate) fn next_expiry(&self) -> Option<u64> {
        self.wheel.borrow().next_expiry()
    }

    /// How long the kernel may be waited for until the next timer is due; for ever if there is none.
    pub(crate) fn until_next(&self) -> Option<Duration> {
        let next = self.next_expiry()?;
        Some(Duration::from_nanos(next.saturating_sub(self.nanos_now())))
    }

    /// Wakes whoever is due; the real time, if it had to be read.
    pub(crate) fn advance(&self) -> Option<Instant> {
        if self.wheel.borrow().is_empty() {
            return None;
        }
        let now = self.now();
        let mut expired = self.expired.take();
        let nanos = self.nanos(now);
        self.wheel.borrow_mut().advance(nanos, &mut expired);
        if !expired.is_empty() {
            recorder::tick();
            record(Kind::TimersFired, 0, expired.len() as u64, nanos);
        }
        for waker in expired.drain(..) {
            waker::wake(waker);
        }
        self.expired.set(expired);
        self.paused_at.is_none().then_some(now)
    }

    /// The time in nanoseconds since the loop began.
    pub(crate) fn nanos_now(&self) -> u64 {
        self.nanos(self.now())
    }

    /// The timers' numbers and deadlines, as a recording shows them.
    pub(crate) fn deadlines(&self) -> BTreeMap<u32, u64> {
        self.wheel.borrow().deadlines().collect()
    }

    /// How many timers are registered.
    pub(crate) fn len(&self) -> usize {
        self.wheel.borrow().len()
    }

    /// The runtime ends: no timer fires any more.
    pub(crate) fn kill(&self) {
        self.dead.set(true);
        let wheel = self.wheel.replace(TimerWheel::new());
        waker::guarded(|| drop(wheel));
    }

    #[inline]
    fn nanos(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.start);
        since.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(since.subsec_nanos()))
    }
}
