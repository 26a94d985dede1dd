//! Turns a ready list that takes the newest first into a case against it, and then into a fair one.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::turns::{ReadyList, Task};

/// Each at its turn wakes the other: whoever was woken last is always one of the two.
pub fn conspirators() -> [Task; 2] {
    let wakers = Rc::new(RefCell::new([Waker::noop().clone(), Waker::noop().clone()]));
    [0, 1].map(|me| {
        let wakers = Rc::clone(&wakers);
        let wake_the_other = poll_fn(move |cx| {
            wakers.borrow_mut()[me] = cx.waker().clone();
            let other = wakers.borrow()[1 - me].clone();
            other.wake();
            Poll::Pending
        });
        Box::pin(wake_the_other) as Task
    })
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
        if self.in_a_row == 3 {
            self.in_a_row = 0;
            return list.pop_front();
        }
        self.in_a_row += 1;
        list.pop_back()
    }
}
