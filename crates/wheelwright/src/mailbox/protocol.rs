//! Turns wakes from many threads into at most one system call: the state word and the bits, and nothing else.
//!
//! This very file is compiled twice: here over std's atomics, and in `tests/loom` over loom's, which tries every
//! interleaving. It must get by with what the module `sync` beside it offers.
//!
//! ```text
//! sender:   mark(slot)?  ──▶ put the slot on the queue ──▶ ring()? ──▶ wake the loop from epoll_wait
//! loop:     answer()? ──▶ take the queue ──▶ unmark(each slot) ──▶ queue their tasks
//!           ... nothing ready: lie_down()? ──▶ epoll_wait ──▶ get_up()
//! ```

use super::sync::{AtomicU32, AtomicU64, Ordering};

/// Something is in the queue that the loop has not looked at.
const PENDING: u32 = 1;
/// The loop is in, or about to enter, a wait for the kernel: whoever makes it PENDING must wake it.
const SLEEPING: u32 = 2;

/// What the loop and the senders tell each other.
#[derive(Debug)]
pub(crate) struct State(AtomicU32);

impl State {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// After the queue was written: true if the caller must wake the loop, which no other sender then does.
    pub(crate) fn ring(&self) -> bool {
        // Release: the loop that sees PENDING sees the queue's entry. Acquire: whoever is told to wake sees the waker.
        self.0.fetch_or(PENDING, Ordering::AcqRel) == SLEEPING
    }

    /// Whether the queue must be looked at. The bit is cleared before the queue is read, so that what is sent
    /// after the look is PENDING anew.
    pub(crate) fn answer(&self) -> bool {
        self.0.load(Ordering::Relaxed) & PENDING != 0 && self.0.fetch_and(!PENDING, Ordering::AcqRel) & PENDING != 0
    }

    /// Whether nothing is PENDING, as far as the loop can tell now.
    pub(crate) fn is_quiet(&self) -> bool {
        self.0.load(Ordering::Acquire) & PENDING == 0
    }

    /// The loop is about to wait: false if something became PENDING, and it must not. One step, never a load and a
    /// store: a sender in between would see neither.
    pub(crate) fn lie_down(&self) -> bool {
        if self.0.fetch_or(SLEEPING, Ordering::AcqRel) & PENDING == 0 {
            return true;
        }
        self.get_up();
        false
    }

    /// The loop is back from its wait. Only this bit is ever cleared when a runtime ends, too.
    pub(crate) fn get_up(&self) {
        self.0.fetch_and(!SLEEPING, Ordering::AcqRel);
    }
}

/// One pending bit for each of 64 slots, so that a storm of wakes of one task sends one message.
#[derive(Debug)]
pub(crate) struct Bits(AtomicU64);

impl Bits {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// True if the caller must put the slot on the queue; false if its entry is there, or about to be.
    pub(crate) fn mark(&self, bit: u32) -> bool {
        // Never left out after a relaxed look: the read-modify-write is what orders this wake before the next poll.
        self.0.fetch_or(1 << bit, Ordering::AcqRel) & 1 << bit == 0
    }

    /// Before the task is polled: whoever wakes it from now on sends it again.
    pub(crate) fn unmark(&self, bit: u32) {
        self.0.fetch_and(!(1 << bit), Ordering::AcqRel);
    }
}
