//! Turns the barrier's promises into facts that are checked one by one.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::{Barrier, BarrierWait};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with};

/// `None` while it waits, else whether it is the leader.
fn leads(wait: &mut BarrierWait<'_>) -> Option<bool> {
    match poll_once(wait) {
        Poll::Ready(result) => Some(result.is_leader()),
        Poll::Pending => None,
    }
}

#[test]
fn a_barrier_opens_for_each_company_and_the_last_to_come_leads() {
    let barrier = Barrier::new(3);
    for _ in 0..2 {
        let (waker, count) = CountingWaker::new();
        let mut line: Vec<_> = (0..3).map(|_| barrier.wait()).collect();
        assert!(poll_with(&mut line[0], &waker).is_pending() && poll_with(&mut line[1], &waker).is_pending());
        assert_eq!(leads(&mut line[2]), Some(true));
        assert_eq!(count.wakes(), 2);
        let mut early = barrier.wait();
        assert_eq!(leads(&mut early), None, "the barrier is shut again");
        assert_eq!((leads(&mut line[0]), leads(&mut line[1])), (Some(false), Some(false)));
    }
}

#[test]
fn a_wait_dropped_before_the_barrier_opens_does_not_count() {
    let barrier = Barrier::new(3);
    let (mut first, mut second, mut third) = (barrier.wait(), barrier.wait(), barrier.wait());
    assert_eq!((leads(&mut first), leads(&mut second)), (None, None));
    drop(first);
    assert_eq!(leads(&mut third), None);
    assert!(format!("{barrier:?}").contains("waiting: 2"));
    assert_eq!(leads(&mut barrier.wait()), Some(true));
    drop(second);
    assert_eq!(leads(&mut third), Some(false), "it was let through, whoever else noticed");
}

#[test]
fn a_barrier_for_one_or_none_is_always_open() {
    for size in [0, 1] {
        assert_eq!(leads(&mut Barrier::new(size).wait()), Some(true));
    }
}

#[test]
fn whoever_comes_while_others_are_woken_belongs_to_the_next_company() {
    type Wait = Pin<Box<dyn Future<Output = bool>>>;
    thread_local! {
        static BARRIER: Rc<Barrier> = Rc::new(Barrier::new(3));
        static NEXT: RefCell<Vec<Wait>> = const { RefCell::new(Vec::new()) };
        static OPENED: Cell<bool> = const { Cell::new(false) };
    }
    fn come() {
        let barrier = BARRIER.with(Rc::clone);
        let mut wait: Wait = Box::pin(async move { barrier.wait().await.is_leader() });
        let outcome = poll_once(&mut wait);
        OPENED.set(OPENED.get() || outcome.is_ready());
        NEXT.with(|next| next.borrow_mut().push(wait));
    }
    let barrier = BARRIER.with(Rc::clone);
    let (mut first, mut second) = (barrier.wait(), barrier.wait());
    assert!(poll_with(&mut first, &HostileWaker::waker(come, || {})).is_pending());
    assert!(poll_with(&mut second, &HostileWaker::waker(come, || {})).is_pending());
    assert_eq!(leads(&mut barrier.wait()), Some(true));
    assert!(!OPENED.get(), "two of the next three have come");
    assert_eq!(leads(&mut barrier.wait()), Some(true));
    assert!(NEXT.take().iter_mut().all(|wait| poll_once(wait) == Poll::Ready(false)));
}
