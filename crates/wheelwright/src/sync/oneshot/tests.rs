//! Turns what a channel for one value promises into facts.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use proptest::prelude::*;

use super::{Receiver, Sender, channel};
use crate::sync::tally::{Piece, Tally};
use crate::sync::{Closed, TryRecvError};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

#[test]
fn a_value_sent_before_it_is_awaited_is_there_at_once() {
    let (sender, mut receiver) = channel();
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Ok(7)));
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Err(Closed)), "there is but one value");
}

#[test]
fn sending_wakes_the_task_that_polled_last() {
    let (sender, mut receiver) = channel();
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    assert!(poll_with(&mut receiver, &old).is_pending());
    assert!(poll_with(&mut receiver, &new).is_pending());
    assert!(poll_with(&mut receiver, &new).is_pending());
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Ok(7)));
}

#[test]
fn a_sender_that_goes_without_sending_wakes_the_receiver() {
    let (sender, mut receiver) = channel::<u32>();
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut receiver, &waker).is_pending());
    drop(sender);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Err(Closed)));
}

#[test]
fn closed_is_ready_when_the_receiver_goes_and_dropping_it_leaves_the_sender_usable() {
    let (mut sender, mut receiver) = channel();
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut sender.closed(), &waker).is_pending());
    assert_eq!(sender.send(7), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(7));
    drop(receiver);
    assert_eq!(count.wakes(), 0, "nobody waits any more");

    let (sender, mut receiver) = channel::<u32>();
    assert!(poll_with(&mut receiver, &waker).is_pending());
    drop(receiver);
    drop(sender);
    assert_eq!(count.wakes(), 0, "nobody waits any more");

    let (mut sender, receiver) = channel::<u32>();
    let mut closed = sender.closed();
    assert!(poll_with(&mut closed, &waker).is_pending());
    drop(receiver);
    assert_eq!(count.wakes(), 1);
    assert!(poll_once(&mut closed).is_ready());
    drop(closed);
    assert!(sender.is_closed());
}

thread_local! {
    static SENDER: RefCell<Option<Sender<u32>>> = const { RefCell::new(None) };
}

fn send_now() {
    if let Some(sender) = SENDER.take() {
        assert_eq!(sender.send(7), Ok(()));
    }
}

#[test]
fn a_waker_that_sends_while_it_is_kept_or_dropped_is_not_missed() {
    let (sender, mut receiver) = channel();
    SENDER.set(Some(sender));
    assert_eq!(poll_with(&mut receiver, &waker_that_clones_with(send_now)), Poll::Ready(Ok(7)));

    let (sender, mut receiver) = channel();
    assert!(poll_with(&mut receiver, &HostileWaker::waker(|| {}, send_now)).is_pending());
    SENDER.set(Some(sender));
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Ok(7)));
}

#[test]
fn drop_of_a_value_may_use_the_channel() {
    struct Nosy(Rc<RefCell<Option<Sender<Nosy>>>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            assert!(self.0.take().is_none_or(|sender| sender.is_closed()));
        }
    }
    let other = Rc::new(RefCell::new(None));
    let (sender, receiver) = channel();
    let (second, second_receiver) = channel();
    drop(second_receiver);
    *other.borrow_mut() = Some(second);
    assert!(sender.send(Nosy(Rc::clone(&other))).is_ok());
    drop(receiver);
    assert!(other.borrow().is_none());
}

thread_local! {
    static ANSWER: RefCell<Option<Receiver<u32>>> = const { RefCell::new(None) };
    static FOUND: RefCell<Vec<Poll<Result<u32, Closed>>>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn whoever_is_woken_and_looks_at_once_finds_the_value_or_the_end() {
    let look = || {
        let found = ANSWER.with_borrow_mut(|answer| answer.as_mut().map(poll_once));
        FOUND.with_borrow_mut(|all| all.extend(found));
    };
    for value in [Some(7), None] {
        let (sender, mut receiver) = channel();
        assert!(poll_with(&mut receiver, &HostileWaker::waker(look, || {})).is_pending());
        ANSWER.set(Some(receiver));
        match value {
            Some(value) => assert_eq!(sender.send(value), Ok(())),
            None => drop(sender),
        }
    }
    assert_eq!(FOUND.take(), [Poll::Ready(Ok(7)), Poll::Ready(Err(Closed))]);
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    DropSender,
    Poll,
    TryRecv,
    DropReceiver,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Send),
        Just(Step::DropSender),
        Just(Step::Poll),
        Just(Step::TryRecv),
        Just(Step::DropReceiver)
    ]
}

/// What the receiver gets now, by polling or by trying.
fn receive(receiver: &mut Receiver<Piece>, step: &Step, waker: &Waker) -> Result<u32, TryRecvError> {
    let outcome = match step {
        Step::TryRecv => receiver.try_recv(),
        _ => match poll_with(receiver, waker) {
            Poll::Ready(outcome) => outcome.map_err(|Closed| TryRecvError::Closed),
            Poll::Pending => Err(TryRecvError::Empty),
        },
    };
    outcome.map(|piece| piece.number)
}

proptest! {
    #[test]
    fn the_value_is_received_or_given_back_or_dropped(steps in prop::collection::vec(step(), 1..12)) {
        let tally = Tally::default();
        let (sender, receiver): (_, Receiver<Piece>) = channel();
        let (mut sender, mut receiver) = (Some(sender), Some(receiver));
        let (waker, count) = CountingWaker::new();
        // What the receiver would get now, and whether it waits.
        let (mut there, mut waits) = (Err(TryRecvError::Empty), false);
        for step in steps {
            match (&step, &mut receiver) {
                (Step::Send, _) => if let Some(sender) = sender.take() {
                    prop_assert_eq!(sender.send(tally.piece(1)).is_ok(), receiver.is_some());
                    there = Ok(1);
                },
                (Step::DropSender, _) => if sender.take().is_some() {
                    there = Err(TryRecvError::Closed);
                },
                (Step::DropReceiver, _) => (receiver, waits) = (None, false),
                (Step::Poll | Step::TryRecv, None) => {}
                (Step::Poll | Step::TryRecv, Some(receiver)) => {
                    let outcome = receive(receiver, &step, &waker);
                    prop_assert_eq!(outcome, there);
                    waits |= matches!(step, Step::Poll) && outcome == Err(TryRecvError::Empty);
                    there = outcome.map_or_else(Err, |_| Err(TryRecvError::Closed));
                }
            }
            if waits && sender.is_none() {
                prop_assert_eq!(count.wakes(), 1);
            }
            prop_assert_eq!(tally.alive(), usize::from(receiver.is_some() && there.is_ok()));
        }
        drop((sender, receiver));
        prop_assert_eq!(tally.alive(), 0);
    }
}
