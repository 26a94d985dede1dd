//! Turns both ways of the same work into a row, and what is claimed of them into checks.

use std::io;

use support::usage::raise_descriptor_limit;

use crate::client::{self, Figures};
use crate::work::Work;

/// Descriptors that a process needs besides those of its connections.
const BESIDES: u64 = 50;

/// From so many connections on, it is claimed, threads need at least `TIMES` the memory of the loop. When the claim was made,
/// they needed three times as much for 1,000 connections and seven times for 10,000.
const MANY: u16 = 1_000;
const TIMES: u64 = 2;

pub(crate) const WAYS: [&str; 2] = ["threads", "loop"];

/// The same work in both ways.
pub(crate) struct Row {
    pub(crate) work: Work,
    /// Figures; or why there are none.
    pub(crate) outcomes: [Result<Figures, String>; 2],
}

impl Row {
    /// The two ways take turns, so that a disturbance meets both.
    pub(crate) fn measure(work: Work, rounds: usize) -> io::Result<Self> {
        let descriptors = raise_descriptor_limit();
        if descriptors < u64::from(work.connections) + BESIDES {
            return Ok(Self { work, outcomes: WAYS.map(|_| Err(format!("{descriptors} descriptors are too few"))) });
        }
        let mut told = [const { Vec::new() }; 2];
        for _ in 0..rounds {
            for (way, told) in WAYS.iter().zip(&mut told) {
                told.push(client::run(way, work)?);
            }
        }
        let row = Self { work, outcomes: told.map(client::median) };
        row.check();
        Ok(row)
    }

    /// What is claimed of the two, if the system refused neither.
    fn check(&self) {
        let Work { connections, wait, .. } = self.work;
        let Some([threads, on_loop]) = self.both() else { return };
        assert_eq!(on_loop.os_threads, 1, "the loop needs one thread");
        if !wait.is_zero() {
            // Of those who need not wait, some may have ended before they could be counted.
            let needed = u64::from(connections) + 1;
            assert_eq!(threads.os_threads, needed, "a thread for each connection, and the one that starts them");
        }
        let is_far_less = on_loop.peak_rss_kb * TIMES < threads.peak_rss_kb;
        assert!(connections < MANY || is_far_less, "from {MANY} connections on, the loop needs far less memory");
    }

    /// The figures of threads and loop; none, if the system refused what one of them asked for.
    pub(crate) fn both(&self) -> Option<[&Figures; 2]> {
        let [threads, on_loop] = &self.outcomes;
        Some([threads.as_ref().ok()?, on_loop.as_ref().ok()?])
    }
}
