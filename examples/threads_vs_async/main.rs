//! Turns one workload, written with a thread for each connection and written on the loop, into an answer: when does async pay?
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

mod arguments; // the command line -> what to do
mod comparison; // both ways at each count -> rows
mod work; // a number of connections -> what a client does in one of two ways
mod threads; // connections -> a thread each
mod on_the_loop; // connections -> a task each, on one thread
mod server; // questions -> answers, after a wait or at once
mod message; // the number of a question -> bytes, and back
mod census; // a moment -> the threads that there are, and what the kernel keeps for them
mod figures; // a client process -> its time, memory and threads
mod claims; // figures -> a check of what is claimed of them
mod limits; // what the system allows -> the counts that can be tried
mod quantities; // figures -> what the two ways are compared by, and where they part
mod report; // rows -> what a person reads
mod results; // rows -> a file for programs
mod chart; // rows -> a picture
mod panel; // rows -> one quantity's part of it
mod scale; // values -> places along an axis

use std::io;

use arguments::Task;

fn main() -> io::Result<()> {
    match arguments::read() {
        Task::Serve(work) => server::run(work),
        Task::Call { way, work, ports } => figures::tell(way, work, &ports),
        Task::Compare(options) => comparison::run(&options),
    }
}
