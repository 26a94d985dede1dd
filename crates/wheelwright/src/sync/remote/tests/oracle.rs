//! Turns random operations into a comparison of a channel between threads with a naive one: who may go on was woken.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use proptest::prelude::*;

use crate::sync::remote::{Receiver, Sender, channel};
use crate::sync::tally::{Piece, Tally};
use crate::sync::{SendError, TrySendError};
use crate::test_waker::{CountingWaker, poll_once};

#[derive(Clone, Debug)]
enum Step {
    Send,
    Try,
    Poll(prop::sample::Index),
    GiveUp(prop::sample::Index),
    Recv,
    /// Polls the receiver itself, whose waker stays.
    Next,
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
        20 => Just(Step::Recv),
        20 => Just(Step::Next),
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
    /// How many wakes there had been when it was polled last.
    seen: usize,
}

impl Request {
    fn poll(&mut self) -> Poll<Result<(), SendError<Piece>>> {
        self.seen = self.wakes.wakes();
        self.future.as_mut().poll(&mut Context::from_waker(&self.waker))
    }
}

struct Both {
    tally: Tally,
    capacity: usize,
    sender: Option<Sender<Piece>>,
    receiver: Option<Receiver<Piece>>,
    queue: VecDeque<u32>,
    requests: Vec<Request>,
    /// The receiver's waker, and how many wakes there had been when it was left, if one was.
    waker: (Waker, Arc<CountingWaker>),
    waits_since: Option<usize>,
}

impl Both {
    fn settled(&mut self, number: u32, outcome: Result<(), SendError<Piece>>) -> Result<(), TestCaseError> {
        match outcome {
            Ok(()) => {
                prop_assert!(self.receiver.is_some() && self.queue.len() < self.capacity);
                self.queue.push_back(number);
            }
            Err(SendError(piece)) => prop_assert!(self.receiver.is_none() && piece.number == number),
        }
        Ok(())
    }

    fn send(&mut self, number: u32) -> Result<(), TestCaseError> {
        let Some(sender) = self.sender.clone() else { return Ok(()) };
        let piece = self.tally.piece(number);
        let (waker, wakes) = CountingWaker::new();
        let future = Box::pin(async move { sender.send(piece).await });
        self.requests.push(Request { number, future, waker, wakes, seen: 0 });
        self.poll(self.requests.len() - 1)
    }

    fn poll(&mut self, at: usize) -> Result<(), TestCaseError> {
        let must_wait = self.receiver.is_some() && self.queue.len() == self.capacity;
        let polled = self.requests[at].poll();
        prop_assert_eq!(polled.is_pending(), must_wait);
        if let Poll::Ready(outcome) = polled {
            let request = self.requests.remove(at);
            self.settled(request.number, outcome)?;
        }
        Ok(())
    }

    fn received(&mut self, polled: Poll<Option<Piece>>) -> Result<(), TestCaseError> {
        let is_over = self.sender.is_none() && self.requests.is_empty();
        let expected = match self.queue.pop_front() {
            Some(number) => Poll::Ready(Some(number)),
            None if is_over => Poll::Ready(None),
            None => Poll::Pending,
        };
        prop_assert_eq!(polled.map(|value| value.map(|piece| piece.number)), expected);
        Ok(())
    }

    fn take(&mut self, step: Step, number: u32) -> Result<(), TestCaseError> {
        match step {
            Step::Send => self.send(number)?,
            Step::Try => {
                if let Some(sender) = &self.sender {
                    match sender.try_send(self.tally.piece(number)) {
                        Ok(()) => self.settled(number, Ok(()))?,
                        Err(TrySendError::Closed(piece)) => self.settled(number, Err(SendError(piece)))?,
                        Err(TrySendError::Full(_)) => prop_assert_eq!(self.queue.len(), self.capacity),
                    }
                }
            }
            Step::Poll(index) if !self.requests.is_empty() => self.poll(index.index(self.requests.len()))?,
            Step::GiveUp(index) if !self.requests.is_empty() => {
                drop(self.requests.remove(index.index(self.requests.len())));
            }
            Step::Poll(_) | Step::GiveUp(_) => {}
            Step::Recv => {
                let polled = self.receiver.as_mut().map(|receiver| poll_once(&mut receiver.recv()));
                polled.map_or(Ok(()), |polled| self.received(polled))?;
                // The future took the receiver's place in line with it.
                self.waits_since = None;
            }
            Step::Next => {
                let Some(receiver) = &mut self.receiver else { return Ok(()) };
                let wakes = self.waker.1.wakes();
                let polled = Pin::new(receiver).poll_next(&mut Context::from_waker(&self.waker.0));
                self.waits_since = polled.is_pending().then_some(wakes);
                self.received(polled)?;
            }
            Step::DropSender => self.sender = None,
            Step::DropReceiver => {
                self.receiver = None;
                self.waits_since = None;
                self.queue.clear();
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.tally.alive(), self.queue.len() + self.requests.len());
        let is_over = self.sender.is_none() && self.requests.is_empty();
        if let Some(wakes) = self.waits_since {
            prop_assert_eq!(self.waker.1.wakes() - wakes, usize::from(is_over || !self.queue.is_empty()));
        }
        // As many are on their way as find room, and all of them once nobody receives.
        let woken = self.requests.iter().filter(|request| request.seen < request.wakes.wakes()).count();
        let room = if self.receiver.is_some() { self.capacity - self.queue.len() } else { usize::MAX };
        prop_assert!(room.min(self.requests.len()) <= woken);
        Ok(())
    }
}

proptest! {
    #[test]
    fn values_are_conserved_in_order_and_whoever_can_go_on_is_woken(
        capacity in 1..4_usize,
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let (sender, receiver) = channel(capacity);
        let mut both = Both {
            tally: Tally::default(),
            capacity,
            sender: Some(sender),
            receiver: Some(receiver),
            queue: VecDeque::new(),
            requests: Vec::new(),
            waker: CountingWaker::new(),
            waits_since: None,
        };
        for (number, step) in (0..).zip(steps) {
            both.take(step, number)?;
            both.compare()?;
        }
        let Both { tally, sender, receiver, requests, .. } = both;
        drop((requests, receiver, sender));
        prop_assert_eq!(tally.alive(), 0);
    }
}
