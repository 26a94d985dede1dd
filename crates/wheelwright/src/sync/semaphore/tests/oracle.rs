//! Turns random operations into a comparison of the semaphore with a naive one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Poll, Waker};

use proptest::prelude::*;

use crate::sync::semaphore::{Acquire, Permit, Semaphore};
use crate::test_waker::{CountingWaker, poll_with};

#[derive(Clone, Debug)]
enum Step {
    Ask(usize),
    Poll(prop::sample::Index),
    /// Drops a request, whether waiting, granted or never polled.
    GiveUp(prop::sample::Index),
    Release(prop::sample::Index),
    Try,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        3 => (0..=TOTAL).prop_map(Step::Ask),
        2 => index().prop_map(Step::Poll),
        2 => index().prop_map(Step::GiveUp),
        2 => index().prop_map(Step::Release),
        1 => Just(Step::Try),
    ]
}

const TOTAL: usize = 5;

/// A semaphore as one would write it who need not be fast: it looks at everybody each time.
struct Oracle {
    available: usize,
    /// Who waits, and for how many.
    line: VecDeque<(usize, usize)>,
    /// Whose permits are set aside.
    granted: Vec<usize>,
}

impl Oracle {
    fn ask(&mut self, number: usize, wants: usize) -> bool {
        if wants == 0 {
            return true;
        }
        self.line.push_back((number, wants));
        self.settle();
        self.granted.contains(&number)
    }

    fn give_up(&mut self, number: usize, wants: usize) {
        self.line.retain(|(waiting, _)| *waiting != number);
        if self.granted.contains(&number) {
            self.granted.retain(|granted| *granted != number);
            self.available += wants;
        }
        self.settle();
    }

    fn release(&mut self, permits: usize) {
        self.available += permits;
        self.settle();
    }

    fn settle(&mut self) {
        while let Some((number, wants)) = self.line.front().copied().filter(|(_, wants)| *wants <= self.available) {
            self.line.pop_front();
            self.available -= wants;
            self.granted.push(number);
        }
    }
}

/// A request that has been polled at least once and is not served yet.
struct Request<'a> {
    number: usize,
    wants: usize,
    acquire: Acquire<'a>,
    wakes: Arc<CountingWaker>,
    waker: Waker,
}

/// The semaphore and the oracle, side by side.
struct Both<'a> {
    semaphore: &'a Semaphore,
    oracle: Oracle,
    requests: Vec<Request<'a>>,
    held: Vec<Permit<'a>>,
}

impl<'a> Both<'a> {
    fn take(&mut self, step: Step, number: usize) -> Result<(), TestCaseError> {
        match step {
            Step::Ask(wants) => self.ask(wants, number),
            Step::Poll(index) if !self.requests.is_empty() => self.poll(index.index(self.requests.len())),
            Step::GiveUp(index) if !self.requests.is_empty() => {
                let request = self.requests.remove(index.index(self.requests.len()));
                self.oracle.give_up(request.number, request.wants);
                Ok(())
            }
            Step::Release(index) if !self.held.is_empty() => {
                let permit = self.held.swap_remove(index.index(self.held.len()));
                self.oracle.release(permit.permits);
                Ok(())
            }
            Step::Try => {
                let permit = self.semaphore.try_acquire();
                prop_assert_eq!(permit.is_some(), self.oracle.line.is_empty() && 1 <= self.oracle.available);
                self.oracle.available -= permit.iter().map(|permit| permit.permits).sum::<usize>();
                self.held.extend(permit);
                Ok(())
            }
            Step::Poll(_) | Step::GiveUp(_) | Step::Release(_) => Ok(()),
        }
    }

    fn ask(&mut self, wants: usize, number: usize) -> Result<(), TestCaseError> {
        let (waker, wakes) = CountingWaker::new();
        let mut acquire = self.semaphore.acquire_many(wants);
        let outcome = poll_with(&mut acquire, &waker);
        prop_assert_eq!(outcome.is_ready(), self.oracle.ask(number, wants));
        match outcome {
            Poll::Ready(permit) => self.held.push(permit.expect("it is open")),
            Poll::Pending => self.requests.push(Request { number, wants, acquire, wakes, waker }),
        }
        Ok(())
    }

    fn poll(&mut self, at: usize) -> Result<(), TestCaseError> {
        let request = &mut self.requests[at];
        let outcome = poll_with(&mut request.acquire, &request.waker);
        prop_assert_eq!(outcome.is_ready(), self.oracle.granted.contains(&request.number));
        if let Poll::Ready(permit) = outcome {
            self.requests.remove(at);
            self.held.push(permit.expect("it is open"));
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.semaphore.available_permits(), self.oracle.available);
        for request in &self.requests {
            let is_granted = self.oracle.granted.contains(&request.number);
            prop_assert_eq!(request.wakes.wakes(), usize::from(is_granted));
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn permits_are_conserved_and_served_in_order(steps in prop::collection::vec(step(), 1..150)) {
        let semaphore = Semaphore::new(TOTAL);
        let oracle = Oracle { available: TOTAL, line: VecDeque::new(), granted: Vec::new() };
        let mut both = Both { semaphore: &semaphore, oracle, requests: Vec::new(), held: Vec::new() };
        for (number, step) in steps.into_iter().enumerate() {
            both.take(step, number)?;
            both.compare()?;
        }
        drop(both);
        prop_assert_eq!(semaphore.available_permits(), TOTAL);
        prop_assert!(semaphore.queue.is_empty());
    }
}
