//! Turns a lack that no event tells the end of into pauses, each twice as long as the last.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::observe::Line;
use crate::time::{Sleep, sleep};

const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Waits longer each time, and so not much longer than the lack lasts. Each who waits has one: many do not make it longer.
#[derive(Debug)]
pub(super) struct Patience {
    /// `None` once it is over.
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
        if let Some(pause) = &mut self.pause {
            ready!(Pin::new(pause).poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Whether a pause has begun and is not over.
    pub(super) fn pauses(&self) -> bool {
        self.pause.is_some()
    }
}
