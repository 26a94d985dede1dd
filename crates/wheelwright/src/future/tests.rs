//! Turns the promises of the combinators into facts that are checked one by one.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::{Either, join, race, select, yield_now};
use crate::test_waker::{CountingWaker, poll_once, poll_with};

/// A future that a test ends by hand, and whose life it can follow.
#[derive(Clone, Default)]
struct Gate {
    output: Rc<Cell<Option<u32>>>,
    polls: Rc<Cell<usize>>,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Gate {
    fn open(&self, output: u32) {
        self.output.set(Some(output));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// How many futures wait at this gate, dropped ones not counted.
    fn waiting(&self) -> usize {
        Rc::strong_count(&self.polls) - 1
    }
}

impl Future for Gate {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        self.polls.set(self.polls.get() + 1);
        self.waker.replace(Some(cx.waker().clone()));
        self.output.get().map_or(Poll::Pending, Poll::Ready)
    }
}

#[test]
fn join_is_ready_at_once_if_both_are() {
    assert_eq!(poll_once(&mut join(ready(1), ready("two"))), Poll::Ready((1, "two")));
}

#[test]
fn join_is_woken_by_either_and_keeps_the_outputs_in_place() {
    for right_first in [false, true] {
        let (left, right) = (Gate::default(), Gate::default());
        let (waker, count) = CountingWaker::new();
        let mut both = join(left.clone(), right.clone());
        assert!(poll_with(&mut both, &waker).is_pending());
        let (first, last) = if right_first { (&right, &left) } else { (&left, &right) };
        first.open(10);
        assert_eq!(count.wakes(), 1);
        assert!(poll_with(&mut both, &waker).is_pending());
        last.open(20);
        assert_eq!(count.wakes(), 2);
        let expected = if right_first { (20, 10) } else { (10, 20) };
        assert_eq!(poll_with(&mut both, &waker), Poll::Ready(expected));
    }
}

#[test]
fn join_drops_a_finished_child_at_once_and_polls_it_no_more() {
    let (left, right) = (Gate::default(), Gate::default());
    let mut both = join(left.clone(), right.clone());
    left.open(1);
    assert!(poll_once(&mut both).is_pending());
    assert_eq!((left.waiting(), right.waiting()), (0, 1));
    assert!(poll_once(&mut both).is_pending());
    assert_eq!((left.polls.get(), right.polls.get()), (1, 2));
}

#[test]
fn join_dropped_while_waiting_drops_both_and_an_output_it_holds() {
    let output = Rc::new(());
    let right = Gate::default();
    let mut both = join(ready(Rc::clone(&output)), right.clone());
    assert!(poll_once(&mut both).is_pending());
    drop(both);
    assert_eq!((Rc::strong_count(&output), right.waiting()), (1, 0));
}

#[test]
fn join_moved_to_another_task_wakes_that_one() {
    let gate = Gate::default();
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    let mut both = join(gate.clone(), ready(()));
    assert!(poll_with(&mut both, &old).is_pending());
    assert!(poll_with(&mut both, &new).is_pending());
    gate.open(1);
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
}

#[test]
#[should_panic(expected = "future/tests.rs:")]
fn join_polled_after_completion_panics_and_names_the_line_that_made_it() {
    let mut both = join(ready(()), ready(()));
    assert!(poll_once(&mut both).is_ready());
    _ = poll_once(&mut both);
}

#[test]
fn select_prefers_the_left_and_then_never_polls_the_right() {
    let right = Gate::default();
    right.open(2);
    assert_eq!(poll_once(&mut select(ready(1), right.clone())), Poll::Ready(Either::Left(1)));
    assert_eq!(right.polls.get(), 0);
}

#[test]
fn select_tells_which_was_first() {
    let (left, right) = (Gate::default(), Gate::default());
    let (waker, count) = CountingWaker::new();
    let mut first = select(left.clone(), right.clone());
    assert!(poll_with(&mut first, &waker).is_pending());
    right.open(2);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_with(&mut first, &waker), Poll::Ready(Either::Right(2)));
}

#[test]
fn select_drops_both_before_it_gives_the_output() {
    let (left, right) = (Gate::default(), Gate::default());
    let mut first = select(left.clone(), right.clone());
    assert!(poll_once(&mut first).is_pending());
    assert_eq!((left.waiting(), right.waiting()), (1, 1));
    left.open(1);
    assert!(poll_once(&mut first).is_ready());
    assert_eq!((left.waiting(), right.waiting()), (0, 0));
}

#[test]
fn select_leaves_a_loser_that_was_lent_to_it() {
    let mut loser = Gate::default();
    assert_eq!(poll_once(&mut select(&mut loser, ready(2))), Poll::Ready(Either::Right(2)));
    loser.open(1);
    assert_eq!(poll_once(&mut loser), Poll::Ready(1));
}

#[test]
#[should_panic(expected = "was polled after it had completed")]
fn select_polled_after_completion_panics() {
    let mut first = select(ready(()), pending::<()>());
    assert!(poll_once(&mut first).is_ready());
    _ = poll_once(&mut first);
}

#[test]
fn race_gives_the_first_output_and_the_left_one_in_a_tie() {
    assert_eq!(poll_once(&mut race(ready(1), ready(2))), Poll::Ready(1));
    assert_eq!(poll_once(&mut race(pending(), ready(2))), Poll::Ready(2));
}

#[test]
fn race_is_woken_by_either_and_drops_the_loser() {
    let (left, right) = (Gate::default(), Gate::default());
    let (waker, count) = CountingWaker::new();
    let mut first = race(left.clone(), right.clone());
    assert!(poll_with(&mut first, &waker).is_pending());
    right.open(2);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_with(&mut first, &waker), Poll::Ready(2));
    assert_eq!((left.waiting(), right.waiting()), (0, 0));
}

#[test]
fn yield_now_is_pending_once_and_wakes_its_own_task() {
    let (waker, count) = CountingWaker::new();
    let mut pause = yield_now();
    assert!(poll_with(&mut pause, &waker).is_pending());
    assert_eq!(count.wakes(), 1);
    assert!(poll_with(&mut pause, &waker).is_ready());
    assert!(poll_with(&mut pause, &waker).is_ready());
    assert_eq!(count.wakes(), 1);
}

#[test]
fn combinators_take_futures_that_must_stay_where_they_are() {
    let mut nested = pin!(select(
        join(async { yield_now().await }, async { yield_now().await }),
        race(pending(), async {
            yield_now().await;
            yield_now().await;
        }),
    ));
    assert!(poll_once(&mut nested).is_pending());
    assert_eq!(poll_once(&mut nested), Poll::Ready(Either::Left(((), ()))));
}
