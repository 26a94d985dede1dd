//! Turns one workload, written with a thread for each connection and written on the loop, into a table of where async pays.
//!
//! `cargo run --release --example threads_vs_async` runs for about a minute; `-- --quick` stops at 1,000 connections and takes
//! some seconds. `--json FILE` and `--svg FILE` write the figures down. It needs Linux, which tells a process its memory.
//!
//! Read `threads.rs` beside `on_the_loop.rs`: the same conversation twice. Each client is a process of its own, so that its
//! figures are its own, and so is the server, whose work is in none of them. The wall time needs a machine that does nothing
//! else: where others want the processors too, each of 10,000 threads is given turns, and the loop is given those of one.
//!
//! Try: give each thread a stack of 64 KiB (`.stack_size(1 << 16)` in `threads.rs`). Does a thread need less memory now, or
//! was it never the size of its stack that counted? Then let answers come after 500 ms instead of 50 (in `work.rs`): which of
//! the figures change, and does the wall time still tell the two ways apart?

mod threads; // connections -> a thread each
mod on_the_loop; // connections -> a task each, on one thread
mod work; // a number of connections -> what they do; a question -> bytes
mod server; // questions -> answers, after a wait or at once
mod client; // a process that does the work -> its time, memory and threads
mod comparison; // both ways at each count -> rows that hold what is claimed
mod report; // rows -> what a person reads
mod results; // rows -> a file for programs, and a picture

use std::{env, fs, fs::File, io, process, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, Command};
use support::usage::peak_memory_kb;
use work::Work;

const COUNTS: [u16; 5] = [1, 10, 100, 1_000, 10_000];

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let Err(error) = in_a_child(&words.join(" ")).unwrap_or_else(compare) {
        eprintln!("threads_vs_async: {error}");
        process::exit(1);
    }
}

/// Does what the comparison tells its children to do; nothing, if these are not its words.
fn in_a_child(words: &str) -> Option<io::Result<()>> {
    let (role, numbers) = words.split_once(' ')?;
    let numbers: Vec<u16> = numbers.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [connections, exchanges, wait_ms, ref ports @ ..] = numbers[..] else { return None };
    let work = Work { connections, exchanges, wait: Duration::from_millis(wait_ms.into()) };
    match role {
        "serve" => return Some(server::run(work)),
        "threads" => client::tell(threads::run, work, ports),
        "loop" => client::tell(on_the_loop::run, work, ports),
        _ => return None,
    }
    Some(Ok(()))
}

fn compare() -> io::Result<()> {
    let options = options();
    if peak_memory_kb().is_none() {
        println!("skipped: only Linux tells a process how much memory it had");
        return Ok(());
    }
    let (counts, rounds) = if options.get_flag("quick") { (&COUNTS[..4], 1) } else { (&COUNTS[..], 5) };
    report::begin();
    let waiting = report::table(&counts.iter().copied().map(Work::waiting).collect::<Vec<_>>(), rounds)?;
    report::crossovers(&waiting)?;
    let pages = report::table(&[1, 10].map(Work::page), 3 * rounds)?; // short, and easily disturbed
    if let Some(path) = options.get_one::<String>("json") {
        fs::write(path, results::figures(rounds, &waiting, &pages))?;
    }
    if let Some(path) = options.get_one::<String>("svg") {
        fs::write(path, results::picture(&waiting))?;
    }
    report::end(&waiting, &pages)
}

/// Reads the command line; a wrong one ends the program with code 2.
fn options() -> ArgMatches {
    // Better to hear now that a file cannot be written than when all is measured.
    let writable = |path: &str| File::options().append(true).create(true).open(path).map(|_| path.to_owned());
    let file = |name, help| Arg::new(name).long(name).value_name("FILE").value_parser(writable).help(help);
    let quick = Arg::new("quick").long("quick").action(ArgAction::SetTrue).help("Up to 1,000 connections, once");
    let files = [file("json", "Write the figures there"), file("svg", "Draw them there")];
    Command::new("threads_vs_async").arg(quick).args(files).get_matches()
}
