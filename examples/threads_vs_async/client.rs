//! Turns a client, a process of its own, into figures: its time, its memory, its threads.

use std::{array, fs, io, time::Instant};

use support::process::Child;
use support::usage::{cpu_time, os_threads, peak_memory_kb};

use crate::work::Work;

/// What a client came to.
pub(crate) struct Figures {
    pub(crate) wall_us: u64,
    /// User and system.
    pub(crate) cpu_us: u64,
    pub(crate) peak_rss_kb: u64,
    pub(crate) os_threads: u64,
    /// By how much stacks and page tables in the kernel grew. The system tells a sum, so that what others do is in it.
    pub(crate) kernel_kb: u64,
}

/// The threads of this process, and kB of stacks and page tables in the kernel, which the memory of no process shows.
pub(crate) fn census() -> [u64; 2] {
    let system = fs::read_to_string("/proc/meminfo").expect("Linux tells what memory is used for");
    let kept = system.lines().filter(|line| line.starts_with("KernelStack:") || line.starts_with("PageTables:"));
    let kernel_kb = kept.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum();
    [os_threads().expect("Linux tells how many threads a process has"), kernel_kb]
}

/// In the client: does the work, and tells its figures to whoever started it; or why there are none.
pub(crate) fn tell(way: fn(Work, &[u16]) -> io::Result<[u64; 2]>, work: Work, ports: &[u16]) {
    let (begun, cpu_before, [_, kernel_before]) = (Instant::now(), cpu_time(), census());
    let told = way(work, ports).map(|[threads, kernel_kb]| {
        let [wall, cpu] = [begun.elapsed(), cpu_time() - cpu_before].map(|time| time.as_micros());
        let peak = peak_memory_kb().expect("Linux tells how much memory a process had");
        format!("{wall} {cpu} {peak} {threads} {}", kernel_kb.saturating_sub(kernel_before))
    });
    println!("{}", told.unwrap_or_else(|error| error.to_string()));
}

/// Starts a server and a client for it, and listens to what the client tells: five figures, or why there are none.
pub(crate) fn run(way: &str, work: Work) -> io::Result<Result<[u64; 5], String>> {
    let work = format!("{} {} {}", work.connections, work.exchanges, work.wait.as_millis());
    let mut server = Child::start(&["serve", &work])?;
    let ports = server.line()?;
    let told = Child::start(&[way, &work, &ports])?.finish()?;
    let figures: Vec<u64> = told.split_whitespace().flat_map(str::parse).collect();
    Ok(figures.try_into().map_err(|_| told.trim().to_owned()))
}

/// The median of each figure, since a round may be disturbed.
pub(crate) fn median(rounds: Vec<Result<[u64; 5], String>>) -> Result<Figures, String> {
    let rounds = rounds.into_iter().collect::<Result<Vec<_>, _>>()?;
    let [wall_us, cpu_us, peak_rss_kb, os_threads, kernel_kb] = array::from_fn(|figure| {
        let mut sorted: Vec<u64> = rounds.iter().map(|round| round[figure]).collect();
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    });
    Ok(Figures { wall_us, cpu_us, peak_rss_kb, os_threads, kernel_kb })
}
