//! Turns wakes from other threads into slots for the loop to queue, and wakes the loop from the kernel if it must.
//!
//! There is one mailbox for each runtime id, static and never freed, because a waker may be used on any thread long after
//! its runtime is gone. Ids are recycled; a mailbox's state, bits and queue are not reset then, so that a wake under way
//! loses nothing. What such a late wake costs the id's next user is one spurious poll.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

mod sync {
    pub(super) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}
mod protocol;

use protocol::{Bits, State};

/// As many runtimes as a key can name.
const MAX_RUNTIMES: usize = 1 << 12;
/// Segment `n` holds the bits of `64 << n` slots, so 23 of them hold those of all that a key can name.
const SEGMENTS: usize = 23;

static MAILBOXES: [OnceLock<Mailbox>; MAX_RUNTIMES] = [const { OnceLock::new() }; MAX_RUNTIMES];
static IDS: Mutex<Ids> = Mutex::new(Ids { unused: 0, returned: Vec::new() });

struct Ids {
    /// The ids from here on were never given out.
    unused: u16,
    returned: Vec<u16>,
}

/// What other threads may touch of a runtime.
#[derive(Debug)]
pub(crate) struct Mailbox {
    state: State,
    /// Grown by whoever first needs a segment; one bit for each slot.
    bits: [OnceLock<Box<[Bits]>>; SEGMENTS],
    /// Slots to be woken. Bounded by the number of slots: a slot stands here at most once.
    queue: Mutex<Vec<u32>>,
    /// Wakes the loop out of the kernel; there while a runtime has this id.
    waker: Mutex<Option<Arc<mio::Waker>>>,
    /// Code that is not ours kept a waker of this runtime on another thread.
    foreign: AtomicBool,
    /// Goes on when the id is used again.
    generation: AtomicU32,
}

/// The mailbox of the runtime with this id, past or present.
pub(crate) fn of(runtime: u16) -> &'static Mailbox {
    MAILBOXES[usize::from(runtime)].get_or_init(|| Mailbox {
        state: State::new(),
        bits: [const { OnceLock::new() }; SEGMENTS],
        queue: Mutex::new(Vec::new()),
        waker: Mutex::new(None),
        foreign: AtomicBool::new(false),
        generation: AtomicU32::new(0),
    })
}

/// Takes an id for a new runtime; `None` if 4,096 runtimes are alive.
pub(crate) fn take_id() -> Option<u16> {
    let mut ids = lock(&IDS);
    if let Some(id) = ids.returned.pop() {
        return Some(id);
    }
    if usize::from(ids.unused) == MAX_RUNTIMES {
        return None;
    }
    ids.unused += 1;
    Some(ids.unused - 1)
}

/// Gives an id back, once the runtime is gone.
pub(crate) fn return_id(id: u16) {
    lock(&IDS).returned.push(id);
}

impl Mailbox {
    /// Sends a wake for the slot. It carries no generation: the bit of a stale key must not swallow a live wake.
    pub(crate) fn send(&self, slot: u32) {
        let (segment, bit) = self.bit_of(slot);
        if segment.mark(bit) {
            lock(&self.queue).push(slot);
            self.ring();
        }
    }

    /// Makes the loop look at what was sent to it, waking it if it sleeps.
    pub(crate) fn ring(&self) {
        if !self.state.ring() {
            return;
        }
        let waker = lock(&self.waker).clone();
        if let Some(waker) = waker {
            // It fails only when the eventfd is gone, and then nobody sleeps on it either.
            let _ = waker.wake();
        }
    }

    /// Whether something was sent since the last look.
    #[inline]
    pub(crate) fn answer(&self) -> bool {
        self.state.answer()
    }

    /// Swaps the queued slots into `slots` (which is empty), ready to be sent again.
    pub(crate) fn collect(&self, slots: &mut Vec<u32>) {
        std::mem::swap(&mut *lock(&self.queue), slots);
        for slot in slots {
            let (segment, bit) = self.bit_of(*slot);
            segment.unmark(bit);
        }
    }

    /// The loop is about to wait for the kernel; false if it must not.
    pub(crate) fn lie_down(&self) -> bool {
        self.state.lie_down()
    }

    /// Whether nothing was sent since the last look, as far as this thread can tell.
    pub(crate) fn is_quiet(&self) -> bool {
        self.state.is_quiet()
    }

    /// The loop is back.
    pub(crate) fn get_up(&self) {
        self.state.get_up();
    }

    /// A runtime takes the mailbox over; the generation for its keys to go on from.
    pub(crate) fn open(&self, waker: mio::Waker) -> u32 {
        *lock(&self.waker) = Some(Arc::new(waker));
        self.foreign.store(false, Ordering::Relaxed);
        self.generation.load(Ordering::Relaxed)
    }

    /// The runtime is gone. What was sent stays, for the id's next user to find spurious.
    pub(crate) fn close(&self, generation: u32) {
        let waker = lock(&self.waker).take();
        drop(waker);
        self.state.get_up();
        self.generation.store(generation, Ordering::Relaxed);
    }

    /// A waker of this runtime was cloned on another thread.
    pub(crate) fn mark_foreign(&self) {
        self.foreign.store(true, Ordering::Relaxed);
    }

    fn bit_of(&self, slot: u32) -> (&Bits, u32) {
        // Segment n begins at word 2^n - 1.
        let word = slot / 64 + 1;
        let segment = word.ilog2();
        let words = self.bits[segment as usize].get_or_init(|| (0..1_usize << segment).map(|_| Bits::new()).collect());
        (&words[(word - (1 << segment)) as usize], slot % 64)
    }
}

/// No code of ours panics while it holds one of these, so a poisoned lock guards nothing broken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_wakes_sends_one_message() {
        let mailbox = of(4095);
        for _ in 0..1000 {
            mailbox.send(70_000);
        }
        let mut slots = Vec::new();
        assert!(mailbox.answer());
        mailbox.collect(&mut slots);
        assert_eq!(slots, [70_000]);
        mailbox.send(70_000);
        slots.clear();
        mailbox.collect(&mut slots);
        assert_eq!(slots, [70_000], "a wake after the look is sent again");
    }

    #[test]
    fn every_slot_has_a_bit_of_its_own() {
        let mailbox = of(4094);
        let slots = [0, 63, 64, 127, 128, 191, 192, 447, 448, (1 << 20) - 1];
        slots.iter().for_each(|slot| mailbox.send(*slot));
        let mut sent = Vec::new();
        mailbox.collect(&mut sent);
        assert_eq!(sent, slots);
    }
}
