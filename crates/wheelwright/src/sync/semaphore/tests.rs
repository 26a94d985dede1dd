//! Turns the semaphore's promises into facts that are checked one by one.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use super::{Acquire, OwnedPermit, Semaphore};
use crate::sync::Closed;
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

fn ready<T>(poll: Poll<Result<T, Closed>>) -> T {
    match poll {
        Poll::Ready(outcome) => outcome.expect("the semaphore is open"),
        Poll::Pending => panic!("the future is still pending"),
    }
}

#[test]
fn an_acquire_is_ready_at_once_while_permits_last() {
    let semaphore = Semaphore::new(2);
    let first = ready(poll_once(&mut semaphore.acquire()));
    let second = ready(poll_once(&mut semaphore.acquire()));
    assert_eq!(semaphore.available_permits(), 0);
    drop((first, second));
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn an_acquire_is_woken_when_a_permit_comes_back() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire();
    let (waker, count) = CountingWaker::new();
    let mut acquire = semaphore.acquire();
    assert!(poll_with(&mut acquire, &waker).is_pending());
    drop(held);
    assert_eq!(count.wakes(), 1);
    let _permit = ready(poll_with(&mut acquire, &waker));
}

#[test]
fn an_acquire_polled_for_nothing_keeps_its_place() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire();
    let (waker, count) = CountingWaker::new();
    let (mut first, mut second) = (semaphore.acquire(), semaphore.acquire());
    for _ in 0..3 {
        assert!(poll_with(&mut first, &waker).is_pending());
        assert!(poll_once(&mut second).is_pending());
    }
    drop(held);
    assert_eq!(count.wakes(), 1);
    let _permit = ready(poll_once(&mut first));
    assert!(poll_once(&mut second).is_pending());
}

#[test]
fn an_acquire_dropped_while_waiting_leaves_the_line() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire();
    let (waker, count) = CountingWaker::new();
    let mut acquire = semaphore.acquire();
    assert!(poll_with(&mut acquire, &waker).is_pending());
    drop(acquire);
    drop(held);
    assert_eq!(count.wakes(), 0);
    assert!(semaphore.queue.is_empty());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn an_acquire_moved_to_another_task_wakes_that_one() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire();
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    let mut acquire = semaphore.acquire();
    assert!(poll_with(&mut acquire, &old).is_pending());
    assert!(poll_with(&mut acquire, &new).is_pending());
    drop(held);
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
}

#[test]
fn an_acquire_never_polled_takes_nothing() {
    let semaphore = Semaphore::new(1);
    drop(semaphore.acquire());
    let _acquire = semaphore.acquire();
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn nobody_overtakes_the_line() {
    let semaphore = Semaphore::new(4);
    let held = ready(poll_once(&mut semaphore.acquire_many(2)));
    let mut large = semaphore.acquire_many(3);
    let mut small = semaphore.acquire();
    assert!(poll_once(&mut large).is_pending());
    assert!(poll_once(&mut small).is_pending(), "two are free, but somebody waits");
    assert!(semaphore.try_acquire().is_none());
    drop(held);
    let _large = ready(poll_once(&mut large));
    let _small = ready(poll_once(&mut small));
    assert_eq!(semaphore.available_permits(), 0);
}

#[test]
fn one_release_serves_as_many_as_it_can() {
    let semaphore = Semaphore::new(3);
    let held = ready(poll_once(&mut semaphore.acquire_many(3)));
    let mut line: Vec<Acquire<'_>> = (0..4).map(|_| semaphore.acquire()).collect();
    assert!(line.iter_mut().all(|acquire| poll_once(acquire).is_pending()));
    drop(held);
    let outcomes: Vec<_> = line.iter_mut().map(poll_once).collect();
    assert_eq!(outcomes.iter().map(Poll::is_ready).collect::<Vec<_>>(), [true, true, true, false]);
}

#[test]
fn a_granted_acquire_that_is_dropped_passes_its_permit_on() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire();
    let (mut first, mut second) = (semaphore.acquire(), semaphore.acquire());
    let (waker, count) = CountingWaker::new();
    assert!(poll_once(&mut first).is_pending());
    assert!(poll_with(&mut second, &waker).is_pending());
    drop(held);
    assert_eq!(semaphore.available_permits(), 0, "the permit is the first one's");
    drop(first);
    assert_eq!(count.wakes(), 1);
    let _permit = ready(poll_once(&mut second));
}

#[test]
fn the_head_leaving_the_line_lets_those_behind_it_in() {
    let semaphore = Semaphore::new(3);
    let _held = ready(poll_once(&mut semaphore.acquire_many(2)));
    let mut large = semaphore.acquire_many(2);
    let mut small = semaphore.acquire();
    let (waker, count) = CountingWaker::new();
    assert!(poll_once(&mut large).is_pending());
    assert!(poll_with(&mut small, &waker).is_pending());
    drop(large);
    assert_eq!(count.wakes(), 1);
    let _small = ready(poll_once(&mut small));
}

#[test]
fn an_owned_permit_keeps_its_semaphore() {
    let semaphore = Rc::new(Semaphore::new(1));
    let permit: OwnedPermit = ready(poll_once(&mut semaphore.acquire_owned()));
    let mut next = semaphore.acquire_owned();
    assert!(poll_once(&mut next).is_pending());
    drop(permit);
    drop(semaphore);
    let permit = ready(poll_once(&mut next));
    drop(next);
    assert_eq!(permit.semaphore.available_permits(), 0);
}

#[test]
fn asking_for_more_than_there_is_waits_for_more_to_be_added() {
    let semaphore = Semaphore::new(2);
    let mut large = semaphore.acquire_many(3);
    assert!(poll_once(&mut large).is_pending());
    semaphore.add_permits(1);
    let _large = ready(poll_once(&mut large));
    assert_eq!(semaphore.available_permits(), 0);
}

#[test]
fn forgotten_permits_do_not_come_back() {
    let semaphore = Rc::new(Semaphore::new(3));
    ready(poll_once(&mut semaphore.acquire_many(2))).forget();
    semaphore.try_acquire_owned().expect("one is left").forget();
    assert_eq!(semaphore.available_permits(), 0);
}

#[test]
fn close_ends_every_wait_and_every_later_one() {
    let semaphore = Rc::new(Semaphore::new(1));
    let held = semaphore.try_acquire_owned().expect("it is the first");
    let (waker, count) = CountingWaker::new();
    let mut line = [semaphore.acquire_many(1), semaphore.acquire_many(5)];
    assert!(line.iter_mut().all(|acquire| poll_with(acquire, &waker).is_pending()));
    semaphore.close();
    semaphore.close();
    assert_eq!(count.wakes(), 2);
    // Given back while the others do not know yet: it is nobody's.
    drop(held);
    assert!(line.iter_mut().all(|acquire| matches!(poll_once(acquire), Poll::Ready(Err(Closed)))));
    assert!(matches!(poll_once(&mut semaphore.acquire()), Poll::Ready(Err(Closed))));
    assert!(matches!(poll_once(&mut semaphore.acquire_many_owned(0)), Poll::Ready(Err(Closed))));
    assert!(semaphore.try_acquire().is_none() && semaphore.try_acquire_owned().is_none());
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_permit_granted_before_the_close_is_valid() {
    let semaphore = Semaphore::new(2);
    let held = semaphore.try_acquire_many(2);
    let (mut first, mut second, mut third) = (semaphore.acquire(), semaphore.acquire(), semaphore.acquire());
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
    assert!(poll_once(&mut third).is_pending());
    drop(held);
    semaphore.close();
    let permit = ready(poll_once(&mut first));
    drop(second);
    assert_eq!(semaphore.available_permits(), 1, "what was granted and not taken comes back");
    drop(third);
    drop(permit);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
#[should_panic(expected = "was polled after it had completed")]
fn an_acquire_polled_after_completion_panics() {
    let semaphore = Semaphore::new(1);
    let mut acquire = semaphore.acquire();
    drop(ready(poll_once(&mut acquire)));
    drop(poll_once(&mut acquire));
}

thread_local! {
    /// What the hostile wakers act upon.
    static SEMAPHORE: Rc<Semaphore> = Rc::new(Semaphore::new(1));
    static HELD: RefCell<Option<OwnedPermit>> = const { RefCell::new(None) };
}

/// Uses every part of the semaphore, which panics if anything is borrowed.
fn use_the_semaphore() {
    SEMAPHORE.with(|semaphore| {
        let mut acquire = semaphore.acquire();
        drop(poll_once(&mut acquire));
        drop(acquire);
        drop(semaphore.try_acquire());
        assert!(format!("{semaphore:?}").contains("available"));
    });
}

fn hold() {
    let permit = SEMAPHORE.with(|semaphore| ready(poll_once(&mut semaphore.acquire_owned())));
    HELD.set(Some(permit));
}

fn let_go() {
    drop(HELD.take());
}

#[test]
fn drop_of_a_waker_may_use_the_semaphore() {
    let semaphore = SEMAPHORE.with(Rc::clone);
    hold();
    let mut acquire = semaphore.acquire();
    // Replaced, then removed, then woken: each drops the last copy of one.
    for _ in 0..2 {
        assert!(poll_with(&mut acquire, &HostileWaker::waker(|| {}, use_the_semaphore)).is_pending());
    }
    drop(acquire);
    let mut acquire = semaphore.acquire();
    assert!(poll_with(&mut acquire, &HostileWaker::waker(use_the_semaphore, use_the_semaphore)).is_pending());
    let_go();
    drop(ready(poll_once(&mut acquire)));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn drop_of_a_replaced_waker_may_release_the_permit_waited_for() {
    let semaphore = SEMAPHORE.with(Rc::clone);
    hold();
    let mut acquire = semaphore.acquire();
    assert!(poll_with(&mut acquire, &HostileWaker::waker(|| {}, let_go)).is_pending());
    let (waker, count) = CountingWaker::new();
    let outcome = poll_with(&mut acquire, &waker);
    assert!(outcome.is_ready() || count.wakes() == 1, "the wake is lost");
}

#[test]
fn a_waker_that_releases_the_permit_while_it_is_kept_misses_nothing() {
    let semaphore = SEMAPHORE.with(Rc::clone);
    hold();
    let mut acquire = semaphore.acquire();
    // The first poll lines up, the second changes the waker.
    drop(ready(poll_with(&mut acquire, &waker_that_clones_with(let_go))));
    hold();
    let mut acquire = semaphore.acquire();
    assert!(poll_once(&mut acquire).is_pending());
    drop(ready(poll_with(&mut acquire, &waker_that_clones_with(let_go))));
    drop(acquire);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn who_wants_none_waits_for_nobody() {
    let semaphore = Semaphore::new(0);
    let mut waits = semaphore.acquire();
    assert!(poll_once(&mut waits).is_pending());
    drop(ready(poll_once(&mut semaphore.acquire_many(0))));
    assert!(semaphore.try_acquire_many(0).is_some());
    semaphore.close();
    assert!(semaphore.try_acquire_many(0).is_none());
}

#[test]
fn a_semaphore_that_was_closed_before_anybody_waited_gives_no_permit() {
    let semaphore = Rc::new(Semaphore::new(1));
    semaphore.close();
    assert!(semaphore.try_acquire().is_none() && semaphore.try_acquire_owned().is_none());
    assert_eq!(poll_once(&mut semaphore.acquire()).map(|outcome| outcome.err()), Poll::Ready(Some(Closed)));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
#[should_panic(expected = "more permits than can be counted")]
fn more_permits_than_can_be_counted_are_a_clear_panic() {
    Semaphore::new(usize::MAX).add_permits(1);
}

#[test]
fn whoever_lines_up_after_its_waker_looked_after_the_line_is_served() {
    let semaphore = SEMAPHORE.with(Rc::clone);
    hold();
    let mut acquire = semaphore.acquire();
    let waker = waker_that_clones_with(|| SEMAPHORE.with(|semaphore| semaphore.add_permits(0)));
    assert!(poll_with(&mut acquire, &waker).is_pending());
    let_go();
    assert!(semaphore.try_acquire().is_none(), "the permit is the first one's");
    drop(ready(poll_once(&mut acquire)));
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_wake_that_drops_another_permit_serves_the_line_in_order() {
    let semaphore = SEMAPHORE.with(Rc::clone);
    hold();
    let mut line: Vec<_> = (0..3).map(|_| semaphore.acquire()).collect();
    let (last, count) = CountingWaker::new();
    assert!(poll_with(&mut line[0], &HostileWaker::waker(use_the_semaphore, || {})).is_pending());
    assert!(poll_with(&mut line[1], &last).is_pending());
    assert!(poll_with(&mut line[2], &last).is_pending());
    let_go();
    assert_eq!(count.wakes(), 0, "the permit is the first one's");
    drop(line.remove(0));
    assert_eq!(count.wakes(), 1);
    drop(line);
    assert_eq!(semaphore.available_permits(), 1);
}
