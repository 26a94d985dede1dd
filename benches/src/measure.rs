//! Turns a run of a workload into one line of JSON: clocks, operations and peak memory.

use std::fmt;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// A wall clock and the process's CPU clock, started together.
#[derive(Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts both clocks.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch { wall: Instant::now(), cpu: cpu_time() }
    }

    /// Reads both clocks, after `operations` operations.
    #[must_use]
    pub fn stop(self, operations: u64) -> Measured {
        let cpu = cpu_time() - self.cpu;
        Measured { operations, wall: self.wall.elapsed(), cpu }
    }
}

/// What one run of a workload took.
#[derive(Debug)]
pub struct Measured {
    operations: u64,
    wall: Duration,
    cpu: Duration,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{{\"operations\": {}, \"wall_ns\": {}, \"cpu_ns\": {}, \"max_rss_kb\": {}}}",
            self.operations,
            self.wall.as_nanos(),
            self.cpu.as_nanos(),
            max_rss_kb()
        )
    }
}

/// User and system time of this process, all its threads, in the kernel's own nanoseconds.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(now).expect("a process's CPU clock is never negative")
}

/// The most memory this process ever held at once, as the kernel counts it.
pub(crate) fn max_rss_kb() -> u64 {
    status_kb("VmHWM:")
}

/// The memory this process holds now.
pub(crate) fn rss_kb() -> u64 {
    status_kb("VmRSS:")
}

fn status_kb(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux shows each process its status");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the status states the memory");
    line.trim().trim_end_matches(" kB").parse().expect("memory is a number of kB")
}

/// Lets this process open as many descriptors as its hard limit allows.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("a soft limit may be raised up to the hard one");
}
