//! Turns the border between plain and async code into a map: each way across, what it costs, and where it deadlocks.
//!
//! `cargo run --release --example boundaries --features sqlite` takes a second. For those who know Django: `block_on`
//! and `Handle::block_on` are its `async_to_sync`, `spawn_blocking` is its `sync_to_async`. A handler of a web server that
//! blocks is in `web_app`.
//!
//! Try: let ROWS in `database.rs` be 5,000. Does it still matter how often a page crosses? Then let PAGES in `deadlock.rs` be
//! 2. How large must the pool be now, how large for 64 pages at once, and what would you do instead?

mod crossings; // every crossing -> a table of counts
mod database; // from the loop out: a page of queries, asked for in three ways
mod deadlock; // out and in and out again, with too few threads
mod storm; // from many threads in, all at once

use std::error::Error;
use std::panic;

use crossings::Way;
use wheelwright::{block_on, yield_now};

fn main() -> Result<(), Box<dyn Error>> {
    show_block_on();
    let [inline, once, each] = enter(database::show())?;
    let arrived = enter(storm::show());
    deadlock::show()?;
    crossings::print();
    println!(
        "\nA page took {inline} us on the loop, which stood still for it, {once} us with one crossing and {each} us with one \
         for each query; of {arrived} crossings from threads none was lost; and a pool that waits for itself waits for ever."
    );
    Ok(())
}

fn enter<F: Future>(future: F) -> F::Output {
    crossings::note(Way::BlockOn);
    block_on(future)
}

fn show_block_on() {
    println!("a  From plain code into a loop");
    let answer = enter(async {
        yield_now().await;
        6 * 7
    });
    println!("   block_on gives what its future gives: {answer}");
    panic::set_hook(Box::new(|_| ())); // what is caught here need not be told twice
    let nested = enter(async { panic::catch_unwind(|| block_on(async {})) });
    drop(panic::take_hook());
    let payload = nested.expect_err("a thread has one loop, and that would stand still");
    println!("   block_on inside block_on panics: {}", payload.downcast_ref::<&str>().expect("it is a plain message"));
}
