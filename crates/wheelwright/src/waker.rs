//! Turns a waker, which is a number, into a slot that is queued.
//!
//! A waker's data word is not a pointer but a key, `[runtime:12 | generation:24 | slot:28]`. Keeping one is a copy,
//! dropping it is nothing, and waking looks the key up in the table of slots (`ready.rs`) when the runtime is this
//! thread's, and sends the slot's number to the runtime's mailbox when it is not. There is no reference count and nothing
//! to dangle: a key whose task is gone finds another generation in its slot and does nothing. Should the 24 bits ever wrap
//! onto the same number, the price is one spurious poll, which `Future` permits.

#![allow(unsafe_code, reason = "one of the two files where unsafe may stand, see docs/decisions")]

use std::task::{RawWaker, RawWakerVTable, Waker};
use std::{mem, ptr};

use crate::{mailbox, panics, ready, report};

pub(crate) mod probe;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a waker's data word holds a 64-bit key: wheelwright needs 64-bit pointers");

const SLOT_BITS: u32 = 28;
/// With one bit nearly every stale key collides: the test-suite is run so, to prove that collisions do no harm.
const GENERATION_BITS: u32 = if cfg!(wheelwright_one_bit_generation) { 1 } else { 24 };
const RUNTIME_SHIFT: u32 = 52;

/// The most slots that one runtime can have at once.
pub(crate) const MAX_SLOTS: usize = 1 << SLOT_BITS;
/// The bits of a generation; counting wraps within them.
pub(crate) const GENERATION_MASK: u32 = (1 << GENERATION_BITS) - 1;

/// Which slot of which runtime, and which of the slot's successive occupants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(u64);

impl Key {
    /// The key of nobody: no runtime has as many slots.
    pub(crate) const NOBODY: Self = Self((1 << SLOT_BITS) - 1);

    #[inline]
    pub(crate) fn new(runtime: u16, generation: u32, slot: u32) -> Self {
        Self(u64::from(runtime) << RUNTIME_SHIFT | u64::from(generation) << SLOT_BITS | u64::from(slot))
    }

    #[inline]
    pub(crate) fn runtime(self) -> u16 {
        (self.0 >> RUNTIME_SHIFT) as u16
    }

    #[inline]
    pub(crate) fn generation(self) -> u32 {
        (self.0 >> SLOT_BITS) as u32 & ((1 << 24) - 1)
    }

    #[inline]
    pub(crate) fn slot(self) -> u32 {
        self.0 as u32 & ((1 << SLOT_BITS) - 1)
    }

    /// A waker that queues this key's slot. Costs nothing to make, to keep and to drop.
    #[inline]
    pub(crate) fn waker(self) -> Waker {
        self.waker_by(&VTABLE)
    }

    #[inline]
    fn waker_by(self, vtable: &'static RawWakerVTable) -> Waker {
        // SAFETY: the contract of a waker is about what its functions do with the data word, on any thread and at any
        // time. Those of `VTABLE` and `PROBE` only ever read it as a number: they dereference nothing and free nothing.
        unsafe { Waker::new(ptr::without_provenance(self.0 as usize), vtable) }
    }

    #[inline]
    fn from_data(data: *const ()) -> Self {
        Self(data.addr() as u64)
    }

    /// Queues the slot, from whichever thread.
    #[inline]
    pub(crate) fn wake(self) {
        if !ready::wake(self) {
            self.wake_elsewhere();
        }
    }

    /// Out of line, so that a wake on the loop's own thread saves no registers for this.
    #[cold]
    fn wake_elsewhere(self) {
        mailbox::of(self.runtime()).send(self.slot());
    }
}

// A static and not a const: its address tells our wakers from others'.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake_data, wake_data, forget);
static PROBE: RawWakerVTable = RawWakerVTable::new(probe::clone_of_probe, wake_data, wake_data, forget);

/// Leaves of ours keep wakers with [`keep`]; so somebody else's code keeps this one, and may wake the task.
fn clone(data: *const ()) -> RawWaker {
    let key = Key::from_data(data);
    if !ready::mark_foreign(key) {
        mailbox::of(key.runtime()).mark_foreign();
    }
    RawWaker::new(data, &VTABLE)
}

fn wake_data(data: *const ()) {
    Key::from_data(data).wake();
}

fn forget(_: *const ()) {}

/// Keeps a waker: ours by copying its number, another executor's by its `clone`.
#[inline]
pub(crate) fn keep(waker: &Waker) -> Waker {
    match key_of(waker) {
        Some(key) => key.waker(),
        None => probe::keep(waker),
    }
}

/// Wakes one of several: ours by its number, another executor's so that a panic of it is told and keeps nobody else waiting.
#[inline]
pub(crate) fn wake(waker: Waker) {
    if key_of(&waker).is_none() {
        return guarded(|| waker.wake());
    }
    // Called by name, and so not by way of the vtable; a number needs no dropping.
    let data = waker.data();
    mem::forget(waker);
    wake_data(data);
}

/// Runs what wakes or drops others' wakers, so that a panic of theirs is told and goes no further.
#[cold]
pub(crate) fn guarded(act: impl FnOnce()) {
    if !panics::contain(act) {
        report::tell("another library's waker panicked");
    }
}

/// The key in a waker of ours.
#[inline]
pub(crate) fn key_of(waker: &Waker) -> Option<Key> {
    ptr::eq(waker.vtable(), &raw const VTABLE).then(|| Key::from_data(waker.data()))
}

/// A waker for tests whose functions, none of which may look at the data word, are in the vtable.
#[cfg(test)]
pub(crate) fn with_vtable(vtable: &'static RawWakerVTable) -> Waker {
    // SAFETY: the functions ignore the data word, so any will do, on whichever thread.
    unsafe { Waker::new(ptr::null(), vtable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_its_parts() {
        let key = Key::new(4095, (1 << 24) - 1, (1 << 28) - 1);
        assert_eq!((key.runtime(), key.generation(), key.slot()), (4095, (1 << 24) - 1, (1 << 28) - 1));
        let key = Key::new(1, 2, 3);
        assert_eq!((key.runtime(), key.generation(), key.slot()), (1, 2, 3));
    }

    #[test]
    #[expect(clippy::waker_clone_wake, reason = "each function of the vtable is called")]
    fn wakers_never_dereference_their_number() {
        let waker = Key::new(4000, 77, 123).waker();
        let kept = keep(&waker);
        assert!(kept.will_wake(&waker));
        std::thread::spawn(move || {
            kept.wake_by_ref();
            kept.clone().wake();
        })
        .join()
        .expect("a waker of a runtime that never was is harmless on any thread");
        assert_eq!(key_of(&waker), Some(Key::new(4000, 77, 123)));
        assert_eq!(key_of(std::task::Waker::noop()), None);
    }
}
