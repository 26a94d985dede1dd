//! Turns what a channel from all to all promises into facts.

use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use proptest::prelude::*;

use super::{Receiver, RecvError, Sender, channel};
use crate::sync::SendError;
use crate::sync::tally::{Piece, Tally};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

#[test]
fn every_receiver_gets_every_value_sent_since_it_came() {
    let (sender, mut early) = channel(4);
    assert_eq!(sender.send(1), Ok(1));
    let mut late = sender.subscribe();
    assert_eq!(sender.clone().send(2), Ok(2));
    drop(sender);
    assert_eq!(poll_once(&mut early.recv()), Poll::Ready(Ok(1)));
    assert_eq!(poll_once(&mut early.recv()), Poll::Ready(Ok(2)));
    assert_eq!(poll_once(&mut late.recv()), Poll::Ready(Ok(2)));
    assert_eq!(poll_once(&mut late.recv()), Poll::Ready(Err(RecvError::Closed)));
}

#[test]
fn sending_wakes_all_who_wait_and_the_end_does_too() {
    let (sender, mut first) = channel(4);
    let mut second = sender.subscribe();
    let (waker, count) = CountingWaker::new();
    let (mut one, mut two) = (first.recv(), second.recv());
    assert!(poll_with(&mut one, &waker).is_pending());
    assert!(poll_with(&mut two, &waker).is_pending());
    assert_eq!(sender.send(1), Ok(2));
    assert_eq!(count.wakes(), 2);
    assert_eq!(poll_with(&mut one, &waker), Poll::Ready(Ok(1)));
    assert_eq!(poll_with(&mut two, &waker), Poll::Ready(Ok(1)));
    assert!(poll_with(&mut one, &waker).is_pending());
    let another = sender.clone();
    drop(sender);
    assert_eq!(count.wakes(), 2, "another sender is left");
    drop(another);
    assert_eq!(count.wakes(), 3);
    assert_eq!(poll_with(&mut one, &waker), Poll::Ready(Err(RecvError::Closed)));
}

#[test]
fn a_recv_dropped_while_waiting_loses_nothing_and_leaves_nothing() {
    let (sender, mut receiver) = channel(4);
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut receiver.recv(), &waker).is_pending());
    assert!(sender.channel.queue.is_empty());
    let mut recv = receiver.recv();
    assert!(poll_with(&mut recv, &waker).is_pending());
    assert_eq!(sender.send(1), Ok(1));
    drop(recv);
    assert_eq!((count.wakes(), receiver.try_recv()), (1, Ok(Some(1))));
}

#[test]
fn a_slow_receiver_learns_how_many_it_missed_and_goes_on_at_the_oldest() {
    let (sender, mut slow) = channel(2);
    (1..=5).for_each(|number| assert_eq!(sender.send(number), Ok(1)));
    assert_eq!(slow.try_recv(), Err(RecvError::Lagged(3)));
    assert_eq!(slow.try_recv(), Ok(Some(4)));
    assert_eq!(slow.try_recv(), Ok(Some(5)));
    assert_eq!(slow.try_recv(), Ok(None));
}

#[test]
fn a_stream_of_it_ends_with_the_last_sender() {
    let (sender, receiver) = channel(1);
    let mut receiver = pin!(receiver);
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(receiver.as_mut().poll_next(cx).is_pending());
    assert_eq!((sender.send(1), sender.send(2)), (Ok(1), Ok(1)));
    drop(sender);
    assert_eq!(receiver.as_mut().poll_next(cx), Poll::Ready(Some(Err(RecvError::Lagged(1)))));
    assert_eq!(receiver.as_mut().poll_next(cx), Poll::Ready(Some(Ok(2))));
    assert_eq!(receiver.as_mut().poll_next(cx), Poll::Ready(None));
}

#[test]
#[should_panic(expected = "capacity 0")]
fn a_capacity_of_0_is_a_clear_panic() {
    drop(channel::<u32>(0));
}

thread_local! {
    static SENDER: RefCell<Option<Sender<Nosy>>> = const { RefCell::new(None) };
}

/// A value that uses its channel when it is cloned and when it is dropped.
struct Nosy;

impl Clone for Nosy {
    fn clone(&self) -> Self {
        use_the_channel();
        Self
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        use_the_channel();
    }
}

/// Sends and receives, which panics if anything is borrowed.
fn use_the_channel() {
    let Some(sender) = SENDER.take() else { return };
    let mut receiver = sender.subscribe();
    assert!(sender.send(Nosy).is_ok());
    assert!(sender.send(Nosy).is_ok());
    drop(poll_once(&mut receiver.recv()));
    drop(receiver);
    SENDER.set(Some(sender));
}

#[test]
fn clone_and_drop_of_a_value_or_a_waker_may_use_the_channel() {
    let (sender, mut first) = channel(2);
    let mut second = sender.subscribe();
    let third = sender.subscribe();
    SENDER.set(Some(sender));
    let hostile = || HostileWaker::waker(use_the_channel, use_the_channel);
    for _ in 0..3 {
        let mut recv = second.recv();
        let _ = poll_with(&mut recv, &hostile());
        let _ = poll_with(&mut recv, &hostile());
        drop(recv);
        let _ = first.try_recv();
        use_the_channel();
    }
    drop((first, second, third));
    let sender = SENDER.take().expect("it is put back");
    assert_eq!(sender.receiver_count(), 0);
    assert!(sender.channel.ring.borrow().is_empty());
}

#[test]
fn what_a_waker_sends_as_its_receiver_goes_is_for_the_others() {
    let (sender, mut going) = channel(2);
    let mut staying = sender.subscribe();
    let waker = HostileWaker::waker(
        || {},
        || {
            SENDER.with_borrow(|sender| sender.iter().for_each(|sender| assert!(sender.send(Nosy).is_ok())));
        },
    );
    assert!(Pin::new(&mut going).poll_next(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    SENDER.set(Some(sender));
    drop(going);
    let sender = SENDER.take();
    assert!(staying.try_recv().is_ok_and(|value| value.is_some()));
    drop(sender);
}

#[test]
fn a_waker_that_sends_while_it_is_kept_is_not_missed() {
    let (sender, mut receiver) = channel(4);
    SENDER.set(Some(sender));
    assert!(poll_with(&mut receiver.recv(), &waker_that_clones_with(use_the_channel)).is_ready());
    SENDER.take();
}

thread_local! {
    static OTHERS: RefCell<Option<(Sender<Meddler>, Receiver<Meddler>)>> = const { RefCell::new(None) };
    static RECEIVED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// A value that sends another and receives it when it is dropped.
#[derive(Clone)]
struct Meddler(u32);

impl Drop for Meddler {
    fn drop(&mut self) {
        let Some((sender, mut receiver)) = OTHERS.take() else { return };
        assert!(sender.send(Meddler(self.0 + 10)).is_ok());
        let received = receiver.try_recv().ok().flatten().expect("it was sent just now").0;
        RECEIVED.with_borrow_mut(|all| all.push(received));
        OTHERS.set(Some((sender, receiver)));
    }
}

#[test]
fn what_a_receiver_leaves_may_send_and_receive_as_it_is_dropped() {
    let (sender, receiver) = channel(8);
    (0..3).for_each(|number| assert!(sender.send(Meddler(number)).is_ok()));
    let later = sender.subscribe();
    OTHERS.set(Some((sender, later)));
    drop(receiver);
    OTHERS.take();
    assert_eq!(RECEIVED.take(), [10, 11, 12]);
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    Subscribe,
    Drop(prop::sample::Index),
    Recv(prop::sample::Index),
    Try(prop::sample::Index),
    End,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        30 => Just(Step::Send),
        5 => Just(Step::Subscribe),
        5 => index().prop_map(Step::Drop),
        15 => index().prop_map(Step::Recv),
        15 => index().prop_map(Step::Try),
        1 => Just(Step::End),
    ]
}

/// A receiver, and the number of the value it is to get next.
type Listener = (Receiver<Piece>, u32);

/// What a receiver gets that keeps the whole history and looks at the last `capacity`.
fn expected(next: &mut u32, sent: u32, capacity: u32, is_over: bool) -> Result<Option<u32>, RecvError> {
    let oldest = sent.saturating_sub(capacity).max(*next);
    if *next < oldest {
        let missed = u64::from(oldest - *next);
        *next = oldest;
        return Err(RecvError::Lagged(missed));
    }
    if *next == sent {
        return if is_over { Err(RecvError::Closed) } else { Ok(None) };
    }
    *next += 1;
    Ok(Some(*next - 1))
}

fn receive(
    (receiver, next): &mut Listener,
    step: &Step,
    sent: u32,
    capacity: u32,
    is_over: bool,
) -> Result<(), TestCaseError> {
    let outcome = match step {
        Step::Try(_) => receiver.try_recv(),
        _ => match poll_once(&mut receiver.recv()) {
            Poll::Ready(outcome) => outcome.map(Some),
            Poll::Pending => Ok(None),
        },
    };
    let outcome = outcome.map(|found| found.map(|piece| piece.number));
    prop_assert_eq!(outcome, expected(next, sent, capacity, is_over));
    Ok(())
}

proptest! {
    #[test]
    fn nothing_is_lost_but_by_lagging_and_nothing_is_kept_that_all_have_seen(
        capacity in 1..5_u32,
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let tally = Tally::default();
        let (sender, receiver) = channel(capacity as usize);
        let (mut sender, mut listeners, mut sent) = (Some(sender), vec![(receiver, 0)], 0);
        for step in steps {
            match step {
                Step::Send => if let Some(sender) = &sender {
                    match sender.send(tally.piece(sent)) {
                        Ok(count) => {
                            prop_assert_eq!(count, listeners.len());
                            sent += 1;
                        }
                        Err(SendError(piece)) => prop_assert!(listeners.is_empty() && piece.number == sent),
                    }
                },
                Step::Subscribe => listeners.extend(sender.iter().map(|sender| (sender.subscribe(), sent))),
                Step::End => sender = None,
                Step::Drop(index) if !listeners.is_empty() => {
                    let at = index.index(listeners.len());
                    drop(listeners.swap_remove(at));
                }
                Step::Recv(index) | Step::Try(index) if !listeners.is_empty() => {
                    let at = index.index(listeners.len());
                    receive(&mut listeners[at], &step, sent, capacity, sender.is_none())?;
                }
                Step::Drop(_) | Step::Recv(_) | Step::Try(_) => {}
            }
            let needed = listeners.iter().map(|(_, next)| sent - *next).max().unwrap_or(0).min(capacity);
            prop_assert_eq!(tally.alive(), needed as usize);
        }
        drop(listeners);
        prop_assert_eq!(tally.alive(), 0);
    }
}
