//! Turns the promises of the lock for readers and writers into facts that are checked one by one.

use std::task::Poll;

use super::RwLock;
use crate::test_waker::{CountingWaker, poll_once, poll_with};

fn ready<T>(poll: Poll<T>) -> T {
    match poll {
        Poll::Ready(guard) => guard,
        Poll::Pending => panic!("the future is still pending"),
    }
}

#[test]
fn readers_share_and_a_writer_is_alone() {
    let mut lock = RwLock::new(1);
    let readers = [ready(poll_once(&mut lock.read())), ready(poll_once(&mut lock.read()))];
    assert!(readers.iter().all(|value| **value == 1));
    assert!(poll_once(&mut lock.write()).is_pending() && lock.try_write().is_none());
    drop(readers);
    let mut writer = ready(poll_once(&mut lock.write()));
    *writer += 1;
    assert!(poll_once(&mut lock.read()).is_pending() && lock.try_read().is_none() && lock.try_write().is_none());
    drop(writer);
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 3);
}

#[test]
fn a_writer_who_waits_is_not_starved_by_readers() {
    let lock = RwLock::new(());
    let first = lock.try_read();
    let mut write = lock.write();
    assert!(poll_once(&mut write).is_pending());
    let mut late = lock.read();
    assert!(poll_once(&mut late).is_pending() && lock.try_read().is_none(), "a writer waits");
    drop(first);
    let writer = ready(poll_once(&mut write));
    assert!(poll_once(&mut late).is_pending());
    drop(writer);
    let _late = ready(poll_once(&mut late));
}

#[test]
fn readers_behind_a_writer_who_gives_up_go_on_together() {
    let lock = RwLock::new(());
    let _first = lock.try_read();
    let mut write = lock.write();
    assert!(poll_once(&mut write).is_pending());
    let (waker, count) = CountingWaker::new();
    let mut readers: Vec<_> = (0..3).map(|_| lock.read()).collect();
    assert!(readers.iter_mut().all(|read| poll_with(read, &waker).is_pending()));
    drop(write);
    assert_eq!(count.wakes(), 3);
    let readers: Vec<_> = readers.iter_mut().map(|read| ready(poll_once(read))).collect();
    assert_eq!(readers.len(), 3);
}

#[test]
fn a_granted_write_that_is_dropped_lets_the_readers_in() {
    let lock = RwLock::new(());
    let reader = lock.try_read();
    let (mut write, mut read) = (lock.write(), lock.read());
    assert!(poll_once(&mut write).is_pending() && poll_once(&mut read).is_pending());
    drop(reader);
    assert!(poll_once(&mut read).is_pending(), "the lock is the writer's");
    drop(write);
    let _read = ready(poll_once(&mut read));
    assert!(format!("{lock:?} {read:?}").contains("waiting: 0"));
}
