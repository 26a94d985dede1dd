//! Turns a poll whose waker is a probe into the call stacks of whoever keeps that waker.
//!
//! A probe has the key of its task and wakes as the task's ordinary waker does; nobody ever has one for longer than a poll, for
//! its clone is the ordinary one.

use std::task::{RawWaker, Waker};

use super::{Key, PROBE, VTABLE, clone, key_of};
use crate::observe::probe;
use crate::observe::recorder::{self, PROBING};
use crate::ready;

/// Somebody else's code keeps it.
pub(super) fn clone_of_probe(data: *const ()) -> RawWaker {
    probe::note(ready::current_id());
    clone(data)
}

/// Keeps a waker that is not our ordinary one.
#[cold]
pub(super) fn keep(waker: &Waker) -> Waker {
    if !is_probe(waker) {
        return waker.clone();
    }
    probe::note(ready::current_id());
    Key::from_data(waker.data()).waker()
}

/// Whether the poll with this waker is to tell who waits.
#[inline]
pub(crate) fn is_probe(waker: &Waker) -> bool {
    std::ptr::eq(waker.vtable(), &raw const PROBE)
}

/// The key in a waker of ours, or in a probe.
#[inline]
pub(crate) fn task_of(waker: &Waker) -> Option<Key> {
    key_of(waker).or_else(|| is_probe(waker).then(|| Key::from_data(waker.data())))
}

/// A waker of this key, of the same kind as that of its parent.
#[inline]
pub(crate) fn alike(parent: &Waker, key: Key) -> Waker {
    key.waker_by(if is_probe(parent) { &PROBE } else { &VTABLE })
}

/// The waker for a poll of the current task.
// Always: whoever watches a lap is cold, and the compiler inlines little there.
#[inline(always)]
pub(crate) fn for_poll(key: Key) -> Waker {
    if recorder::is_on(PROBING) && probe::begins_poll(ready::current_id()) {
        return key.waker_by(&PROBE);
    }
    key.waker()
}
