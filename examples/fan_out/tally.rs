//! Turns outcomes into the figures of a whole list, and into a bar that moves.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Instant;

use support::usage::os_threads;

use crate::call::Caller;
use crate::figures::Figures;
use crate::outcome::Outcome;
use crate::ways::Way;

/// The outcomes so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: Cell<u64>,
    bytes: Cell<u64>,
    /// What went wrong, and how often.
    pub(crate) faults: RefCell<BTreeMap<String, u64>>,
    /// The most that were seen.
    os_threads: Cell<Option<u64>>,
}

impl Tally {
    pub(crate) fn count(&self, outcome: &Outcome) {
        self.requests.set(self.requests.get() + 1);
        self.bytes.set(self.bytes.get() + outcome.bytes);
        if let Some(fault) = outcome.fault() {
            *self.faults.borrow_mut().entry(fault).or_default() += 1;
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.faults.borrow().values().sum()
    }

    /// How many lines no call was made for, or none to the end.
    pub(crate) fn left_out(&self) -> u64 {
        self.faults.borrow().get("Cancelled").copied().unwrap_or_default()
    }

    /// Threads of the pool end when they have nothing to do, so that one has to look from time to time.
    pub(crate) fn count_threads(&self) {
        self.os_threads.set(self.os_threads.get().max(os_threads()));
    }

    pub(crate) fn figures(&self, begun: Instant, caller: &Caller<'_>) -> Figures {
        Figures {
            requests: self.requests.get(),
            ok: self.requests.get() - self.failed(),
            failed: self.failed(),
            bytes: self.bytes.get(),
            max_in_flight: Some(caller.most_in_flight.get()),
            connections: Some(caller.connections_opened()),
            ..Figures::of_this_process(Way::Loop, begun, self.os_threads.get())
        }
    }
}
