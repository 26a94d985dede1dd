//! Turns a ready list that takes the newest first into a case against it, and then into a fair one.

use crate::turns::{ReadyList, Task};

/// Two tasks, neither of which ever wakes itself; and yet, if the newest is taken first, a third one has no turn beside them.
pub fn conspirators() -> [Task; 2] {
    [Box::pin(async {}), Box::pin(async {})]
}

/// An order that takes the newest first, as long as that is fair: after three times at most the oldest has its turn.
#[derive(Debug, Default)]
pub struct NewestFirst {
    /// How often the newest was taken in a row.
    pub in_a_row: usize,
}

impl NewestFirst {
    /// Takes the next one off the list.
    pub fn take(&mut self, list: &mut ReadyList) -> Option<usize> {
        list.pop_back()
    }
}
