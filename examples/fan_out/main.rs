//! Turns fifty slow calls into the wait for one: fans out over many URLs on one thread, and shows what that saves.
//!
//! `cargo run --release --example fan_out` starts a server that answers each call after 100 ms and asks it for fifty answers in
//! three ways: one after another, with a thread for each, and on the loop. Server and ways are processes of their own, so that
//! their figures do not mix. The first two ways are written as one would write them without async: blocking sockets of the
//! standard library. All three send the same bytes over as many connections.
//!
//! `cargo run --release --example fan_out -- --urls FILE --out records.jsonl` fetches a list of yours; `--help` tells the rest.

mod arguments; // the command line -> what to do
mod demo; // child processes -> a table of three ways
mod serve; // calls -> late answers, counted
mod ways; // one of the three ways -> its figures
mod figures; // a process -> its time, threads and memory
mod table; // figures -> what a person or a program reads

mod job; // a list of URLs -> a record for each
mod lines; // the list's text -> its URLs
mod call; // one URL -> its outcome, after one try or several
mod permits; // limits -> a wait for one's turn
mod backoff; // a failed try -> when to try again
mod saved; // the chunks of a body -> a whole file or none
mod outcome; // what became of a line -> its record
mod records; // records -> a file, line by line
mod tally; // outcomes -> the figures of the whole list
mod interrupt; // Ctrl-C -> a graceful end, or an end

use std::process::ExitCode;

use arguments::Task;

fn main() -> ExitCode {
    let ended = match arguments::read() {
        Task::Demo { json } => demo::run(json),
        Task::Serve { tied } => serve::run(tied),
        Task::Way { way, port } => ways::run(way, port),
        Task::Fetch(options) => job::run(&options),
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("fan_out: {}", failure.message);
        ExitCode::from(failure.code)
    })
}

/// Why the program cannot do what it was asked to.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something was asked for that cannot be.
    fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// Something went wrong on the way.
    fn on_the_way(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }
}
