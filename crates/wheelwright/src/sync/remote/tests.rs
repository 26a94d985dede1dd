//! Turns what a channel between threads promises into facts, first on one thread.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{Receiver, Sender, channel};
use crate::sync::{SendError, TryRecvError};
use crate::test_waker::{CountingWaker, HostileWaker, poll_once, poll_with, waker_that_clones_with};

mod oracle;
mod threads;

#[test]
fn values_arrive_in_order_and_the_end_after_them() {
    let (sender, mut receiver) = channel(2);
    assert_eq!(poll_once(&mut sender.send(1)), Poll::Ready(Ok(())));
    assert_eq!(poll_once(&mut sender.send(2)), Poll::Ready(Ok(())));
    assert!(poll_once(&mut sender.send(3)).is_pending());
    drop(sender);
    assert_eq!(receiver.len(), 2);
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(Some(1)));
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(poll_once(&mut receiver.recv()), Poll::Ready(None));
}

#[test]
fn a_burst_of_sends_wakes_a_waiting_receiver_once() {
    let (sender, mut receiver) = channel(9);
    let (waker, count) = CountingWaker::new();
    let mut recv = receiver.recv();
    assert!(poll_with(&mut recv, &waker).is_pending());
    (0..9).for_each(|number| assert_eq!(sender.try_send(number), Ok(())));
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_with(&mut recv, &waker), Poll::Ready(Some(0)));
}

#[test]
fn the_last_sender_and_the_receiver_wake_the_other_side_as_they_go() {
    let (sender, mut receiver) = channel::<u32>(1);
    let (waker, count) = CountingWaker::new();
    let mut recv = receiver.recv();
    assert!(poll_with(&mut recv, &waker).is_pending());
    drop(sender.clone());
    assert_eq!(count.wakes(), 0);
    drop(sender);
    assert_eq!((count.wakes(), poll_once(&mut recv)), (1, Poll::Ready(None)));

    let (sender, receiver) = channel(1);
    assert_eq!(sender.try_send(0), Ok(()));
    let (mut one, mut two) = (sender.send(1), sender.send(2));
    assert!(poll_with(&mut one, &waker).is_pending() && poll_with(&mut two, &waker).is_pending());
    drop(receiver);
    assert_eq!(count.wakes(), 3);
    assert_eq!(poll_once(&mut one), Poll::Ready(Err(SendError(1))));
    assert_eq!(poll_once(&mut two), Poll::Ready(Err(SendError(2))));
}

#[test]
fn waits_that_are_dropped_leave_nothing_and_hand_their_wake_on() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert!(poll_with(&mut receiver.recv(), &waker).is_pending());
    assert_eq!(sender.try_send(0), Ok(()));
    assert_eq!(count.wakes(), 0, "nobody waits any more");
    let (mut one, mut two) = (sender.send(1), sender.send(2));
    assert!(poll_once(&mut one).is_pending());
    assert!(poll_with(&mut two, &waker).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(count.wakes(), 0, "the first is woken");
    drop(one);
    assert_eq!(count.wakes(), 1);
    assert_eq!(poll_once(&mut two), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(2), "what was not sent went with its future");
}

#[test]
fn a_wake_that_was_used_is_not_handed_on() {
    let (sender, mut receiver) = channel(1);
    let (waker, count) = CountingWaker::new();
    assert_eq!(sender.try_send(0), Ok(()));
    let (mut one, mut two) = (sender.send(1), sender.send(2));
    assert!(poll_once(&mut one).is_pending());
    assert!(poll_with(&mut two, &waker).is_pending());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(poll_once(&mut one), Poll::Ready(Ok(())));
    drop(one);
    assert_eq!(count.wakes(), 0, "there is no room for another");
}

#[test]
fn a_receiver_that_goes_while_it_waits_as_a_stream_is_woken_no_more() {
    let (sender, mut receiver) = channel::<u32>(1);
    let (waker, count) = CountingWaker::new();
    assert!(Pin::new(&mut receiver).poll_next(&mut Context::from_waker(&waker)).is_pending());
    drop(receiver);
    drop(sender);
    assert_eq!(count.wakes(), 0);
}

#[test]
fn a_wait_moved_to_another_task_wakes_that_one() {
    let (sender, mut receiver) = channel(1);
    let (old, old_count) = CountingWaker::new();
    let (new, new_count) = CountingWaker::new();
    let mut recv = receiver.recv();
    for waker in [&old, &new, &new] {
        assert!(poll_with(&mut recv, waker).is_pending());
    }
    assert_eq!(sender.try_send(0), Ok(()));
    assert_eq!((old_count.wakes(), new_count.wakes()), (0, 1));
}

#[test]
#[should_panic(expected = "capacity 0")]
fn a_capacity_of_0_is_a_clear_panic() {
    drop(channel::<u32>(0));
}

#[test]
fn blocking_in_a_task_is_a_clear_panic() {
    let (sender, mut receiver) = channel(1);
    let task = crate::block_on(async move {
        let send = crate::spawn(async move { sender.blocking_send(1) });
        let recv = crate::spawn(async move { receiver.blocking_recv() });
        (send.await.map(drop).map_err(|error| error.to_string()), recv.await.map_err(|error| error.to_string()))
    });
    assert!(task.0.is_err_and(|error| error.contains("await `send` instead")));
    assert!(task.1.is_err_and(|error| error.contains("await `recv` instead")));
}

#[test]
fn a_busy_channel_leaves_the_other_tasks_their_turn() {
    crate::block_on(async {
        let (sender, mut receiver) = channel(1);
        let other = crate::spawn(async {});
        let mut polls = 0;
        while !other.is_finished() {
            assert!(sender.send(()).await.is_ok() && receiver.recv().await.is_some());
            polls += 1;
        }
        assert!(polls <= crate::ready::BUDGET);
    });
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

/// Sends and receives, which would never return if the line were locked.
fn use_the_channel() {
    let Some((sender, mut receiver)) = ENDS.take() else { return };
    drop(poll_once(&mut sender.send(Nosy)));
    drop(poll_once(&mut sender.send(Nosy)));
    let _ = poll_once(&mut receiver.recv());
    ENDS.set(Some((sender, receiver)));
}

#[test]
fn drop_of_a_value_or_a_waker_may_use_the_channel() {
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
    if poll_with(&mut send, &waker_that_clones_with(use_the_channel)).is_pending() {
        drop(ENDS.take());
        assert!(poll_once(&mut send).is_ready());
    }
    ENDS.take();
}
