//! Turns one test into many runs: the same body under one order after another.

use super::Builder;
use crate::schedule::{self, Order, Schedule, Step};

impl Builder {
    /// Sets in which order those run who are ready at the same time.
    ///
    /// It is [`Schedule::Fifo`] unless set.
    ///
    /// ```
    /// use wheelwright::{Runtime, Schedule};
    ///
    /// let runtime = Runtime::builder().paused().schedule(Schedule::Random(42)).build()?;
    /// assert_eq!(runtime.block_on(wheelwright::join(async { 1 }, async { 2 })), (1, 2));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "rng_seed")]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Runs the body under each order of the schedule: how many runs that were.
    ///
    /// Each run has a new runtime.
    ///
    /// Under [`Schedule::Fifo`] and [`Schedule::Random`] that is one. Under [`Schedule::Exhaustive`] it is one for each order
    /// in which the laps could have gone, which only a [`paused`](Self::paused) clock and a body without threads and sockets
    /// make a definite number; three tasks that are ready at once can run in six. If as many runs as its `max` were made,
    /// there may be further orders.
    ///
    /// # Panics
    /// On a thread that has a runtime, or if none can be made. If the body panics, which ends the walk and prints how to
    /// repeat the run; if it does something else when it is run again in the same order.
    #[doc(alias("loom", "shuttle", "model checking"))]
    #[track_caller]
    pub fn explore<T>(self, mut body: impl AsyncFnMut() -> T) -> usize {
        let most = match self.schedule {
            Schedule::Exhaustive { max } => max,
            _ => 1,
        };
        let mut order = self.first_order();
        for run in 1..=most {
            let made = self.run_once(order, &mut body).unwrap_or_default();
            if let Some(choice) = made.strayed() {
                panic!(
                    "this body does something else each time: at choice {choice} another number of tasks was ready \
                     than in an earlier run; take time and randomness from the runtime, and see check_determinism"
                );
            }
            match made.following() {
                Some(next) => order = Some(next),
                None => return run,
            }
        }
        most
    }

    /// Runs the body twice in one order, and panics at the first step that differs.
    ///
    /// A step is a task, or a child of a [`Group`](crate::Group), whose turn it is. What makes a difference: the real clock,
    /// threads, sockets, hash maps and random numbers with a seed of their own.
    ///
    /// # Panics
    /// As [`explore`](Self::explore), and if the runs differ: the message names both steps.
    ///
    /// ```should_panic
    /// use std::cell::Cell;
    /// use wheelwright::{Runtime, yield_now};
    ///
    /// let runs = Cell::new(0);
    /// Runtime::builder().paused().check_determinism(async || {
    ///     runs.set(runs.get() + 1); // outlives the run: so the second differs
    ///     for _ in 0..runs.get() {
    ///         yield_now().await;
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn check_determinism<T>(self, mut body: impl AsyncFnMut() -> T) {
        // No closure: it would hide the caller's line.
        let first = self.run_once(Some(Order::traced(self.first_order())), &mut body).unwrap_or_default();
        let second = self.run_once(Some(Order::traced(self.first_order())), &mut body).unwrap_or_default();
        let (first, second) = (first.steps(), second.steps());
        let length = first.len().max(second.len());
        if let Some(at) = (0..length).find(|at| first.get(*at) != second.get(*at)) {
            let named = |steps: &[Step]| steps.get(at).map_or("nothing, it had ended".to_owned(), Step::to_string);
            panic!("two runs differ at step {at}: {} in the first, {} in the second", named(first), named(second));
        }
    }

    #[track_caller]
    fn first_order(&self) -> Option<Order> {
        match Order::new(self.schedule) {
            Ok(order) => order,
            Err(error) => panic!("no runtime could be made: {error}"),
        }
    }

    #[track_caller]
    fn run_once<T>(&self, order: Option<Order>, body: &mut impl AsyncFnMut() -> T) -> Option<Order> {
        let runtime = self.clone().made();
        schedule::begin(order);
        runtime.block_on(body());
        schedule::end()
    }
}
