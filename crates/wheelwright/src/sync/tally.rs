//! Turns values into a count of those that are alive, for tests of what passes values on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Makes pieces and knows how many there are.
#[derive(Default)]
pub(super) struct Tally(Arc<AtomicUsize>);

impl Tally {
    /// Makes a piece with this number.
    pub(super) fn piece(&self, number: u32) -> Piece {
        self.0.fetch_add(1, Ordering::Relaxed);
        Piece { number, alive: Arc::clone(&self.0) }
    }

    /// How many pieces and clones of pieces have not been dropped.
    pub(super) fn alive(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A value that is missed when it is lost, and noticed when it is dropped.
pub(super) struct Piece {
    pub(super) number: u32,
    alive: Arc<AtomicUsize>,
}

impl Clone for Piece {
    fn clone(&self) -> Self {
        self.alive.fetch_add(1, Ordering::Relaxed);
        Self { number: self.number, alive: Arc::clone(&self.alive) }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}
