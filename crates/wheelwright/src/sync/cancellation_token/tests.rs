//! Turns the token's promises into facts that are checked one by one.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::{CancellationToken, Cancelled};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

#[test]
fn waiting_for_a_cancelled_token_is_ready_at_once() {
    let token = CancellationToken::new();
    token.cancel();
    let mut cancelled = token.cancelled();
    assert!(poll_once(&mut cancelled).is_ready());
    assert!(poll_once(&mut cancelled).is_ready(), "and stays ready");
}

#[test]
fn cancel_wakes_everybody_who_waits() {
    let token = CancellationToken::new();
    let (waker, count) = CountingWaker::new();
    let mut waiting: Vec<Cancelled<'_>> = (0..3).map(|_| token.cancelled()).collect();
    assert!(waiting.iter_mut().all(|cancelled| poll_with(cancelled, &waker).is_pending()));
    token.clone().cancel();
    assert_eq!(count.wakes(), 3);
    assert!(waiting.iter_mut().all(|cancelled| poll_with(cancelled, &waker).is_ready()));
    token.cancel();
    assert_eq!(count.wakes(), 3, "a second cancel does nothing");
}

#[test]
fn a_cancelled_future_polled_for_nothing_is_woken_once() {
    let token = CancellationToken::new();
    let (waker, count) = CountingWaker::new();
    let mut cancelled = token.cancelled();
    for _ in 0..3 {
        assert!(poll_with(&mut cancelled, &waker).is_pending());
    }
    token.cancel();
    assert_eq!(count.wakes(), 1);
}

#[test]
fn a_cancelled_future_dropped_while_waiting_leaves_the_line() {
    let token = CancellationToken::new();
    let (waker, count) = CountingWaker::new();
    let mut cancelled = token.cancelled();
    assert!(poll_with(&mut cancelled, &waker).is_pending());
    drop(cancelled);
    assert!(token.node.line.borrow().is_empty());
    token.cancel();
    assert_eq!(count.wakes(), 0);
}

#[test]
fn a_cancelled_future_moved_to_another_task_wakes_that_one() {
    let token = CancellationToken::new();
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    let mut cancelled = token.cancelled();
    assert!(poll_with(&mut cancelled, &old).is_pending());
    assert!(poll_with(&mut cancelled, &new).is_pending());
    token.cancel();
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
}

#[test]
fn a_child_is_cancelled_with_its_parent_but_not_the_other_way() {
    let parent = CancellationToken::new();
    let (child, sibling) = (parent.child_token(), parent.child_token());
    child.cancel();
    assert!(child.is_cancelled() && !parent.is_cancelled() && !sibling.is_cancelled());
    parent.cancel();
    assert!(sibling.is_cancelled());
    assert!(parent.child_token().is_cancelled(), "a child of a cancelled token is born so");
}

#[test]
fn a_grandchild_hears_of_it_when_the_token_between_is_gone() {
    let grandparent = CancellationToken::new();
    let grandchild = grandparent.child_token().child_token();
    let (waker, count) = CountingWaker::new();
    let mut cancelled = grandchild.cancelled();
    assert!(poll_with(&mut cancelled, &waker).is_pending());
    grandparent.cancel();
    assert_eq!(count.wakes(), 1);
}

#[test]
fn a_token_keeps_nothing_of_children_that_are_gone() {
    let parent = CancellationToken::new();
    let kept = parent.child_token();
    for _ in 0..100 {
        let child = parent.child_token();
        child.cancel();
    }
    assert_eq!(parent.node.children.borrow().len(), 1);
    assert!(parent.node.children.borrow().capacity() <= 8);
    drop(parent);
    assert!(!kept.is_cancelled());
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_uncancelled() {
    let token = CancellationToken::new();
    let panicking = std::task::Waker::from(std::sync::Arc::new(Panicking));
    let (mut first, mut second) = (token.cancelled(), token.cancelled());
    let (waker, counter) = CountingWaker::new();
    assert!(pin!(&mut first).poll(&mut std::task::Context::from_waker(&panicking)).is_pending());
    assert!(pin!(&mut second).poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    token.cancel();
    assert_eq!(counter.wakes(), 1);
}

struct Panicking;

impl std::task::Wake for Panicking {
    fn wake(self: std::sync::Arc<Self>) {
        panic!("another library's");
    }
}

#[test]
fn a_long_line_of_tokens_can_be_cancelled_and_dropped() {
    let first = CancellationToken::new();
    let mut last = first.child_token();
    for _ in 0..100_000 {
        last = last.child_token();
    }
    drop(last);
    assert_eq!(first.node.children.borrow().len(), 0, "the whole line is gone");
    let mut last = first.child_token();
    for _ in 0..100_000 {
        last = last.child_token();
    }
    first.cancel();
    assert!(last.is_cancelled());
}

#[test]
fn run_until_cancelled_gives_the_output_if_the_future_is_first() {
    let token = CancellationToken::new();
    let mut run = token.run_until_cancelled(std::future::ready(7));
    assert_eq!(poll_once(&mut run), Poll::Ready(Some(7)));
}

#[test]
fn run_until_cancelled_does_not_poll_the_future_once_it_is_too_late() {
    let token = CancellationToken::new();
    let polls = Cell::new(0);
    let mut run = pin!(token.run_until_cancelled(poll_fn(|_| {
        polls.set(polls.get() + 1);
        Poll::<()>::Pending
    })));
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut run, &waker).is_pending());
    token.cancel();
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_with(&mut run, &waker), Poll::Ready(None));
    assert_eq!(polls.get(), 1);
}

#[test]
fn run_until_cancelled_notices_a_cancel_by_the_future_itself() {
    let token = CancellationToken::new();
    let mut run = pin!(token.run_until_cancelled(async {
        token.cancel();
        pending::<()>().await;
    }));
    assert_eq!(poll_once(&mut run), Poll::Ready(None));
}

#[test]
fn run_until_cancelled_drops_the_future_before_it_ends() {
    let token = CancellationToken::new();
    let guard = Rc::new(());
    let held = Rc::clone(&guard);
    let mut run = pin!(token.run_until_cancelled(async move {
        let _held = held;
        pending::<()>().await;
    }));
    assert!(poll_once(&mut run).is_pending());
    assert_eq!(Rc::strong_count(&guard), 2);
    token.cancel();
    assert!(poll_once(&mut run).is_ready());
    assert_eq!(Rc::strong_count(&guard), 1);
}

#[test]
#[should_panic(expected = "`run_until_cancelled` was polled after it had completed")]
fn run_until_cancelled_polled_after_completion_panics() {
    let token = CancellationToken::new();
    let mut run = token.run_until_cancelled(std::future::ready(()));
    assert!(poll_once(&mut run).is_ready());
    _ = poll_once(&mut run);
}

thread_local! {
    /// What the hostile wakers act upon, new for each test: tests have threads of their own.
    static TOKEN: CancellationToken = CancellationToken::new();
    static SEEN: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

/// Uses every part of the token, which panics if anything is borrowed.
fn use_the_token() {
    TOKEN.with(|token| {
        let mut cancelled = token.cancelled();
        let is_cancelled = poll_once(&mut cancelled).is_ready();
        SEEN.with_borrow_mut(|seen| seen.push(is_cancelled));
        drop(token.child_token());
        assert!(format!("{token:?}").contains("is_cancelled"));
    });
}

fn cancel_the_token() {
    TOKEN.with(CancellationToken::cancel);
}

#[test]
fn drop_of_a_waker_may_use_the_token() {
    let token = TOKEN.with(Clone::clone);
    let mut cancelled = token.cancelled();
    // Replaced, then removed.
    for _ in 0..2 {
        assert!(poll_with(&mut cancelled, &HostileWaker::waker(|| {}, use_the_token)).is_pending());
    }
    drop(cancelled);
    assert_eq!(SEEN.take(), [false, false]);
}

#[test]
fn a_wake_sees_the_whole_tree_cancelled() {
    let token = TOKEN.with(Clone::clone);
    let child = token.child_token();
    let (mut above, mut below) = (token.cancelled(), child.cancelled());
    assert!(poll_with(&mut above, &HostileWaker::waker(use_the_token, use_the_token)).is_pending());
    assert!(poll_with(&mut below, &HostileWaker::waker(use_the_token, cancel_the_token)).is_pending());
    token.cancel();
    assert_eq!(SEEN.take(), [true, true, true]);
    assert!(poll_once(&mut below).is_ready());
}

#[test]
fn drop_of_a_replaced_waker_may_cancel_the_token() {
    let token = TOKEN.with(Clone::clone);
    let mut cancelled = token.cancelled();
    assert!(poll_with(&mut cancelled, &HostileWaker::waker(|| {}, cancel_the_token)).is_pending());
    let (waker, _count) = CountingWaker::new();
    assert!(poll_with(&mut cancelled, &waker).is_ready(), "the cancel is lost");
}

#[test]
fn a_waker_that_cancels_the_token_while_it_is_kept_misses_nothing() {
    let token = TOKEN.with(Clone::clone);
    let mut cancelled = token.cancelled();
    assert!(poll_with(&mut cancelled, &waker_that_clones_with(cancel_the_token)).is_ready());
    drop(cancelled);
    assert!(token.node.line.borrow().is_empty());
}
