//! Turns `WARM_UP N` into a line of figures about echoes on this project's runtime while it is recorded.

use std::io;

use wheelwright::Runtime;
use wheelwright::record::CAPACITY;
use wheelwright_benches::echo;

fn main() -> io::Result<()> {
    echo::main(&Runtime::builder().recorded(CAPACITY).build()?)
}
