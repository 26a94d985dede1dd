//! Turns what goes from async code to a thread, and back, into counts for each line of source that sends it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Line;

/// What was sent between sync and async code from one line, in all of the process.
///
/// It is one of [`Dump::crossings`](crate::inspect::Dump::crossings).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Crossing {
    /// By which function: `spawn_blocking`, `Handle::spawn`, `Handle::block_on`, or what of ours needs a thread.
    pub way: &'static str,
    /// The line that sends.
    pub at: Line,
    /// How many were sent so far.
    pub count: u64,
    /// How many wait to begin.
    pub queued: u64,
    /// How many have begun and not ended.
    pub running: u64,
    /// How long those who ended took together, from their beginning.
    pub total: Duration,
}

type Crossings = BTreeMap<(&'static str, Line), Crossing>;

/// One that was sent; dropped when it is over, also without having begun.
pub(crate) struct Trip {
    way: &'static str,
    at: Line,
    began: Option<Instant>,
}

impl Trip {
    pub(crate) fn new(way: &'static str, at: Line) -> Self {
        let new = || Crossing { way, at, count: 0, queued: 0, running: 0, total: Duration::ZERO };
        let mut all = lock();
        let crossing = all.entry((way, at)).or_insert_with(new);
        crossing.count += 1;
        crossing.queued += 1;
        Self { way, at, began: None }
    }

    /// It begins.
    pub(crate) fn begin(&mut self) {
        self.began = Some(Instant::now());
        self.change(|crossing| {
            crossing.queued -= 1;
            crossing.running += 1;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Crossing)) {
        if let Some(crossing) = lock().get_mut(&(self.way, self.at)) {
            change(crossing);
        }
    }
}

impl Drop for Trip {
    fn drop(&mut self) {
        let took = self.began.map(|began| began.elapsed());
        self.change(|crossing| match took {
            Some(took) => {
                crossing.running -= 1;
                crossing.total += took;
            }
            None => crossing.queued -= 1,
        });
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Crossing> {
    lock().values().cloned().collect()
}

fn lock() -> MutexGuard<'static, Crossings> {
    static CROSSINGS: Mutex<Crossings> = Mutex::new(BTreeMap::new());
    // Nothing of anybody else's runs under the lock.
    CROSSINGS.lock().unwrap_or_else(PoisonError::into_inner)
}
