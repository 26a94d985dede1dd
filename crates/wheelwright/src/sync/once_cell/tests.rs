//! Turns the promises of the cell into facts that are checked one by one.

use std::cell::Cell;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::OnceCell;
use crate::test_waker::{CountingWaker, poll_once, poll_with};

#[test]
fn one_makes_the_value_and_all_others_get_it() {
    let cell = OnceCell::new();
    let made = Cell::new(0);
    let is_open = Cell::new(false);
    let make = async || {
        made.set(made.get() + 1);
        std::future::poll_fn(|_| if is_open.get() { Poll::Ready(()) } else { Poll::Pending }).await;
        7
    };
    let (waker, count) = CountingWaker::new();
    let (mut first, mut second) = (Box::pin(cell.get_or_init(make)), Box::pin(cell.get_or_init(make)));
    assert!(poll_once(&mut first).is_pending() && poll_with(&mut second, &waker).is_pending());
    assert!(cell.get().is_none());
    assert_eq!(cell.set(8), Err(8), "somebody is making one");
    is_open.set(true);
    assert_eq!(poll_once(&mut first), Poll::Ready(&7));
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut second), Poll::Ready(&7));
    assert_eq!(poll_once(&mut Box::pin(cell.get_or_init(make))), Poll::Ready(&7));
    assert_eq!((made.get(), cell.get()), (1, Some(&7)));
    drop((first, second));
    assert_eq!(cell.into_inner(), Some(7));
}

#[test]
fn a_maker_that_is_dropped_leaves_the_making_to_the_next() {
    let cell = OnceCell::new();
    let mut first = Box::pin(cell.get_or_init(pending));
    let mut second = Box::pin(cell.get_or_init(|| ready(2)));
    let (waker, count) = CountingWaker::new();
    assert!(poll_once(&mut first).is_pending() && poll_with(&mut second, &waker).is_pending());
    drop(first);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut second), Poll::Ready(&2));
}

#[test]
fn a_turn_that_is_dropped_before_it_is_noticed_goes_to_the_next() {
    let cell = OnceCell::new();
    let mut line: Vec<_> = (0..2).map(|_| Box::pin(cell.get_or_init(pending))).collect();
    let mut last = Box::pin(cell.get_or_init(|| ready(3)));
    assert!(line.iter_mut().all(|wait| poll_once(wait).is_pending()) && poll_once(&mut last).is_pending());
    drop(line.remove(0));
    drop(line);
    assert_eq!(poll_once(&mut last), Poll::Ready(&3));
}

#[test]
fn a_maker_that_fails_leaves_the_cell_empty_and_the_next_tries_its_own() {
    let cell = OnceCell::new();
    let is_open = Cell::new(false);
    let fail = async || {
        std::future::poll_fn(|_| if is_open.get() { Poll::Ready(()) } else { Poll::Pending }).await;
        Err("no")
    };
    let mut first = Box::pin(cell.get_or_try_init(fail));
    let mut second = Box::pin(cell.get_or_try_init(|| ready(Ok::<_, ()>(2))));
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
    is_open.set(true);
    assert_eq!(poll_once(&mut first), Poll::Ready(Err("no")));
    assert!(cell.get().is_none());
    assert_eq!(poll_once(&mut second), Poll::Ready(Ok(&2)));
}

#[test]
fn a_maker_that_panics_leaves_the_making_to_the_next() {
    let cell = OnceCell::new();
    let panic_early = catch_unwind(AssertUnwindSafe(|| {
        let mut wait = pin!(cell.get_or_init(|| -> std::future::Ready<u32> { panic!("on purpose") }));
        poll_once(&mut wait).is_ready()
    }));
    let panic_late = catch_unwind(AssertUnwindSafe(|| {
        let mut wait = pin!(cell.get_or_init(async || panic!("on purpose")));
        poll_once(&mut wait).is_ready()
    }));
    assert!(panic_early.is_err() && panic_late.is_err());
    assert!(format!("{cell:?}").contains("is_set: false"));
    assert_eq!(poll_once(&mut pin!(cell.get_or_init(|| ready(1)))), Poll::Ready(&1));
}

#[test]
fn a_value_put_in_from_outside_is_found_by_whoever_was_not_polled_yet() {
    let cell = OnceCell::default();
    let mut wait = pin!(cell.get_or_init(pending));
    assert_eq!(cell.set(5), Ok(()));
    assert_eq!(poll_once(&mut wait), Poll::Ready(&5));
    assert_eq!(cell.set(6), Err(6));
}

#[test]
fn a_maker_is_gone_before_the_next_begins() {
    struct Busy<'a>(&'a Cell<u32>);
    impl Drop for Busy<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let cell = OnceCell::new();
    let makers = Cell::new(0);
    let make = async || {
        makers.set(makers.get() + 1);
        let _busy = Busy(&makers);
        assert_eq!(makers.get(), 1);
        pending::<u32>().await
    };
    let (mut first, mut second) = (Box::pin(cell.get_or_init(make)), Box::pin(cell.get_or_init(make)));
    assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
    drop(first);
    assert_eq!(makers.get(), 0);
    assert!(poll_once(&mut second).is_pending());
    assert_eq!(makers.get(), 1);
}
