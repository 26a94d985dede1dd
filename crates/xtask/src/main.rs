//! Turns a chore of this repository into one command: `cargo xtask tidy`, `cargo xtask ci`.

mod bench; // this runtime measured beside others
mod book; // the book, built, served, checked
mod ci; // every stage of a check of the whole
mod marked; // the parts of pages that are written by these chores
mod soak; // minutes under load, faults and cancels
mod tidy; // the house rules that a machine can check
mod tree; // the repository's files, read once

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>
  tidy [--counts | --bless]   check the house rules; print or rewrite the line counts
  ci [--full]                 everything a change must pass; --full adds sanitizer, valgrind and guards
  examples [NAME...] [--bless] every example against what it printed before; --bless writes that anew
  browser [NAME...] [--screenshots DIR]   what Chromium sees of the examples that serve pages
  guards [--bless]            instructions and allocations against the committed figures
  book [--serve | --check | --bless]   builds the book; serves it, checks it, or makes its pictures of runs anew
  soak [--minutes N] [--seed N] client and server under load and faults: is memory flat, is nothing left?
  interop [PEER...]           our client and server with curl, nginx, aiohttp, hyper, …; hyper's own on this loop
  bench [ROW...] [--quick] [--count]   time, or counts, beside tokio and smol, reqwest and hyper";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.split_first() {
        Some((&"tidy", rest)) => tidy::run(rest),
        Some((&"ci", rest)) => ci::run(rest),
        Some((&"bench", rest)) => bench::run(rest),
        Some((&"interop", rest)) => ci::interop::run_chore(rest),
        Some((&"examples", rest)) => ci::examples::run_chore(rest),
        Some((&"browser", rest)) => ci::browser::run_chore(rest),
        Some((&"book", rest)) => book::run(rest),
        Some((&"soak", rest)) => soak::run(rest),
        Some((&"guards", rest)) => ci::guards::run(rest),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
