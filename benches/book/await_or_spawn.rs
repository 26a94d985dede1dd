//! Turns calls that are awaited in a row into the sum of their times, and calls that are spawned into the maximum, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin await_or_spawn` prints what the example `await_or_spawn` prints.

use std::time::Duration;

use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

const CALLS: [u64; 4] = [400, 100, 300, 200];

async fn call(ms: u64) -> Instant {
    let began = Instant::now();
    sleep(Duration::from_millis(ms)).await;
    began
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let sum: u64 = CALLS.iter().sum();
    let maximum = CALLS.into_iter().max().expect("there are calls");
    let calls = async {
        println!("calls of {CALLS:?} ms        begin at (ms)    all over after");
        assert_eq!(show("each awaited where it is made", awaited()).await, sum, "one after another");
        assert_eq!(show("made first, then awaited", made_first()).await, sum, "making a future begins nothing");
        assert_eq!(show("each spawned, awaited right away", spawned_singly()).await, sum, "nothing runs beside it");
        assert_eq!(show("spawned first, then awaited", spawned_first()).await, maximum, "all run side by side");
    };
    LocalSet::new().run_until(calls).await;
    println!(
        "\nA future runs only while it is awaited and a task by itself, so the same calls take {sum} ms in a row \
         and {maximum} ms if spawned first."
    );
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
        began.push(spawn_local(call(ms)).await.expect("a call does not panic"));
    }
    began
}

async fn spawned_first() -> Vec<Instant> {
    let tasks = CALLS.map(|ms| spawn_local(call(ms)));
    let mut began = Vec::new();
    for task in tasks {
        began.push(task.await.expect("a call does not panic"));
    }
    began
}

async fn show(way: &str, calls: impl Future<Output = Vec<Instant>>) -> u64 {
    let begun = Instant::now();
    let began = calls.await;
    let took = begun.elapsed().as_millis() as u64;
    let starts: String = began.iter().map(|at| format!("{:4}", (*at - begun).as_millis())).collect();
    println!("{way:34} {starts} {took:13} ms");
    took
}
