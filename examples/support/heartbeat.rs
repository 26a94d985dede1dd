//! Turns a task that beats every few milliseconds into a measure of how long others kept the loop from it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::time::{self, sleep, sleep_until};
use wheelwright::{JoinHandle, spawn_named};

use crate::quantile;

/// The time from one beat to the next, if nobody is in the way.
pub const PERIOD: Duration = Duration::from_millis(5);

/// A task that beats until it is stopped.
#[derive(Debug)]
#[must_use = "a heart that nobody listens to tells nothing"]
pub struct Heartbeat {
    task: JoinHandle<()>,
    /// How late each beat came.
    late: Rc<RefCell<Vec<Duration>>>,
}

impl Heartbeat {
    /// Begins to beat, on this thread's loop.
    pub fn start() -> Self {
        let late = Rc::new(RefCell::new(Vec::new()));
        let noted = Rc::clone(&late);
        let mut due = time::now() + PERIOD;
        let task = spawn_named("heartbeat", async move {
            loop {
                sleep_until(due).await;
                let now = time::now();
                noted.borrow_mut().push(now - due);
                due = now + PERIOD;
            }
        });
        Self { task, late }
    }

    /// Waits for the next beat, stops, and tells how late 99 of 100 beats were at most.
    pub async fn stop(self) -> Duration {
        let beats = self.late.borrow().len();
        while self.late.borrow().len() == beats {
            sleep(PERIOD).await; // what kept the loop until now shows in the beat that comes next
        }
        self.task.abort();
        quantile::of(&self.late.borrow(), 0.99)
    }
}
