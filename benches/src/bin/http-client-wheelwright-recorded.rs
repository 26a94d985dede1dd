//! Turns this project's client into GETs while it is recorded.

use std::io;

use wheelwright::Runtime;
use wheelwright::record::CAPACITY;
use wheelwright_benches::wheelwright_client;

fn main() -> io::Result<()> {
    wheelwright_client::main(&Runtime::builder().recorded(CAPACITY).build()?)
}
