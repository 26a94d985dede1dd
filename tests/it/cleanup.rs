//! Turns the promises about cancelling into facts: whatever is dropped in the middle leaves nothing behind.

use std::time::Duration;

use wheelwright::time::{sleep, timeout};
use wheelwright::{for_each_concurrent, join, join_all, map_concurrent, spawn, spawn_blocking, yield_now};

use crate::support::dropped_at_every_step;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn combinators_dropped_at_any_step_leave_neither_children_nor_timers() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| join_all((1..4).map(|n| sleep(SECOND * n)))).await;
        assert_eq!(steps, 4, "one poll to begin, one for each sleep");
        let steps = dropped_at_every_step(|| map_concurrent(2, 1..5, async |n| sleep(SECOND * n).await)).await;
        assert!(3 < steps);
        let steps = dropped_at_every_step(|| for_each_concurrent(1, 1..4, async |n| sleep(SECOND * n).await)).await;
        assert!(3 < steps);
        let steps = dropped_at_every_step(|| join(sleep(SECOND), timeout(SECOND * 2, sleep(SECOND * 3)))).await;
        assert_eq!(steps, 3);
    });
}

#[test]
fn handles_dropped_at_any_step_detach_what_ends_by_itself() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| spawn(yield_now())).await;
        assert_eq!(steps, 2);
        assert!(1 < dropped_at_every_step(|| spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)))).await);
    });
}
