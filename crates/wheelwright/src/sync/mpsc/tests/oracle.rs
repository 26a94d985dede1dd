//! Turns random operations into a comparison of a channel from many to one with a naive one.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use proptest::prelude::*;

use crate::sync::mpsc::{Receiver, Sender, channel};
use crate::sync::tally::{Piece, Tally};
use crate::sync::{SendError, TryRecvError, TrySendError};
use crate::test_waker::{CountingWaker, poll_once};

#[derive(Clone, Debug)]
enum Step {
    Send,
    Try,
    Poll(prop::sample::Index),
    /// Drops a `send`, whether it waits or was granted its place.
    GiveUp(prop::sample::Index),
    Recv,
    TryRecv,
    /// Polls the receiver itself, whose waker stays.
    Next,
    Close,
    DropSender,
    DropReceiver,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        40 => Just(Step::Send),
        10 => Just(Step::Try),
        20 => index().prop_map(Step::Poll),
        20 => index().prop_map(Step::GiveUp),
        15 => Just(Step::Recv),
        10 => Just(Step::TryRecv),
        15 => Just(Step::Next),
        1 => Just(Step::Close),
        1 => Just(Step::DropSender),
        1 => Just(Step::DropReceiver),
    ]
}

/// A `send` with a sender of its own, that has been polled and is not ready.
struct Request {
    number: u32,
    future: Pin<Box<dyn Future<Output = Result<(), SendError<Piece>>>>>,
    waker: Waker,
    wakes: Arc<CountingWaker>,
}

/// A channel as one would write it who need not be fast: it looks at everybody each time.
struct Oracle {
    capacity: usize,
    queue: VecDeque<u32>,
    line: VecDeque<u32>,
    /// Whose places are kept.
    granted: Vec<u32>,
    is_closed: bool,
}

impl Oracle {
    fn has_room(&self) -> bool {
        self.queue.len() + self.granted.len() < self.capacity
    }

    fn settle(&mut self) {
        while self.has_room() && !self.is_closed {
            let Some(number) = self.line.pop_front() else { return };
            self.granted.push(number);
        }
    }

    fn send(&mut self, number: u32) -> Poll<bool> {
        self.line.push_back(number);
        self.settle();
        self.poll(number)
    }

    /// What a `send` comes to: sent, refused, or not ready.
    fn poll(&mut self, number: u32) -> Poll<bool> {
        if self.is_closed {
            self.give_up(number);
            return Poll::Ready(false);
        }
        if !self.granted.contains(&number) {
            return Poll::Pending;
        }
        self.granted.retain(|granted| *granted != number);
        self.queue.push_back(number);
        Poll::Ready(true)
    }

    fn give_up(&mut self, number: u32) {
        self.line.retain(|waiting| *waiting != number);
        self.granted.retain(|granted| *granted != number);
        self.settle();
    }

    fn pop(&mut self) -> Option<u32> {
        let first = self.queue.pop_front();
        self.settle();
        first
    }
}

/// The channel and the oracle, side by side.
struct Both {
    tally: Tally,
    oracle: Oracle,
    sender: Option<Sender<Piece>>,
    receiver: Option<Receiver<Piece>>,
    requests: Vec<Request>,
    /// The receiver's waker, and how many wakes there had been when it was left, if it was.
    waker: (Waker, Arc<CountingWaker>),
    waits_since: Option<usize>,
}

impl Both {
    fn new(capacity: usize) -> Self {
        let (sender, receiver) = channel(capacity);
        let (queue, line, granted) = (VecDeque::new(), VecDeque::new(), Vec::new());
        Self {
            tally: Tally::default(),
            oracle: Oracle { capacity, queue, line, granted, is_closed: false },
            sender: Some(sender),
            receiver: Some(receiver),
            requests: Vec::new(),
            waker: CountingWaker::new(),
            waits_since: None,
        }
    }

    fn send(&mut self, number: u32) -> Result<(), TestCaseError> {
        let Some(sender) = self.sender.clone() else { return Ok(()) };
        let piece = self.tally.piece(number);
        let (waker, wakes) = CountingWaker::new();
        let future = Box::pin(async move { sender.send(piece).await });
        self.requests.push(Request { number, future, waker, wakes });
        let expected = self.oracle.send(number);
        self.poll(self.requests.len() - 1, expected)
    }

    fn poll(&mut self, at: usize, expected: Poll<bool>) -> Result<(), TestCaseError> {
        let request = &mut self.requests[at];
        let polled = request.future.as_mut().poll(&mut Context::from_waker(&request.waker));
        if let Poll::Ready(Err(SendError(piece))) = &polled {
            prop_assert_eq!(piece.number, request.number);
        }
        prop_assert_eq!(polled.map(|outcome| outcome.is_ok()), expected);
        if expected.is_ready() {
            self.requests.remove(at);
        }
        Ok(())
    }

    fn try_send(&mut self, number: u32) -> Result<(), TestCaseError> {
        let Some(sender) = &self.sender else { return Ok(()) };
        let outcome = sender.try_send(self.tally.piece(number));
        let is_open = !self.oracle.is_closed;
        match outcome {
            Ok(()) => {
                prop_assert!(is_open && self.oracle.has_room());
                self.oracle.queue.push_back(number);
            }
            Err(TrySendError::Full(piece)) => {
                prop_assert!(is_open && !self.oracle.has_room() && piece.number == number);
            }
            Err(TrySendError::Closed(piece)) => prop_assert!(!is_open && piece.number == number),
        }
        Ok(())
    }

    fn receive(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let is_over = self.is_over();
        let Some(receiver) = &mut self.receiver else { return Ok(()) };
        let wakes = self.waker.1.wakes();
        let received = match step {
            Step::Recv => poll_once(&mut receiver.recv()),
            Step::Next => Pin::new(receiver).poll_next(&mut Context::from_waker(&self.waker.0)),
            _ => match receiver.try_recv() {
                Err(TryRecvError::Empty) => Poll::Pending,
                outcome => Poll::Ready(outcome.ok()),
            },
        };
        match step {
            Step::Next => self.waits_since = received.is_pending().then_some(wakes),
            // The future took the receiver's waker with it.
            Step::Recv => self.waits_since = None,
            _ => {}
        }
        let expected = match self.oracle.pop() {
            None if !is_over => Poll::Pending,
            first => Poll::Ready(first),
        };
        prop_assert_eq!(received.map(|piece| piece.map(|piece| piece.number)), expected);
        Ok(())
    }

    /// Whether no value will come any more.
    fn is_over(&self) -> bool {
        self.oracle.is_closed || (self.sender.is_none() && self.requests.is_empty())
    }

    fn take(&mut self, step: Step, number: u32) -> Result<(), TestCaseError> {
        match step {
            Step::Send => self.send(number)?,
            Step::Try => self.try_send(number)?,
            Step::Poll(index) if !self.requests.is_empty() => {
                let at = index.index(self.requests.len());
                let expected = self.oracle.poll(self.requests[at].number);
                self.poll(at, expected)?;
            }
            Step::GiveUp(index) if !self.requests.is_empty() => {
                let request = self.requests.remove(index.index(self.requests.len()));
                self.oracle.give_up(request.number);
            }
            Step::Poll(_) | Step::GiveUp(_) => {}
            Step::Recv | Step::TryRecv | Step::Next => self.receive(&step)?,
            Step::Close => {
                self.receiver.iter_mut().for_each(Receiver::close);
                self.oracle.is_closed = true;
                // Who closes it is the receiver, and knows.
                self.waits_since = None;
            }
            Step::DropSender => self.sender = None,
            Step::DropReceiver => {
                self.receiver = None;
                self.oracle.is_closed = true;
                self.oracle.queue.clear();
                self.waits_since = None;
            }
        }
        Ok(())
    }

    fn compare(&mut self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.tally.alive(), self.oracle.queue.len() + self.requests.len());
        prop_assert!(self.oracle.queue.len() <= self.oracle.capacity);
        if let Some(receiver) = &self.receiver {
            prop_assert_eq!(receiver.len(), self.oracle.queue.len());
        }
        if let Some(wakes) = self.waits_since {
            let has_news = self.is_over() || !self.oracle.queue.is_empty();
            prop_assert_eq!(self.waker.1.wakes() - wakes, usize::from(has_news));
            self.waits_since = self.waits_since.filter(|_| !has_news);
        }
        for request in &self.requests {
            let has_news = self.oracle.is_closed || self.oracle.granted.contains(&request.number);
            prop_assert_eq!(request.wakes.wakes(), usize::from(has_news));
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn values_are_conserved_and_arrive_in_order(
        capacity in 1..4_usize,
        steps in prop::collection::vec(step(), 1..150),
        receiver_goes_first in any::<bool>(),
    ) {
        let mut both = Both::new(capacity);
        for (number, step) in (0..).zip(steps) {
            both.take(step, number)?;
            both.compare()?;
        }
        let Both { tally, sender, mut receiver, requests, .. } = both;
        if receiver_goes_first {
            receiver = None;
            prop_assert_eq!(tally.alive(), requests.len());
        }
        drop((requests, sender));
        prop_assert!(receiver.is_none() || tally.alive() <= capacity);
        drop(receiver);
        prop_assert_eq!(tally.alive(), 0);
    }
}
