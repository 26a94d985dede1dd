//! Turns calls that are awaited in a row into the sum of their times, and calls that are spawned into the maximum.
//!
//! `cargo run --release --example await_or_spawn` runs under the paused clock: it waits for 3.4 s in no time.
//! Neither a coroutine of asyncio nor a future of Rust does anything until it is awaited, or made a task.
//!
//! Try: add a row for `join_all(CALLS.map(call))`. Nothing is spawned there: which of the times does it take, and why?

use std::io;
use std::time::{Duration, Instant};

use support::timeline;
use wheelwright::time::{self, sleep};
use wheelwright::{Runtime, spawn};

const CALLS: [u64; 4] = [400, 100, 300, 200];

/// Stands for a call over the network, and tells when it began.
async fn call(ms: u64) -> Instant {
    let began = time::now();
    // A sleep counts from where it is made, as in tokio; that of asyncio counts from its await.
    sleep(Duration::from_millis(ms)).await;
    began
}

fn main() -> io::Result<()> {
    let sum: u64 = CALLS.iter().sum();
    let maximum = CALLS.into_iter().max().expect("there are calls");
    timeline::run(Runtime::builder().paused(), async {
        println!("calls of {CALLS:?} ms        begin at (ms)    all over after");
        assert_eq!(show("each awaited where it is made", awaited()).await, sum, "one after another");
        assert_eq!(show("made first, then awaited", made_first()).await, sum, "making a future begins nothing");
        assert_eq!(show("each spawned, awaited right away", spawned_singly()).await, sum, "nothing runs beside it");
        assert_eq!(show("spawned first, then awaited", spawned_first()).await, maximum, "all run side by side");
    })?;
    println!(
        "\nA future runs only while it is awaited and a task by itself, so the same calls take {sum} ms in a row \
         and {maximum} ms if spawned first."
    );
    Ok(())
}

async fn awaited() -> Vec<Instant> {
    let mut began = Vec::new();
    for ms in CALLS {
        began.push(call(ms).await);
    }
    began
}

async fn made_first() -> Vec<Instant> {
    let calls = CALLS.map(call);
    let mut began = Vec::new();
    for call in calls {
        began.push(call.await);
    }
    began
}

async fn spawned_singly() -> Vec<Instant> {
    let mut began = Vec::new();
    for ms in CALLS {
        began.push(spawn(call(ms)).await.expect("a call does not panic"));
    }
    began
}

async fn spawned_first() -> Vec<Instant> {
    let tasks = CALLS.map(|ms| spawn(call(ms)));
    let mut began = Vec::new();
    for task in tasks {
        began.push(task.await.expect("a call does not panic"));
    }
    began
}

/// Prints when the calls began and how long they took in all, and gives that.
async fn show(way: &str, calls: impl Future<Output = Vec<Instant>>) -> u64 {
    let begun = time::now();
    let began = calls.await;
    let took = (time::now() - begun).as_millis() as u64;
    let starts: String = began.iter().map(|at| format!("{:4}", (*at - begun).as_millis())).collect();
    println!("{way:34} {starts} {took:13} ms");
    took
}
