//! Turns this project's client into GETs.

use std::io;

use wheelwright::Runtime;
use wheelwright_benches::wheelwright_client;

fn main() -> io::Result<()> {
    wheelwright_client::main(&Runtime::builder().build()?)
}
