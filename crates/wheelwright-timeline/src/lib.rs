//! Turns a recorded run of the loop into one page to look at; the recorder it reads is not written yet.
#![warn(clippy::print_stdout)] // what stdout is for is the program's to say
