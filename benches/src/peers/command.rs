//! Turns the command line `ROW N` into one run and its line of figures.

use std::io::{self, Write};

use crate::rows;

/// Runs one row and prints what it took.
///
/// # Panics
///
/// Panics with the usage if the command line is not a row and a number.
pub(crate) fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [row, n] = words.as_slice() else { panic!("usage: ROW N") };
    let measured = rows::run(row, n.parse().expect("N is a number"));
    writeln!(io::stdout(), "{measured}").expect("somebody reads the figures");
}
