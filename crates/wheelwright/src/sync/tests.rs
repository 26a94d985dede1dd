//! Turns random operations into a comparison of each primitive with a naive model of it.

use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use proptest::prelude::*;
use proptest::sample::Index;

use self::models::{BarrierModel, EventModel, Model, NotifyModel, OnceCellModel, Permits};
use super::{Barrier, Event, Mutex, Notify, OnceCell, RwLock, Semaphore};
use crate::test_waker::{CountingWaker, poll_once, poll_with};

mod models;

/// What a wait gave: it holds something until it is dropped, or nothing.
trait Held {}
impl<T> Held for T {}

/// A wait of the primitive; its output comes with a number that the model must know.
type Wait<'a> = Pin<Box<dyn Future<Output = (usize, Box<dyn Held + 'a>)> + 'a>>;

fn boxed<'a, T: 'a>(wait: impl Future<Output = T> + 'a, number: impl Fn(&T) -> usize + 'a) -> Wait<'a> {
    Box::pin(async move {
        let output = wait.await;
        (number(&output), Box::new(output) as Box<dyn Held>)
    })
}

#[derive(Clone, Debug)]
enum Step {
    /// Makes a wait of some kind and does not poll it.
    Make(usize),
    Ask(usize),
    Poll(Index),
    /// Drops a wait, whether never polled, waiting or served.
    GiveUp(Index),
    /// Drops what a wait gave.
    Release(Index),
    /// Does something of some kind to the primitive itself.
    Act(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let step = prop_oneof![
        1 => (0..6_usize).prop_map(Step::Make),
        4 => (0..6_usize).prop_map(Step::Ask),
        3 => index().prop_map(Step::Poll),
        2 => index().prop_map(Step::GiveUp),
        2 => index().prop_map(Step::Release),
        2 => (0..6_usize).prop_map(Step::Act),
    ];
    prop::collection::vec(step, 1..120)
}

/// A wait that is under way.
struct Request<'a> {
    who: usize,
    kind: usize,
    wait: Wait<'a>,
    was_polled: bool,
    wakes: Arc<CountingWaker>,
    waker: Waker,
}

/// The primitive and its model, side by side.
struct Both<'a, M> {
    wait: &'a dyn Fn(usize) -> Wait<'a>,
    act: &'a dyn Fn(usize) -> usize,
    model: M,
    requests: Vec<Request<'a>>,
    held: Vec<(usize, Box<dyn Held + 'a>)>,
}

impl<'a, M: Model> Both<'a, M> {
    fn take(&mut self, step: Step, who: usize) -> Result<(), TestCaseError> {
        match step {
            Step::Make(kind) => self.make(who, kind),
            Step::Ask(kind) => {
                self.make(who, kind);
                self.poll(self.requests.len() - 1)?;
            }
            Step::Poll(index) if !self.requests.is_empty() => self.poll(index.index(self.requests.len()))?,
            Step::GiveUp(index) if !self.requests.is_empty() => self.give_up(index.index(self.requests.len())),
            Step::Release(index) if !self.held.is_empty() => self.release(index.index(self.held.len())),
            Step::Act(kind) => prop_assert_eq!((self.act)(kind), self.model.act(kind)),
            Step::Poll(_) | Step::GiveUp(_) | Step::Release(_) => {}
        }
        self.compare()
    }

    fn make(&mut self, who: usize, kind: usize) {
        let (waker, wakes) = CountingWaker::new();
        self.model.made(who, kind);
        self.requests.push(Request { who, kind, wait: (self.wait)(kind), was_polled: false, wakes, waker });
    }

    fn poll(&mut self, at: usize) -> Result<(), TestCaseError> {
        let request = &mut self.requests[at];
        let who = request.who;
        if !std::mem::replace(&mut request.was_polled, true) {
            self.model.asked(who, request.kind);
        }
        let outcome = poll_with(&mut request.wait, &request.waker);
        prop_assert_eq!(outcome.is_ready(), self.model.is_served(who));
        if let Poll::Ready((number, held)) = outcome {
            prop_assert_eq!(number, self.model.noticed(who));
            drop(self.requests.remove(at));
            self.held.push((who, held));
        }
        Ok(())
    }

    fn give_up(&mut self, at: usize) {
        let request = self.requests.remove(at);
        if request.was_polled {
            self.model.gave_up(request.who);
        }
    }

    fn release(&mut self, at: usize) {
        let (who, held) = self.held.swap_remove(at);
        drop(held);
        self.model.released(who);
    }

    /// Each waiter was woken as often as the model says, and the primitive tells the same of itself.
    fn compare(&mut self) -> Result<(), TestCaseError> {
        for request in self.requests.iter().filter(|request| request.was_polled) {
            prop_assert_eq!(request.wakes.wakes(), self.model.wakes(request.who));
        }
        prop_assert_eq!((self.act)(0), self.model.act(0));
        Ok(())
    }
}

/// Takes the steps, then drops everything; `act(0)` looks at the primitive and may not disturb anybody.
fn compare<'a>(
    steps: Vec<Step>,
    model: impl Model,
    wait: &'a dyn Fn(usize) -> Wait<'a>,
    act: &'a dyn Fn(usize) -> usize,
) -> Result<(), TestCaseError> {
    let mut both = Both { wait, act, model, requests: Vec::new(), held: Vec::new() };
    for (who, step) in steps.into_iter().enumerate() {
        both.take(step, who)?;
    }
    while !both.requests.is_empty() {
        both.give_up(0);
        both.compare()?;
    }
    while !both.held.is_empty() {
        both.release(0);
        both.compare()?;
    }
    Ok(())
}

/// Acts, and gives the number of what has none.
fn does(act: impl FnOnce()) -> usize {
    act();
    0
}

/// More than any test has readers.
const ALL: usize = u32::MAX as usize;

proptest! {
    #[test]
    fn a_semaphore_conserves_its_permits_and_serves_in_order(steps in steps()) {
        let semaphore = Semaphore::new(4);
        let wait = |kind| boxed(semaphore.acquire_many(kind), |permit| usize::from(permit.is_err()));
        let act = |kind| match kind {
            1 => does(|| semaphore.add_permits(1)),
            2 => usize::from(semaphore.try_acquire_many(2).is_some()),
            3 => does(|| semaphore.try_acquire().into_iter().for_each(super::Permit::forget)),
            // Seldom, or there would be little to see.
            4 if semaphore.available_permits() == 4 => 1 + does(|| semaphore.close()),
            _ => semaphore.available_permits(),
        };
        compare(steps, Permits::new(4, |kind| kind, Permits::act_on_semaphore), &wait, &act)?;
    }

    #[test]
    fn a_mutex_has_one_holder_and_serves_in_order(steps in steps()) {
        let mutex = Mutex::new(());
        let wait = |_| boxed(mutex.lock(), |_| 0);
        let act = |_| usize::from(mutex.try_lock().is_some());
        compare(steps, Permits::new(1, |_| 1, Permits::look), &wait, &act)?;
    }

    #[test]
    fn a_lock_has_readers_or_one_writer_and_serves_in_order(steps in steps()) {
        let lock = RwLock::new(());
        let wait = |kind| match kind {
            0 | 1 => boxed(lock.write(), |_| 0),
            _ => boxed(lock.read(), |_| 0),
        };
        let act = |_| match (lock.try_write().is_some(), lock.try_read().is_some()) {
            (true, _) => ALL,
            (false, may_read) => usize::from(may_read),
        };
        compare(steps, Permits::new(ALL, |kind| if kind < 2 { ALL } else { 1 }, Permits::look), &wait, &act)?;
    }

    #[test]
    fn an_event_lets_those_through_who_wait_when_it_is_set(steps in steps()) {
        let event = Event::new();
        let act = |kind| match kind {
            1 => does(|| event.set()),
            2 | 3 => does(|| event.clear()),
            _ => usize::from(event.is_set()),
        };
        compare(steps, EventModel::default(), &|_| boxed(event.wait(), |()| 0), &act)?;
    }

    #[test]
    fn no_notification_is_lost_or_doubled(steps in steps()) {
        let notify = Notify::new();
        let act = |kind| match kind {
            0 => 0,
            1 | 2 => does(|| notify.notify_one()),
            3 => does(|| notify.notify_waiters()),
            _ => usize::from(poll_once(&mut notify.notified()).is_ready()),
        };
        compare(steps, NotifyModel::default(), &|_| boxed(notify.notified(), |()| 0), &act)?;
    }

    #[test]
    fn a_barrier_lets_companies_through_that_are_complete(steps in steps()) {
        let barrier = Barrier::new(3);
        let wait = |_| boxed(barrier.wait(), |result| usize::from(result.is_leader()));
        compare(steps, BarrierModel::new(3), &wait, &|_| 0)?;
    }

    #[test]
    fn a_cell_is_filled_once_by_one_maker_at_a_time(steps in steps()) {
        let cell = OnceCell::new();
        let wait = |kind| match kind {
            0 => boxed(cell.get_or_try_init(|| ready(Ok::<_, ()>(7))), |value| usize::from(*value == Ok(&7))),
            1 | 2 => boxed(cell.get_or_try_init(|| ready(Err::<usize, _>(()))), |value| usize::from(*value == Ok(&7))),
            _ => boxed(cell.get_or_init(pending), |value| usize::from(**value == 7)),
        };
        compare(steps, OnceCellModel::default(), &wait, &|_| usize::from(cell.get().is_some()))?;
    }
}
