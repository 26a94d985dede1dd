//! Turns three calls into one wait, and an error of one into a choice: the others run on, or they end with it.
//!
//! `cargo run --release --example gather` runs under the paused clock: it waits for 2.5 s in no time.
//! The same in Python is `book/python/gather.py`, with tokio `benches/book/gather.rs`; the three print the same.
//!
//! Try: let `c` fail, too (`if failing.is_some() && name != "b"`). Which error comes out, and what becomes of the second
//! one? (`task_group` keeps it. The check of the first way then stops.)

use std::cell::Cell;
use std::io;
use std::time::Duration;

use support::timeline;
use wheelwright::time::{self, sleep};
use wheelwright::{Runtime, join_all, spawn_named, try_join_all};

const CALLS: [(&str, u64); 3] = [("b", 300), ("a", 100), ("c", 200)];

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
    static FINISHED: Cell<u32> = const { Cell::new(0) };
}

/// A call that has begun and has not ended, whichever way it ends.
struct Alive;

impl Alive {
    fn new() -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Self
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

/// Stands for a call over the network: it takes its time, and fails if it is the one that shall.
async fn call(name: &str, ms: u64, failing: Option<&str>) -> Result<String, String> {
    let _alive = Alive::new();
    sleep(Duration::from_millis(ms)).await;
    if failing == Some(name) {
        return Err(format!("{name} failed"));
    }
    FINISHED.set(FINISHED.get() + 1);
    Ok(name.to_owned())
}

fn main() -> io::Result<()> {
    timeline::run(Runtime::builder().paused(), async {
        all_well().await;
        assert_eq!(FINISHED.take(), 3, "nobody fails");
        println!("\na fails, and the others run on");
        after_an_error(try_join_all(as_tasks())).await;
        assert_eq!(FINISHED.take(), 2, "the error of one ended nobody else");
        println!("\na fails, and the others end with it");
        after_an_error(try_join_all(CALLS.map(|(name, ms)| call(name, ms, Some("a"))))).await;
        assert_eq!(FINISHED.take(), 0, "the error of one ended the others");
    })?;
    println!(
        "\nThree calls take as long as the slowest; whether an error ends the others is a choice, made when they start."
    );
    Ok(())
}

async fn all_well() {
    let begun = time::now();
    let results = join_all(CALLS.map(|(name, ms)| call(name, ms, None))).await;
    let names: Vec<String> = results.into_iter().flatten().collect();
    let took = (time::now() - begun).as_millis();
    println!("all well\n  results: {}, after {took} ms", names.join(" "));
    assert_eq!(names, ["b", "a", "c"], "in the order of the calls, not of their ends");
    assert_eq!(took, 300, "the maximum of 300, 100 and 200, not the sum");
}

/// A task lives on when nobody waits for it.
fn as_tasks() -> [impl Future<Output = Result<String, String>>; 3] {
    CALLS.map(|(name, ms)| {
        let task = spawn_named(name, call(name, ms, Some("a")));
        async { task.await.expect("it does not panic") }
    })
}

async fn after_an_error(calls: impl Future<Output = Result<Vec<String>, String>>) {
    let begun = time::now();
    let error = calls.await.expect_err("a fails");
    println!("  error: {error}, after {} ms; {} calls alive", (time::now() - begun).as_millis(), ALIVE.get());
    sleep(Duration::from_secs(1)).await;
    println!("  a second later: {} of the others finished", FINISHED.get());
}
