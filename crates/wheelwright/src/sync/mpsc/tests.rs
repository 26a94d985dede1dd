//! Turns what a channel from many to one promises into facts.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{Receiver, Sender, channel, unbounded};
use crate::sync::{Closed, SendError, TryRecvError, TrySendError};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

mod oracle;

#[test]
fn values_arrive_in_order_and_the_end_after_them() {
    let (sender, mut receiver) = channel(2);
    let second = sender.clone();
    assert_eq!(poll_once(&mut sender.send(1)), Poll::Ready(Ok(())));
    assert_eq!(poll_once(&mut second.send(2)), Poll::Ready(Ok(())));
    drop((sender, second));
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(Some(1)));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(None));
}

#[test]
fn a_full_channel_makes_senders_wait_in_line() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert_eq!(sender.try_send(0), Ok(()));
    assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
    let (mut one, mut two) = (sender.send(1), sender.send(2));
    assert!(poll_with(&mut one, &waker).is_pending());
    assert!(poll_with(&mut two, &waker).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(count.wakes(), 1);
    assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)), "the place is the first one's");
    assert!(poll_with(&mut two, &waker).is_pending());
    assert_eq!(poll_with(&mut one, &waker), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(poll_with(&mut two, &waker), Poll::Ready(Ok(())));
}

#[test]
fn a_value_and_the_end_wake_the_receiver_once_each() {
    let (sender, mut receiver) = channel(9);
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    let mut recv = receiver.recv();
    for waker in [&old, &new, &new] {
        assert!(poll_with(&mut recv, waker).is_pending());
    }
    (0..9).for_each(|number| assert_eq!(sender.try_send(number), Ok(())));
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
    drop(recv);
    while receiver.try_recv().is_ok() {}
    let mut recv = receiver.recv();
    assert!(poll_with(&mut recv, &new).is_pending());
    drop(sender.clone());
    assert_eq!(new_count.wakes(), 1, "another sender is left");
    drop(sender);
    assert_eq!((new_count.wakes(), poll_once(&mut recv)), (2, Poll::Ready(None)));
}

#[test]
fn waits_that_are_dropped_leave_nothing_behind() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut receiver.recv(), &waker).is_pending());
    assert_eq!(sender.try_send(0), Ok(()));
    let (mut one, mut two) = (sender.send(1), sender.send(2));
    assert!(poll_with(&mut one, &waker).is_pending());
    drop(one);
    assert!(poll_once(&mut two).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    // Granted its place, and dropped before it could use it.
    drop(two);
    assert_eq!(count.wakes(), 0);
    assert_eq!(sender.try_send(3), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(3), "what was not sent went with its future");
}

#[test]
fn a_receiver_dropped_while_it_waits_as_a_stream_is_woken_no_more() {
    let (sender, mut receiver) = channel::<u32>(1);
    let (waker, count) = CountingWaker::new();
    assert!(Pin::new(&mut receiver).poll_next(&mut Context::from_waker(&waker)).is_pending());
    drop(receiver);
    drop(sender);
    assert_eq!(count.wakes(), 0);
}

#[test]
fn a_closed_channel_lets_out_what_is_in_it_and_nothing_more_in() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert_eq!(sender.try_send(0), Ok(()));
    let (mut granted, mut waiting) = (sender.send(1), sender.send(2));
    assert!(poll_once(&mut granted).is_pending() && poll_with(&mut waiting, &waker).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    receiver.close();
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut granted), Poll::Ready(Err(SendError(1))));
    assert_eq!(poll_once(&mut waiting), Poll::Ready(Err(SendError(2))));
    assert!(matches!(poll_once(&mut sender.reserve()), Poll::Ready(Err(Closed))));
    assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));

    let (sender, mut receiver) = channel(2);
    assert_eq!(sender.try_send(0), Ok(()));
    receiver.close();
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(Some(0)));
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(None));
}

#[test]
fn a_reserved_place_is_kept_until_it_is_used_or_dropped() {
    let (sender, mut receiver) = channel(1);
    let Poll::Ready(Ok(place)) = poll_once(&mut sender.reserve()) else { panic!("there is room") };
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    drop(place);
    let Poll::Ready(Ok(place)) = poll_once(&mut sender.reserve()) else { panic!("there is room again") };
    assert_eq!(place.send(2), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(2));
    let Poll::Ready(Ok(place)) = poll_once(&mut sender.reserve()) else { panic!("there is room again") };
    drop(receiver);
    assert_eq!(place.send(3), Err(SendError(3)));
}

#[test]
fn an_unbounded_channel_is_never_full() {
    let (sender, mut receiver) = unbounded();
    (0..1000).for_each(|number| assert_eq!(sender.try_send(number), Ok(())));
    assert_eq!(poll_once(&mut sender.send(1000)), Poll::Ready(Ok(())));
    assert_eq!(receiver.len(), 1001);
    (0..=1000).for_each(|number| assert_eq!(receiver.try_recv(), Ok(number)));
    assert!(receiver.is_empty());
}

#[test]
#[should_panic(expected = "capacity 0")]
fn a_capacity_of_0_is_a_clear_panic() {
    drop(channel::<u32>(0));
}

#[test]
#[should_panic(expected = "polled after")]
fn a_send_polled_after_it_has_completed_is_a_clear_panic() {
    let (sender, _receiver) = channel(2);
    let mut send = sender.send(1);
    assert!(poll_once(&mut send).is_ready());
    let _ = poll_once(&mut send);
}

thread_local! {
    static ENDS: RefCell<Option<(Sender<Nosy>, Receiver<Nosy>)>> = const { RefCell::new(None) };
}

/// A value that uses its channel when it is dropped.
struct Nosy;

impl Drop for Nosy {
    fn drop(&mut self) {
        use_the_channel();
    }
}

/// Sends and receives, which panics if anything is borrowed.
fn use_the_channel() {
    let Some((sender, mut receiver)) = ENDS.take() else { return };
    drop(poll_once(&mut sender.send(Nosy)));
    drop(poll_once(&mut sender.reserve()));
    let _ = sender.try_send(Nosy);
    let _ = poll_once(&mut receiver.recv());
    assert!(format!("{sender:?} {receiver:?}").contains("Receiver"));
    ENDS.set(Some((sender, receiver)));
}

fn close() {
    drop(ENDS.take());
}

#[test]
fn drop_of_a_value_or_a_waker_may_use_the_channel() {
    for last in [use_the_channel, close] {
        let (sender, receiver) = channel(1);
        let other = sender.clone();
        ENDS.set(Some((sender, receiver)));
        let hostile = || HostileWaker::waker(use_the_channel, use_the_channel);
        for _ in 0..3 {
            let mut send = other.send(Nosy);
            for _ in 0..3 {
                if poll_with(&mut send, &hostile()).is_ready() {
                    break;
                }
            }
            use_the_channel();
        }
        let mut send = other.send(Nosy);
        if poll_with(&mut send, &HostileWaker::waker(last, last)).is_pending() {
            close();
            assert!(poll_once(&mut send).is_ready());
        }
        close();
        drop(send);
        assert!(other.is_closed());
    }
}

thread_local! {
    static SENDER: RefCell<Option<Sender<u32>>> = const { RefCell::new(None) };
}

fn send_now() {
    SENDER.with_borrow(|sender| sender.iter().for_each(|sender| assert_eq!(sender.try_send(7), Ok(()))));
}

#[test]
fn a_waker_that_sends_while_it_is_kept_or_dropped_is_not_missed() {
    let (sender, mut receiver) = channel(2);
    SENDER.set(Some(sender));
    assert_eq!(poll_with(&mut receiver.recv(), &waker_that_clones_with(send_now)), Poll::Ready(Some(7)));
    let hostile = HostileWaker::waker(|| {}, send_now);
    let mut polled = Pin::new(&mut receiver);
    assert!(polled.as_mut().poll_next(&mut Context::from_waker(&hostile)).is_pending());
    drop(hostile);
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(Some(7)));
    SENDER.set(None);
}
