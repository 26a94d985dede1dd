//! Turns a period into ticks that stand at their places, however long the work between them takes. As it is here it drifts.

use std::time::{Duration, Instant};

use wheelwright::time::{now, sleep};

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
    ///
    /// 1. Work between two ticks takes its time out of the period: the ticks stay at multiples of it.
    /// 2. If the work took longer than a period, what was missed is left out: the next tick is the next multiple.
    /// 3. A tick whose wait was dropped is not lost: the next call waits for the same one.
    pub async fn tick(&mut self) -> Instant {
        sleep(self.period).await;
        self.due += self.period;
        self.due - self.period
    }
}
