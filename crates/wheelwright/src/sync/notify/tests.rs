//! Turns the promises of notifications into facts that are checked one by one.

use std::rc::Rc;

use super::Notify;
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with};

#[test]
fn notify_one_before_the_wait_is_not_lost_and_stored_once_only() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    assert!(poll_once(&mut notify.notified()).is_ready());
    assert!(poll_once(&mut notify.notified()).is_pending());
}

#[test]
fn notify_one_reaches_who_waited_longest() {
    let notify = Notify::default();
    let (waker, count) = CountingWaker::new();
    let (mut first, mut second) = (notify.notified(), notify.notified());
    assert!(poll_with(&mut first, &waker).is_pending() && poll_with(&mut second, &waker).is_pending());
    notify.notify_one();
    assert_eq!(count.wakes(), 1);
    assert!(poll_once(&mut second).is_pending());
    assert!(poll_once(&mut first).is_ready());
}

#[test]
fn notify_waiters_reaches_all_futures_made_by_now_and_stores_nothing() {
    let notify = Notify::new();
    let (mut polled, mut made) = (notify.notified(), notify.notified());
    assert!(poll_once(&mut polled).is_pending());
    notify.notify_waiters();
    assert!(poll_once(&mut notify.notified()).is_pending());
    assert!(poll_once(&mut polled).is_ready() && poll_once(&mut made).is_ready());
}

#[test]
fn a_stored_notification_is_left_to_somebody_who_needs_it() {
    let notify = Notify::new();
    let mut made = notify.notified();
    notify.notify_waiters();
    notify.notify_one();
    assert!(poll_once(&mut made).is_ready());
    assert!(poll_once(&mut notify.notified()).is_ready());
}

#[test]
fn a_notified_wait_that_is_dropped_passes_the_notification_on() {
    let notify = Notify::new();
    let (waker, count) = CountingWaker::new();
    let (mut first, mut second) = (notify.notified(), notify.notified());
    assert!(poll_once(&mut first).is_pending() && poll_with(&mut second, &waker).is_pending());
    notify.notify_one();
    drop(first);
    assert_eq!(count.wakes(), 1);
    drop(second);
    assert!(poll_once(&mut notify.notified()).is_ready(), "nobody was left in line, so it is stored");
    assert!(notify.owed.borrow().is_empty());
}

#[test]
fn only_what_notify_one_gave_is_passed_on() {
    let notify = Notify::new();
    let (mut one, mut all) = (notify.notified(), notify.notified());
    assert!(poll_once(&mut one).is_pending() && poll_once(&mut all).is_pending());
    notify.notify_one();
    notify.notify_waiters();
    drop(all);
    assert!(!notify.is_stored.get(), "notify_waiters stores nothing");
    drop(one);
    assert!(notify.is_stored.get(), "notify_one is not lost in notify_waiters");
}

#[test]
fn a_notification_taken_by_its_task_is_not_passed_on() {
    let notify = Notify::new();
    let mut notified = notify.notified();
    assert!(poll_once(&mut notified).is_pending());
    notify.notify_one();
    assert!(poll_once(&mut notified).is_ready());
    drop(notified);
    assert!(poll_once(&mut notify.notified()).is_pending());
    assert!(format!("{notify:?}").contains("is_stored: Cell { value: false }"));
}

#[test]
fn a_wait_never_polled_takes_nothing() {
    let notify = Notify::new();
    notify.notify_one();
    drop(notify.notified());
    assert!(poll_once(&mut notify.notified()).is_ready());
}

#[test]
fn a_waker_may_notify_and_wait() {
    thread_local! {
        static NOTIFY: Rc<Notify> = Rc::new(Notify::new());
    }
    let notify = NOTIFY.with(Rc::clone);
    let waker = HostileWaker::waker(|| NOTIFY.with(|notify| notify.notify_one()), || {});
    let (mut first, mut second) = (notify.notified(), notify.notified());
    assert!(poll_with(&mut first, &waker).is_pending() && poll_with(&mut second, &waker).is_pending());
    notify.notify_one();
    assert!(poll_once(&mut first).is_ready() && poll_once(&mut second).is_ready());
    assert!(poll_once(&mut notify.notified()).is_ready(), "the second wake found nobody");
}
