//! Turns the mutex's promises into facts that are checked one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;

use super::Mutex;
use crate::test_waker::{CountingWaker, poll_once, poll_with};

#[test]
fn a_mutex_lets_one_in_at_a_time_in_the_order_in_which_they_asked() {
    let mutex = Mutex::new(0);
    let mut held = mutex.try_lock();
    let (waker, count) = CountingWaker::new();
    let mut line: Vec<_> = (0..3).map(|_| mutex.lock()).collect();
    assert!(line.iter_mut().all(|lock| poll_with(lock, &waker).is_pending()));
    for turn in 0..3 {
        drop(held.take());
        assert_eq!(count.wakes(), turn + 1);
        assert!(mutex.try_lock().is_none(), "it is the next one's");
        assert!(line.iter_mut().skip(1).all(|lock| poll_with(lock, &waker).is_pending()));
        let Poll::Ready(mut guard) = poll_once(&mut line.remove(0)) else { panic!("it is the first one's turn") };
        assert_eq!(*guard, turn);
        *guard += 1;
        held = Some(guard);
    }
    drop((held, line));
    assert_eq!(mutex.into_inner(), 3);
}

#[test]
fn a_granted_lock_that_is_dropped_goes_to_the_next() {
    let mutex = Mutex::new(());
    let held = mutex.try_lock();
    let (mut first, mut second) = (mutex.lock(), mutex.lock());
    let (waker, count) = CountingWaker::new();
    assert!(poll_once(&mut first).is_pending() && poll_with(&mut second, &waker).is_pending());
    drop(held);
    drop(first);
    assert_eq!(count.wakes(), 1);
    assert!(poll_once(&mut second).is_ready());
    assert!(mutex.try_lock().is_some());
}

#[test]
fn a_panic_under_the_lock_leaves_the_value_as_it_was_and_poisons_nothing() {
    let mutex = Mutex::new(1);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = mutex.try_lock().expect("it is free");
        *guard = 2;
        panic!("on purpose");
    }));
    assert!(outcome.is_err());
    assert_eq!(mutex.try_lock().map(|guard| *guard), Some(2));
}

#[test]
fn the_value_is_free_before_the_next_is_woken() {
    thread_local! {
        static MUTEX: Rc<Mutex<u32>> = Rc::new(Mutex::new(0));
    }
    let mutex = MUTEX.with(Rc::clone);
    let held = mutex.try_lock();
    let mut lock = mutex.lock();
    let waker = crate::test_waker::HostileWaker::waker(
        || {
            let mutex = MUTEX.with(Rc::clone);
            assert!(mutex.value.try_borrow_mut().is_ok());
            assert!(format!("{mutex:?}").contains("waiting: 0"));
        },
        || {},
    );
    assert!(poll_with(&mut lock, &waker).is_pending());
    drop(held);
    assert!(poll_once(&mut lock).is_ready());
}

#[test]
fn a_mutex_may_hold_what_has_no_size() {
    let mut mutex: Box<Mutex<[u8]>> = Box::new(Mutex::new([1, 2]));
    mutex.get_mut()[0] = 3;
    assert_eq!(mutex.try_lock().map(|guard| guard.to_vec()), Some(vec![3, 2]));
}

#[test]
fn a_guard_looks_like_its_value() {
    let mutex = Mutex::<u32>::default();
    let guard = mutex.try_lock().expect("it is free");
    assert_eq!(format!("{guard} {guard:?}"), "0 0");
    assert!(format!("{mutex:?}").contains("available: Cell { value: 0 }"));
}
