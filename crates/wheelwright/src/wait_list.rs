//! Turns tasks that wait into a queue: first come, first out, and constant time to leave from anywhere.
//!
//! The nodes stand in one vector, linked by index, and are used again; a queue that has reached its usual length
//! allocates nothing. Each wait has a ticket, and no ticket is given out twice. So a key is good until its wait is
//! over, and then matches nothing for ever: "my key is gone" is how a waiter learns that it was served.
//!
//! The list wakes and drops no waker: it hands them out, so that its owner can do both after releasing its borrow.

use std::cell::RefCell;
use std::fmt;
use std::task::{Context, Waker};

use crate::waker;

/// The end of a chain of nodes.
const NONE: u32 = u32::MAX;

/// Names one wait in one list; it goes stale when the wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitKey {
    ticket: u64,
    node: u32,
}

impl WaitKey {
    /// Who came later has a higher one.
    #[inline]
    pub(crate) fn ticket(self) -> u64 {
        self.ticket
    }
}

/// A queue of wakers, each with what its task waits for.
pub(crate) struct WaitList<T> {
    nodes: Vec<Node<T>>,
    /// Who came first and who came last; both `NONE` if nobody waits.
    first: u32,
    last: u32,
    /// The first vacant node; the others follow by `next`.
    vacant: u32,
    len: u32,
    /// The ticket of the next to come. At one a nanosecond they last for 584 years.
    next_ticket: u64,
}

struct Node<T> {
    /// `None` while the node is vacant.
    waiter: Option<Waiter<T>>,
    /// The ticket of the waiter, or of the last one there was.
    ticket: u64,
    previous: u32,
    next: u32,
}

/// One who waits: taken out of the list, it is the owner's to wake or drop.
#[derive(Debug)]
pub(crate) struct Waiter<T> {
    pub(crate) wants: T,
    pub(crate) waker: Waker,
}

impl<T> WaitList<T> {
    /// Makes an empty list.
    pub(crate) const fn new() -> Self {
        Self { nodes: Vec::new(), first: NONE, last: NONE, vacant: NONE, len: 0, next_ticket: 0 }
    }

    /// The number of those who wait.
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nobody waits.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ticket of the first in the queue, or of the next to come: who had a lower one is no longer in the queue.
    #[inline]
    pub(crate) fn first_ticket(&self) -> u64 {
        self.nodes.get(self.first as usize).map_or(self.next_ticket, |first| first.ticket)
    }

    /// Ends everybody's wait at once: the queue as it was, and nobody in this one.
    fn take_all(&mut self) -> Self {
        let empty = Self { next_ticket: self.next_ticket, ..Self::new() };
        std::mem::replace(self, empty)
    }

    /// Uses the nodes of a queue that [`take_all`](Self::take_all) gave and that is served, unless there are others.
    fn give_back(&mut self, served: Self) {
        if self.nodes.is_empty() {
            (self.nodes, self.vacant) = (served.nodes, served.vacant);
        }
    }

    /// Lines up behind everybody else.
    #[inline]
    pub(crate) fn push_back(&mut self, wants: T, waker: Waker) -> WaitKey {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let node = self.occupy(Node { waiter: Some(Waiter { wants, waker }), ticket, previous: self.last, next: NONE });
        match self.nodes.get_mut(self.last as usize) {
            Some(last) => last.next = node,
            None => self.first = node,
        }
        self.last = node;
        self.len += 1;
        WaitKey { ticket, node }
    }

    /// Takes the first out of the queue.
    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<Waiter<T>> {
        self.pop_front_if(|_| true)
    }

    /// Takes the first out of the queue if what it wants passes the test.
    #[inline]
    pub(crate) fn pop_front_if(&mut self, test: impl FnOnce(&T) -> bool) -> Option<Waiter<T>> {
        let first = self.nodes.get(self.first as usize)?;
        first.waiter.as_ref().filter(|waiter| test(&waiter.wants))?;
        self.take_out(self.first)
    }

    /// Takes one out of the queue, wherever it stands; `None` if the key is stale.
    #[inline]
    pub(crate) fn remove(&mut self, key: WaitKey) -> Option<Waiter<T>> {
        if !self.is_waiting(key) {
            return None;
        }
        self.take_out(key.node)
    }

    /// Whether this wait is not over yet.
    #[inline]
    pub(crate) fn is_waiting(&self, key: WaitKey) -> bool {
        self.waker(key).is_some()
    }

    /// The waker of this wait; `None` if the key is stale.
    #[inline]
    pub(crate) fn waker(&self, key: WaitKey) -> Option<&Waker> {
        let node = self.nodes.get(key.node as usize).filter(|node| node.ticket == key.ticket)?;
        node.waiter.as_ref().map(|waiter| &waiter.waker)
    }

    /// Gives this wait another waker and returns the one not needed any more: the old one, or, if the key is stale,
    /// the new one.
    pub(crate) fn replace_waker(&mut self, key: WaitKey, waker: Waker) -> Waker {
        let node = self.nodes.get_mut(key.node as usize).filter(|node| node.ticket == key.ticket);
        match node.and_then(|node| node.waiter.as_mut()) {
            Some(waiter) => std::mem::replace(&mut waiter.waker, waker),
            None => waker,
        }
    }

    /// Puts a node where a vacant one stands, or at the end.
    #[inline]
    fn occupy(&mut self, node: Node<T>) -> u32 {
        let at = self.vacant;
        if let Some(vacant) = self.nodes.get_mut(at as usize) {
            self.vacant = vacant.next;
            *vacant = node;
            return at;
        }
        let at = u32::try_from(self.nodes.len()).expect("there are fewer than four billion waiters");
        self.nodes.push(node);
        at
    }

    /// Empties a node, joins its neighbours and makes it vacant; `None` for `NONE`.
    #[inline]
    fn take_out(&mut self, at: u32) -> Option<Waiter<T>> {
        let node = self.nodes.get_mut(at as usize)?;
        let waiter = node.waiter.take()?;
        let (previous, next) = (node.previous, node.next);
        node.next = self.vacant;
        self.vacant = at;
        match self.nodes.get_mut(previous as usize) {
            Some(previous) => previous.next = next,
            None => self.first = next,
        }
        match self.nodes.get_mut(next as usize) {
            Some(next) => next.previous = previous,
            None => self.last = previous,
        }
        self.len -= 1;
        Some(waiter)
    }
}

/// Whether this wait is not over; if so, it will wake the context's task from now on. Nothing is borrowed while a foreign
/// waker is cloned or dropped, which may end the wait.
pub(crate) fn still_waits<T>(list: &RefCell<WaitList<T>>, key: WaitKey, cx: &Context<'_>) -> bool {
    let is_known = list.borrow().waker(key).map(|waker| waker.will_wake(cx.waker()));
    if is_known == Some(false) {
        let waker = waker::keep(cx.waker());
        let unneeded = list.borrow_mut().replace_waker(key, waker);
        drop(unneeded);
        return list.borrow().is_waiting(key);
    }
    is_known.is_some()
}

/// Sees to it that the context's task is in line: in its old place, if that wait is not over, else behind everybody else.
pub(crate) fn line_up<T>(list: &RefCell<WaitList<T>>, key: Option<WaitKey>, wants: T, cx: &Context<'_>) -> WaitKey {
    if let Some(key) = key
        && still_waits(list, key, cx)
    {
        return key;
    }
    let waker = waker::keep(cx.waker());
    list.borrow_mut().push_back(wants, waker)
}

/// Gives the place in line up, if the wait is not over.
pub(crate) fn leave<T>(list: &RefCell<WaitList<T>>, key: WaitKey) {
    let unneeded = list.borrow_mut().remove(key);
    drop(unneeded);
}

/// Ends the wait of all who are in line by now, then wakes them in the order in which they came.
///
/// Whoever lines up while they are woken waits for the next time.
pub(crate) fn wake_all<T>(list: &RefCell<WaitList<T>>) {
    if list.borrow().is_empty() {
        return;
    }
    let mut ended = list.borrow_mut().take_all();
    while let Some(waiter) = ended.pop_front() {
        waker::wake(waiter.waker);
    }
    list.borrow_mut().give_back(ended);
}

impl<T> fmt::Debug for WaitList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitList").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
