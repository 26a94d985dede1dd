//! Turns what threads do to one queue into news that none of them misses: the counts, and nothing else.
//!
//! This very file is compiled twice: here over std's atomics, and in `tests/loom` over loom's, which tries every
//! interleaving. It must get by with what the module `sync` beside it offers.
//!
//! ```text
//! who waits:    look ──▶ join the line, tell() ──▶ announce() ──▶ look again ──▶ sleep until woken
//! who changes:  change the queue ──▶ is_any()? ──▶ take the first out of the line, tell() ──▶ wake it
//! ```
//!
//! A fence stands between the two steps of either, so at least one of them sees what the other did.

use super::sync::{AtomicBool, AtomicUsize, Ordering, fence};

/// How many stand in a line, for those who look without locking it.
pub(crate) struct Waiting(AtomicUsize);

impl Waiting {
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The line is as long as this now; to be called while it is locked.
    pub(crate) fn tell(&self, len: usize) {
        self.0.store(len, Ordering::Relaxed);
    }

    /// Between joining the line and the second look at the queue. The counterpart of the fence in [`is_any`](Self::is_any).
    pub(crate) fn announce(&self) {
        fence(Ordering::SeqCst);
    }

    /// Between the change of the queue and the lock of the line: whether there is anybody to wake.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        fence(Ordering::SeqCst);
        self.is_told()
    }

    /// Whether anybody stood in the line when it was last heard of, which may be long ago.
    #[inline]
    pub(crate) fn is_told(&self) -> bool {
        0 < self.0.load(Ordering::Relaxed)
    }
}

/// Who is left at the ends of the channel.
pub(crate) struct Ends {
    senders: AtomicUsize,
    is_closed: AtomicBool,
}

impl Ends {
    pub(crate) fn new() -> Self {
        Self { senders: AtomicUsize::new(1), is_closed: AtomicBool::new(false) }
    }

    pub(crate) fn add_sender(&self) {
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    /// True if it was the last; the receiver is to be woken then.
    pub(crate) fn remove_sender(&self) -> bool {
        self.senders.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Whether somebody may send yet. To be asked before the look at the queue: what the last one sent is seen then.
    #[inline]
    pub(crate) fn has_sender(&self) -> bool {
        self.senders.load(Ordering::Acquire) != 0
    }

    /// The receiver goes. It wakes the senders after that, and last empties the queue: by the fence of the waking, either
    /// it sees what is sent meanwhile or the sender sees this.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Whether the receiver is gone.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
