//! Turns a period into ticks that stand at their places, however long the work between them takes.

use std::time::{Duration, Instant};

use wheelwright::time::{now, sleep_until};

/// Ticks once a period. The first tick is due a period after it was made.
#[derive(Debug)]
pub struct Ticker {
    /// When the next tick is due.
    due: Instant,
    period: Duration,
}

impl Ticker {
    /// Begins now.
    pub fn new(period: Duration) -> Self {
        Self { due: now() + period, period }
    }

    /// Waits for the next tick, and gives the moment at which it was due.
    pub async fn tick(&mut self) -> Instant {
        while self.due < now() {
            self.due += self.period;
        }
        let due = self.due;
        sleep_until(due).await;
        self.due = due + self.period;
        due
    }
}
