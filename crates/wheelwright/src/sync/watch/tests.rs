//! Turns what a channel for the latest value promises into facts.

use std::cell::RefCell;
use std::task::{Poll, Waker};

use proptest::prelude::*;

use super::{Receiver, Sender, channel};
use crate::sync::{Closed, SendError};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

#[test]
fn a_change_before_the_wait_is_there_at_once_and_counts_once() {
    let (sender, mut receiver) = channel(1);
    sender.send(2).expect("a receiver is there");
    sender.send(3).expect("a receiver is there");
    assert_eq!(poll_once(&mut receiver.changed()), Poll::Ready(Ok(())));
    assert_eq!(*receiver.borrow(), 3);
    assert!(poll_once(&mut receiver.changed()).is_pending());
}

#[test]
fn a_change_wakes_everybody_who_waits_in_order() {
    let (sender, mut first) = channel(1);
    let mut second = first.clone();
    let (waker, count) = CountingWaker::new();
    let (mut one, mut two) = (first.changed(), second.changed());
    assert!(poll_with(&mut one, &waker).is_pending());
    assert!(poll_with(&mut two, &waker).is_pending());
    sender.send(2).expect("receivers are there");
    assert_eq!(count.wakes(), 2);
    assert!(poll_once(&mut one).is_ready() && poll_once(&mut two).is_ready());
}

#[test]
fn a_wait_that_is_dropped_loses_nothing_and_leaves_nothing() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut receiver.changed(), &waker).is_pending());
    assert!(poll_with(&mut receiver.wait_for(|value| *value == 9), &waker).is_pending());
    assert!(sender.channel.queue.is_empty());
    let mut changed = receiver.changed();
    assert!(poll_with(&mut changed, &waker).is_pending());
    sender.send(2).expect("a receiver is there");
    drop(changed);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut receiver.changed()), Poll::Ready(Ok(())), "the change was not seen yet");
}

#[test]
fn the_end_is_told_after_the_last_change() {
    let (sender, mut receiver) = channel(1);
    let mut other = receiver.clone();
    let mut waiting = other.wait_for(|value| *value == 9);
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut waiting, &waker).is_pending());
    sender.send(2).expect("receivers are there");
    assert!(poll_with(&mut waiting, &waker).is_pending());
    drop(sender);
    assert_eq!(count.wakes(), 2);
    assert!(matches!(poll_once(&mut waiting), Poll::Ready(Err(Closed))));
    assert_eq!(poll_once(&mut receiver.changed()), Poll::Ready(Ok(())));
    assert_eq!(poll_once(&mut receiver.changed()), Poll::Ready(Err(Closed)));
    assert_eq!(*receiver.borrow(), 2);
}

#[test]
fn without_receivers_a_value_comes_back() {
    let (sender, receiver) = channel(1);
    drop(receiver);
    assert!(sender.is_closed());
    assert_eq!(sender.send(2), Err(SendError(2)));
    sender.send_modify(|value| *value += 2);
    assert_eq!(*sender.borrow(), 3);
}

#[test]
#[should_panic(expected = "drop what `borrow` gave first")]
fn a_change_while_somebody_looks_is_a_clear_panic() {
    let (sender, receiver) = channel(1);
    let _look = receiver.borrow();
    sender.send(2).expect("a receiver is there");
}

#[test]
fn a_change_that_panics_is_told_to_nobody() {
    let (sender, mut receiver) = channel(1);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        sender.send_modify(|_| std::panic::resume_unwind(Box::new(())));
    }));
    assert!(panicked.is_err() && poll_once(&mut receiver.changed()).is_pending());
    sender.send(2).expect("the channel goes on");
    assert!(receiver.has_changed());
}

/// A value that uses its channel when it is dropped.
struct Nosy(bool);

impl Drop for Nosy {
    fn drop(&mut self) {
        if self.0 {
            use_the_channel();
        }
    }
}

thread_local! {
    static SENDER: RefCell<Option<Sender<Nosy>>> = const { RefCell::new(None) };
}

/// Changes the value, which panics if anything is borrowed.
fn use_the_channel() {
    let Some(sender) = SENDER.take() else { return };
    sender.send_modify(|value| value.0 = false);
    let mut receiver = sender.subscribe();
    assert!(poll_once(&mut receiver.changed()).is_pending());
    SENDER.set(Some(sender));
}

fn put_away(sender: Sender<Nosy>) {
    SENDER.set(Some(sender));
}

#[test]
fn drop_of_a_value_or_a_waker_may_use_the_channel() {
    let (sender, mut receiver) = channel(Nosy(true));
    let mut second = receiver.clone();
    put_away(sender);
    let hostile = || HostileWaker::waker(use_the_channel, use_the_channel);
    let mut changed = receiver.changed();
    let mut waiting = second.wait_for(|value| value.0);
    drop(poll_once(&mut waiting));
    assert!(poll_with(&mut changed, &hostile()).is_pending());
    // The first waker goes, and changes the value.
    assert!(poll_with(&mut changed, &hostile()).is_ready());
    let _ = poll_with(&mut waiting, &hostile());
    drop(poll_with(&mut waiting, &hostile()));
    drop(waiting);
    let sender = SENDER.take().expect("it is put back");
    sender.send(Nosy(true)).ok();
    put_away(sender);
    SENDER.take();
}

#[test]
fn a_waker_that_changes_the_value_while_it_is_kept_is_not_missed() {
    let (sender, mut receiver) = channel(Nosy(false));
    put_away(sender);
    assert!(poll_with(&mut receiver.changed(), &waker_that_clones_with(use_the_channel)).is_ready());
    SENDER.take();
}

thread_local! {
    static VIEWER: RefCell<Option<Receiver<u32>>> = const { RefCell::new(None) };
}

#[test]
fn who_is_woken_finds_the_change_and_who_waits_again_is_not_woken_for_it() {
    fn look() {
        let mut receiver = VIEWER.take().expect("it is put back");
        assert_eq!(poll_once(&mut receiver.changed()), Poll::Ready(Ok(())));
        assert!(poll_once(&mut receiver.changed()).is_pending());
        VIEWER.set(Some(receiver));
    }
    let (sender, mut receiver) = channel(1);
    VIEWER.set(Some(receiver.clone()));
    let mut changed = receiver.changed();
    assert!(poll_with(&mut changed, &HostileWaker::waker(look, || {})).is_pending());
    sender.send(2).expect("receivers are there");
    assert!(VIEWER.take().is_some_and(|receiver| !receiver.has_changed()));
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    Modify,
    Subscribe,
    Clone(prop::sample::Index),
    Drop(prop::sample::Index),
    Wait(prop::sample::Index),
    WaitFor(prop::sample::Index),
    Look(prop::sample::Index),
    End,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => Just(Step::Send),
        1 => Just(Step::Modify),
        1 => Just(Step::Subscribe),
        1 => index().prop_map(Step::Clone),
        1 => index().prop_map(Step::Drop),
        4 => index().prop_map(Step::Wait),
        2 => index().prop_map(Step::WaitFor),
        1 => index().prop_map(Step::Look),
        1 => Just(Step::End),
    ]
}

/// A receiver, and the number of the last change that it was shown.
type Viewer = (Receiver<usize>, usize);

fn wait((receiver, seen): &mut Viewer, now: usize, is_over: bool) -> Result<(), TestCaseError> {
    let expected = match *seen == now {
        true if is_over => Poll::Ready(Err(Closed)),
        true => Poll::Pending,
        false => Poll::Ready(Ok(())),
    };
    *seen = now;
    prop_assert_eq!(poll_with(&mut receiver.changed(), Waker::noop()), expected);
    Ok(())
}

fn wait_for_odd((receiver, seen): &mut Viewer, now: usize, is_over: bool) -> Result<(), TestCaseError> {
    *seen = now;
    let mut waiting = receiver.wait_for(|value| value % 2 == 1);
    let nothing = if is_over { Poll::Ready(Err(Closed)) } else { Poll::Pending };
    let expected = if now % 2 == 1 { Poll::Ready(Ok(now)) } else { nothing };
    prop_assert_eq!(poll_once(&mut waiting).map_ok(|value| *value), expected);
    Ok(())
}

proptest! {
    /// The value is the number of its change.
    #[test]
    fn every_receiver_sees_each_latest_change_once(steps in prop::collection::vec(step(), 1..60)) {
        let (sender, receiver) = channel(0);
        let (mut sender, mut viewers, mut now) = (Some(sender), vec![(receiver, 0)], 0);
        for step in steps {
            let at = |index: prop::sample::Index| index.index(viewers.len().max(1));
            match step {
                Step::Send => if let Some(sender) = &sender {
                    let outcome = sender.send(now + 1);
                    prop_assert_eq!(outcome.is_ok(), !viewers.is_empty());
                    now += usize::from(outcome.is_ok());
                },
                Step::Modify => if let Some(sender) = &sender {
                    sender.send_modify(|value| *value += 1);
                    now += 1;
                },
                Step::Subscribe => viewers.extend(sender.iter().map(|sender| (sender.subscribe(), now))),
                _ if viewers.is_empty() => {}
                Step::Clone(index) => {
                    let (receiver, seen) = &viewers[at(index)];
                    viewers.push((receiver.clone(), *seen));
                }
                Step::Drop(index) => drop(viewers.swap_remove(at(index))),
                Step::Wait(index) => {
                    let at = at(index);
                    wait(&mut viewers[at], now, sender.is_none())?;
                }
                Step::WaitFor(index) => {
                    let at = at(index);
                    wait_for_odd(&mut viewers[at], now, sender.is_none())?;
                }
                Step::Look(index) => {
                    let at = at(index);
                    prop_assert_eq!(viewers[at].0.has_changed(), viewers[at].1 != now);
                    prop_assert_eq!(*viewers[at].0.borrow(), now);
                }
                Step::End => sender = None,
            }
        }
        prop_assert!(viewers.iter().all(|(receiver, _)| receiver.channel.queue.is_empty()));
    }
}
