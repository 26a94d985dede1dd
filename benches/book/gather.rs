//! Turns three calls into one wait, and an error of one into a choice, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin gather` prints what the example `gather` prints.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep};

const CALLS: [(&str, u64); 3] = [("b", 300), ("a", 100), ("c", 200)];

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
    static FINISHED: Cell<u32> = const { Cell::new(0) };
}

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

async fn call(name: &str, ms: u64, failing: Option<&str>) -> Result<String, String> {
    let _alive = Alive::new();
    sleep(Duration::from_millis(ms)).await;
    if failing == Some(name) {
        return Err(format!("{name} failed"));
    }
    FINISHED.set(FINISHED.get() + 1);
    Ok(name.to_owned())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let local = LocalSet::new();
    local
        .run_until(async {
            all_well().await;
            FINISHED.set(0);
            println!("\na fails, and the others run on");
            after_an_error(try_join_all(CALLS.map(|(name, ms)| {
                let task = spawn_local(call(name, ms, Some("a")));
                async { task.await.expect("it does not panic") }
            })))
            .await;
            FINISHED.set(0);
            println!("\na fails, and the others end with it");
            after_an_error(try_join_all(CALLS.map(|(name, ms)| call(name, ms, Some("a"))))).await;
        })
        .await;
    println!(
        "\nThree calls take as long as the slowest; whether an error ends the others is a choice, made when they start."
    );
}

async fn all_well() {
    let begun = Instant::now();
    let results = join_all(CALLS.map(|(name, ms)| call(name, ms, None))).await;
    let names: Vec<String> = results.into_iter().flatten().collect();
    let took = begun.elapsed().as_millis();
    println!("all well\n  results: {}, after {took} ms", names.join(" "));
    assert_eq!((names.concat().as_str(), took), ("bac", 300));
}

async fn after_an_error(calls: impl Future<Output = Result<Vec<String>, String>>) {
    let begun = Instant::now();
    let error = calls.await.expect_err("a fails");
    println!("  error: {error}, after {} ms; {} calls alive", begun.elapsed().as_millis(), ALIVE.get());
    sleep(Duration::from_secs(1)).await;
    println!("  a second later: {} of the others finished", FINISHED.get());
}
