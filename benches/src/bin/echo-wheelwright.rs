//! Turns `WARM_UP N` into a line of figures about echoes on this project's runtime.

use std::io;

use wheelwright::Runtime;
use wheelwright_benches::echo;

fn main() -> io::Result<()> {
    echo::main(&Runtime::builder().build()?)
}
