//! Turns what two processes hold, sample by sample, into whether it is flat.

use std::fmt;
use std::time::Duration;

use wheelwright_http::Client;

use super::calls::Tally;
use crate::faults::Held;
use crate::{memory, proc_self, status_number};

/// So much more than before is still flat, as is 2 %.
const MEMORY_KB: u64 = 1024;
const DESCRIPTORS: u64 = 8;
/// The names of what is shown of a process.
const HELD: &str = "     kB   alloc  descr.   tasks  timers";

/// What a process and its loop hold: memory as the system counts it and as it is allocated, in kB, descriptors, tasks, timers
/// and sockets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    memory: u64,
    allocated: u64,
    descriptors: u64,
    tasks: u64,
    timers: u64,
    sources: u64,
}

impl Figures {
    pub(super) fn now() -> Self {
        let Held(descriptors, live) = Held::now();
        let memory = status_number(&proc_self("status"), "VmRSS");
        let counts = [memory::allocated() / 1024, descriptors, live.tasks, live.timers, live.sources];
        let [allocated, descriptors, tasks, timers, sources] = counts.map(|count| count as u64);
        Self { memory, allocated, descriptors, tasks, timers, sources }
    }

    /// Asks the server for its own.
    pub(super) async fn asked(client: &Client, port: u16) -> Self {
        let response = client.get(format!("http://127.0.0.1:{port}/")).expect("a URL").send().await;
        let told = response.expect("the server answers").text().await.expect("the answer comes whole");
        let figures: Vec<u64> = told.split(' ').map(|figure| figure.parse().expect("a number")).collect();
        let [memory, allocated, descriptors, tasks, timers, sources] = figures[..] else { panic!("six are told") };
        Self { memory, allocated, descriptors, tasks, timers, sources }
    }

    pub(super) fn told(&self) -> String {
        let Self { memory, allocated, descriptors, tasks, timers, sources } = self;
        format!("{memory} {allocated} {descriptors} {tasks} {timers} {sources}")
    }

    /// Whether no more is held than before, but for buffers that are kept for the next call.
    pub(super) fn holds_only(&self, before: &Self) -> bool {
        let counts = |figures: &Self| [figures.descriptors, figures.tasks, figures.timers, figures.sources];
        counts(self) == counts(before) && self.allocated <= before.allocated + MEMORY_KB
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory, allocated, descriptors, tasks, timers, .. } = self;
        write!(f, "{memory:>7} {allocated:>7} {descriptors:>7} {tasks:>7} {timers:>7}")
    }
}

/// What the client and the server held, again and again.
pub(super) struct Samples {
    client: Vec<Figures>,
    server: Vec<Figures>,
    /// From one sample that is shown to the next.
    every: Duration,
    next_shown: Duration,
}

impl Samples {
    /// Shows a sample each time that so much has passed.
    pub(super) fn shown(every: Duration) -> Self {
        println!("{:30} | {:^47} | the server", "", "the client");
        println!("{:>8} {:>10} {:>10} | {HELD}    idle | {HELD}", "time", "calls", "errors");
        Self { client: Vec::new(), server: Vec::new(), every, next_shown: every }
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, time: Duration, tally: &Tally, idle: usize, server: Figures) {
        let client = Figures::now();
        if self.next_shown <= time {
            let (calls, errors) = (tally.calls(), tally.errors());
            println!("{:>6} s {calls:>10} {errors:>10} | {client} {idle:>7} | {server}", time.as_secs());
            self.next_shown += self.every;
        }
        self.client.push(client);
        self.server.push(server);
    }

    /// Tells the medians of the first and of the last quarter; says whether all is flat, which is that none grew.
    pub(super) fn are_flat(&self) -> bool {
        let mut flat = true;
        for (who, samples) in [("client", &self.client), ("server", &self.server)] {
            let memory = quarters(samples, |figures| figures.memory);
            let allocated = quarters(samples, |figures| figures.allocated);
            let descriptors = quarters(samples, |figures| figures.descriptors);
            println!(
                "the {who}'s first and last quarter: memory {memory:?} kB, allocated {allocated:?} kB, descriptors {descriptors:?}"
            );
            flat &= is_flat(memory, MEMORY_KB) && is_flat(allocated, MEMORY_KB) && is_flat(descriptors, DESCRIPTORS);
        }
        flat
    }
}

/// The medians of the first and of the last quarter.
fn quarters(samples: &[Figures], figure: fn(&Figures) -> u64) -> [u64; 2] {
    let quarter = samples.len() / 4;
    [&samples[..quarter], &samples[samples.len() - quarter..]].map(|part| {
        let mut figures: Vec<u64> = part.iter().map(figure).collect();
        figures.sort_unstable();
        figures[figures.len() / 2]
    })
}

fn is_flat([first, last]: [u64; 2], few: u64) -> bool {
    last <= first + few.max(first / 50)
}
