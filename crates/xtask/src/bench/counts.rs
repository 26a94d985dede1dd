//! Turns runs of N and of 3N operations into what one operation costs in instructions, allocations and system calls.
//!
//! The difference leaves out what starting, warming up and ending cost. Instructions are callgrind's (the program's
//! own, not the kernel's), allocations are dhat's blocks. System calls are counted by the kernel's tracepoint through
//! perf, which leaves the run's timing alone; strace would stretch it and spoil the sharing of one look at the kernel
//! among many sockets. Where the tracepoint may not be used, they are unknown.

use super::programs::{Programs, Server, output_of};
use super::rows::{Job, Row};

use std::process::Command;

/// What one operation costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) instructions: f64,
    pub(super) allocations: f64,
    pub(super) system_calls: Option<f64>,
}

/// Counts for every peer of a row.
pub(super) fn of(row: &Row, programs: &Programs) -> Result<Vec<(&'static str, Counts)>, String> {
    let server = programs.server_for(row)?;
    let counted = row.peers().iter().map(|peer| Ok((*peer, of_peer(row, peer, programs, &server)?)));
    counted.collect()
}

fn of_peer(row: &Row, peer: &str, programs: &Programs, server: &Server) -> Result<Counts, String> {
    // Few under valgrind, which is fifty times slower than the machine; both must be whole batches.
    let (few, many) = match row.job {
        Job::Loop => (row.batch.max(10_000), 1_000_000),
        Job::Http { .. } => (2_000, 30_000),
    };
    let difference = |n: u64, count: fn(&[String]) -> Result<f64, String>| -> Result<f64, String> {
        let [once, thrice] = [n, 3 * n].map(|size| count(&programs.command_line(row, peer, [0, size], server)));
        Ok((thrice? - once?) / (2 * n) as f64)
    };
    Ok(Counts {
        instructions: difference(few, instructions)?,
        allocations: difference(few, allocations)?,
        system_calls: difference(many, system_calls).ok(),
    })
}

fn instructions(program: &[String]) -> Result<f64, String> {
    let mut valgrind = Command::new("valgrind");
    let said = output_of(valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(program))?;
    number_after(&said.stderr, "Collected :").ok_or_else(|| format!("no count in: {}", said.stderr))
}

fn allocations(program: &[String]) -> Result<f64, String> {
    let mut valgrind = Command::new("valgrind");
    let said = output_of(valgrind.args(["--tool=dhat", "--dhat-out-file=/dev/null"]).args(program))?;
    let total = said.stderr.lines().find_map(|line| line.split_once("Total: "));
    let blocks = total.and_then(|(_, total)| number_after(total, " bytes in "));
    blocks.ok_or_else(|| format!("no count in: {}", said.stderr))
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
        assert_eq!(number_after("nothing", "Collected :"), None);
    }
}
