//! Turns runs of the built program into facts about it: what it writes, how it ends, what a server sees of it.

// What a test cannot go on without fails it.
#![allow(clippy::unwrap_used)]

#[path = "../common/built.rs"]
mod built; // a name -> an executable
mod program; // arguments -> a run of the program
mod server; // threads -> a server that misbehaves as told

mod ends; // Ctrl-C, broken pipes, outputs that cannot be had
mod faults; // calls that fail, and are tried again
mod limits; // what a server sees in flight
mod servers_of_others; // nginx and Python's http.server
mod pages; // folders of real pages, and what is equal to them
mod list; // a record for each line
mod three_ways; // the demonstration's children
