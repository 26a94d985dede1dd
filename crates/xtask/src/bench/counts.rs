//! Turns runs of N and of 3N operations into what one operation costs in instructions, allocations and system calls.
//!
//! The difference leaves out what starting, warming up and ending cost. Instructions are callgrind's (the program's
//! own, not the kernel's), allocations are dhat's blocks. System calls are counted by the kernel's tracepoint through
//! perf, which leaves the run's timing alone; strace would stretch it and spoil the sharing of one look at the kernel
//! among many sockets. Where the tracepoint may not be used, they are unknown.
//!
//! What a request in flight holds on the heap is the difference of two clients' heaps at their largest, by dhat: one with
//! as many requests in flight as the row has, and one with a single one.

use super::programs::{Programs, Server, output_of};
use super::rows::{Job, Row};

use std::process::Command;

/// So many requests in flight are a crowd: counted is what each of it holds. What one costs is counted with few.
const CROWD: u32 = 2_000;

/// What one operation costs, as far as it was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) instructions: Option<f64>,
    pub(super) allocations: Option<f64>,
    pub(super) system_calls: Option<f64>,
    /// For each request in flight, where there are requests.
    pub(super) held: Option<Held>,
}

/// What the heap holds for one request in flight, its connection included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) bytes: f64,
    pub(super) blocks: f64,
}

/// Counts for every peer of a row.
pub(super) fn of(row: &Row, programs: &Programs) -> Result<Vec<(&'static str, Counts)>, String> {
    let server = programs.server_for(row)?;
    let counted = row.peers().iter().map(|peer| Ok((*peer, of_peer(row, peer, programs, &server)?)));
    counted.collect()
}

fn of_peer(row: &Row, peer: &str, programs: &Programs, server: &Server) -> Result<Counts, String> {
    let held = row.in_flight().map(|in_flight| held(in_flight, peer, programs, server)).transpose()?;
    if row.in_flight().is_some_and(|in_flight| CROWD <= in_flight) {
        return Ok(Counts { held, ..Counts::default() });
    }
    // Few under valgrind, which is fifty times slower than the machine; both must be whole batches.
    let (few, many) = match row.job {
        Job::Loop => (row.batch.max(10_000), 1_000_000),
        Job::Echo | Job::Http { .. } => (2_000, 30_000),
        Job::Server { .. } => return Err("a server is asked for a time, and not so many times".into()),
    };
    let difference = |n: u64, count: fn(&[String]) -> Result<f64, String>| -> Result<f64, String> {
        let [once, thrice] = [n, 3 * n].map(|size| count(&programs.command_line(row, peer, [0, size], server)));
        Ok((thrice? - once?) / (2 * n) as f64)
    };
    Ok(Counts {
        instructions: Some(difference(few, instructions)?),
        allocations: Some(difference(few, allocations)?),
        system_calls: difference(many, system_calls).ok(),
        held,
    })
}

/// Both clients end with the crowd that is in flight all at once.
fn held(in_flight: u32, peer: &str, programs: &Programs, server: &Server) -> Result<Held, String> {
    let largest = |in_flight| at_most(&programs.client(peer, in_flight, "0", server));
    let ([one, one_blocks], [all, all_blocks]) = (largest(1)?, largest(in_flight)?);
    let each = |one: f64, all: f64| (all - one) / f64::from(in_flight - 1);
    Ok(Held { bytes: each(one, all), blocks: each(one_blocks, all_blocks) })
}

fn instructions(program: &[String]) -> Result<f64, String> {
    let mut valgrind = Command::new("valgrind");
    let said = output_of(valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(program))?;
    number_after(&said.stderr, "Collected :").ok_or_else(|| format!("no count in: {}", said.stderr))
}

fn allocations(program: &[String]) -> Result<f64, String> {
    heap(program, "Total: ").map(|[_, blocks]| blocks)
}

/// Bytes and blocks when the heap was at its largest.
fn at_most(program: &[String]) -> Result<[f64; 2], String> {
    heap(program, "At t-gmax: ")
}

/// Bytes and blocks of one line of dhat's.
fn heap(program: &[String], mark: &str) -> Result<[f64; 2], String> {
    let mut valgrind = Command::new("valgrind");
    let said = output_of(valgrind.args(["--tool=dhat", "--dhat-out-file=/dev/null"]).args(program))?;
    let line = said.stderr.lines().find(|line| line.contains(mark)).unwrap_or_default();
    let figures = number_after(line, mark).zip(number_after(line, " bytes in "));
    figures.map(<[f64; 2]>::from).ok_or_else(|| format!("no count in: {}", said.stderr))
}

fn system_calls(program: &[String]) -> Result<f64, String> {
    let mut perf = Command::new("perf");
    let said = output_of(perf.args(["stat", "-x,", "-e", "raw_syscalls:sys_enter"]).args(program))?;
    let line = said.stderr.lines().find(|line| line.contains("raw_syscalls:sys_enter"));
    let count = line.and_then(|line| line.split(',').next()?.parse().ok());
    count.ok_or_else(|| format!("no count in: {}", said.stderr))
}

/// The number that follows a mark; valgrind groups its digits by commas.
fn number_after(text: &str, mark: &str) -> Option<f64> {
    text.split_once(mark)?.1.split_whitespace().next()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_after;

    #[test]
    fn counts_are_read_from_what_valgrind_says() {
        assert_eq!(number_after("==7== Collected : 123456\n", "Collected :"), Some(123_456.0));
        assert_eq!(number_after("==7== Total:     1,234 bytes in 5,678 blocks", " bytes in "), Some(5_678.0));
        assert_eq!(number_after("==7== At t-gmax: 1,234 bytes in 5 blocks", "At t-gmax: "), Some(1_234.0));
        assert_eq!(number_after("nothing", "Collected :"), None);
    }
}
