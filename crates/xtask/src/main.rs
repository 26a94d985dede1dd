//! Turns a chore of this repository into one command.
fn main() {}
