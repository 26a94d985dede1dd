//! Turns the key of a task into what a report says of it.

use std::rc::Rc;

use super::{Slot, with_table};
use crate::observe::{self, Line, Wait};
use crate::waker::Key;

impl Slot {
    /// A poll of the task begins.
    #[inline]
    pub(super) fn note_poll(&mut self) {
        if observe::IS_NOTED {
            self.wait = Wait::NONE;
            self.polls = self.polls.wrapping_add(1);
        }
    }

    /// The task is woken, by this one.
    #[inline]
    pub(super) fn note_waker(&mut self, by: u32) {
        if observe::IS_NOTED {
            self.woken_by = by;
        }
    }
}

/// Who a task is: its id, where it was spawned and its name.
pub(crate) fn describe(key: Key) -> (u32, Option<Line>, Option<Rc<str>>) {
    with_table(|table| {
        let slot = &table.slots[key.slot() as usize];
        (slot.id, slot.spawned_at.line(), table.names.get(&key.slot()).cloned())
    })
}

/// The name of a task, if it has one and is there.
pub(crate) fn name(key: Key) -> Option<Rc<str>> {
    with_table(|table| {
        if table.names.is_empty() || table.runtime != key.runtime() {
            return None;
        }
        table.find(key)?;
        table.names.get(&key.slot()).cloned()
    })
}

/// Whether a task has never been polled.
pub(crate) fn is_untouched(key: Key) -> bool {
    with_table(|table| table.slots[key.slot() as usize].polls == 0)
}

/// A task is none of those that must be polled before the end.
pub(crate) fn excuse(key: Key) {
    with_table(|table| {
        let is_ours = table.runtime == key.runtime();
        if let Some(slot) = table.find(key).filter(|_| is_ours) {
            slot.polls = 1;
        }
    });
}
