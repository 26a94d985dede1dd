//! Turns the command line `ROW WARM_UP N` into one run and its line of figures.

use std::io::{self, Write};

use crate::rows;

/// Runs one row and prints what it took.
///
/// # Panics
///
/// Panics with the usage if the command line is not a row and two numbers.
pub(crate) fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [row, warm_up, n] = words.as_slice() else { panic!("usage: ROW WARM_UP N") };
    let number = |word: &str| word.parse().expect("WARM_UP and N are numbers of operations");
    let measured = rows::run(row, number(warm_up), number(n));
    writeln!(io::stdout(), "{measured}").expect("somebody reads the figures");
}
