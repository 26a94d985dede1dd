//! Turns `ROW WARM_UP N` into a line of figures about this project's runtime.

#[path = "../peers/command.rs"]
mod command;
#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/tools.rs"]
mod tools;
#[path = "../peers/words.rs"]
mod words;

use wheelwright::block_on;

fn main() {
    command::main();
}
