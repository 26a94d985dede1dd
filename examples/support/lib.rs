//! Turns what several programs need besides their topic into seven small modules.

pub mod chart; // lines of points -> a picture
pub mod fields; // header fields -> JSON
pub mod heartbeat; // a beat every few milliseconds -> how late the loop was
pub mod process; // this program, started anew in another role
pub mod quantile; // many durations -> the middle one, the 99th in a hundred, the longest
pub mod timeline; // a run -> a picture of it, if the command line asks
pub mod usage; // a process -> its time, threads, memory and descriptors
