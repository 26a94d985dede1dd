//! Turns `ROW WARM_UP N` into a line of figures about this project's runtime while it is recorded.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/tools.rs"]
mod tools;
#[path = "../peers/words.rs"]
mod words;

use wheelwright::Runtime;
use wheelwright::record::CAPACITY;

fn main() {
    command::main();
}

fn block_on<F: Future>(future: F) -> F::Output {
    Runtime::builder().recorded(CAPACITY).build().expect("this thread has no other runtime").block_on(future)
}
