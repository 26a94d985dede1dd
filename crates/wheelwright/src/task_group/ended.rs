//! Turns the end of a task into news for its group.
//!
//! A child that dropped a group of its own while tasks of that ran is gone when they are: the last of them tells its end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use crate::{ready, waker};

/// What the children tell their group.
#[derive(Default)]
pub(super) struct Ended {
    /// The seats of those that have ended and were not taken yet, first ended first.
    seats: RefCell<VecDeque<usize>>,
    /// Whom the next end wakes.
    owner: Cell<Option<Waker>>,
    /// The child of another group in which this one was dropped, if that has ended since.
    outer: Cell<Option<Rc<Gone>>>,
}

/// A group, and the task that dropped it while tasks of it ran.
type Dropped = (u32, Weak<Ended>);

thread_local! {
    // At the thread's end it goes; a runtime that is dropped even later tells of the tasks of each group at once.
    static DROPPED: RefCell<Vec<Dropped>> = const { RefCell::new(Vec::new()) };
}

impl Ended {
    /// Takes the first that has ended off the list; the next end wakes the context's task if there is none.
    pub(super) fn first(&self, cx: &Context<'_>) -> Option<usize> {
        let first = self.seats.borrow_mut().pop_front();
        if first.is_some() {
            return first;
        }
        let old = self.owner.replace(Some(waker::keep(cx.waker())));
        drop(old);
        // Keeping or dropping another executor's waker is not beyond ending a task.
        self.seats.borrow_mut().pop_front()
    }

    /// It is the first still.
    pub(super) fn put_back(&self, seat: usize) {
        self.seats.borrow_mut().push_front(seat);
    }
}

/// The group is dropped in this task, which is not gone before the group's are.
pub(super) fn drop_within(group: &Rc<Ended>, task: u32) {
    drop(group.owner.take());
    let _gone = DROPPED.try_with(|groups| groups.borrow_mut().push((task, Rc::downgrade(group))));
}

/// The groups that this task dropped and that have tasks still. Forgets those that have none.
#[cold]
fn dropped_in(task: u32) -> Vec<Rc<Ended>> {
    let mut found = Vec::new();
    DROPPED.with(|groups| {
        groups.borrow_mut().retain(|(dropped_in, group)| {
            let group = group.upgrade();
            let is_wanted = *dropped_in == task;
            let is_kept = group.is_some() && !is_wanted;
            found.extend(group.filter(|_| is_wanted));
            is_kept
        });
    });
    found
}

pin_project! {
    /// The future of a task of a group.
    pub(super) struct Child<F> {
        #[pin]
        future: F,
        // Behind the future, so dropped after it.
        leaving: Leaving,
    }
}

impl<F> Child<F> {
    #[inline]
    pub(super) fn new(future: F, seat: usize, group: &Rc<Ended>) -> Self {
        Self { future, leaving: Leaving(Some(Gone { seat, group: Rc::clone(group) })) }
    }
}

impl<F: Future> Future for Child<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
    }
}

/// The last of a child. Its end is told here, or when the tasks are gone of the groups that it dropped.
struct Leaving(Option<Gone>);

impl Drop for Leaving {
    #[inline]
    fn drop(&mut self) {
        if DROPPED.try_with(|groups| groups.borrow().is_empty()).unwrap_or(true) {
            return drop(self.0.take());
        }
        let gone = self.0.take().map(Rc::new);
        for group in dropped_in(ready::current_id()) {
            group.outer.set(gone.clone());
        }
    }
}

/// Tells the group that nothing of the child is left.
struct Gone {
    seat: usize,
    group: Rc<Ended>,
}

impl Drop for Gone {
    #[inline]
    fn drop(&mut self) {
        self.group.seats.borrow_mut().push_back(self.seat);
        if let Some(owner) = self.group.owner.take() {
            waker::wake(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TaskGroup, yield_now};

    #[test]
    fn groups_that_are_gone_are_remembered_no_longer() {
        crate::block_on(async {
            for _ in 0..10 {
                let mut group = TaskGroup::new();
                for _ in 0..2 {
                    group.spawn(yield_now());
                }
                group.join_next().await;
                yield_now().await;
                drop(group);
                assert!(DROPPED.with(|groups| groups.borrow().len()) <= 1);
            }
        });
    }
}
