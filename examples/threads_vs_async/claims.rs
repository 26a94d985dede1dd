//! Turns what is claimed of the two ways into checks of what was measured.

use crate::figures::Figures;
use crate::work::{Way, Work};

/// From so many connections on, it is claimed, threads need at least `TIMES` the memory of the loop. When the claim was made,
/// they needed three times as much for 1,000 connections and seven times for 10,000.
const MANY: usize = 1_000;
const TIMES: f64 = 2.0;

/// Checks one client.
pub(crate) fn check(way: Way, work: Work, figures: &Figures) {
    assert_eq!(figures.right, work.answers() as f64, "every reply is that of its question");
    match way {
        Way::Loop => assert_eq!(figures.os_threads, 1.0, "the loop needs one thread"),
        // Of those who need not wait, some may have ended before they could be counted.
        Way::Threads if work.wait.is_zero() => {}
        Way::Threads => {
            let needed = work.connections as f64 + 1.0;
            assert_eq!(figures.os_threads, needed, "a thread for each connection, and the one that starts them");
        }
    }
}

/// Checks the two ways against each other.
pub(crate) fn compare(work: Work, threads: &Figures, on_loop: &Figures) {
    let is_far_less = on_loop.peak_rss_kb * TIMES < threads.peak_rss_kb;
    assert!(work.connections < MANY || is_far_less, "from {MANY} connections on, the loop needs far less memory");
}
