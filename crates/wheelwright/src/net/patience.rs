//! Turns a lack that no event tells the end of into pauses, each twice as long as the last.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::observe::Line;
use crate::time::{Sleep, sleep};

const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Waits longer each time, and so not much longer than the lack lasts. Each who waits has one: many do not make it longer.
#[derive(Debug)]
pub(super) struct Patience {
    /// The last one, over or not.
    pause: Option<Sleep>,
    /// How long the next pause is.
    next: Duration,
    at: Line,
}

impl Patience {
    pub(super) fn new(at: Line) -> Self {
        Self { pause: None, next: SHORTEST, at }
    }

    /// Begins a pause.
    pub(super) fn pause(&mut self) {
        self.pause = Some(sleep(self.next).called_at(self.at));
        self.next = (self.next * 2).min(LONGEST);
    }

    /// Waits for the end of the pause, if there is one.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.pause.as_mut().map_or(Poll::Ready(()), |pause| Pin::new(pause).poll(cx))
    }
}
