//! Turns one wait into three bills: a thread that polls all the time, a thread that parks, and the loop of this runtime.
//!
//! `cargo run --release --example block_on` takes 0.6 s. The first two are steps of the book, `book/steps/spin.rs` and
//! `park.rs`; a future of theirs runs on the loop as well, for all that the two have to agree on is the waker.
//!
//! Try: run a second one at the same time, then four. Whose time becomes longer, and whose does not?

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

use support::usage::thread_cpu_time;

#[path = "../book/steps/park.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod park;
#[path = "../book/steps/spin.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod spin;

const DELAY: Duration = Duration::from_millis(200);

/// What it took to get one answer.
struct Bill {
    polls: u64,
    wall: Duration,
    cpu: Duration,
}

fn main() {
    println!("one answer, which takes {} ms      wall    CPU time        polls", DELAY.as_millis());
    let spun = bill("polled all the time", || spin::block_on(spin::ask(DELAY, 42)));
    let parked = bill("polled when woken", || park::block_on(park::ask(DELAY, 42)));
    let on_loop = bill("polled when woken, by the loop", || on_the_loop(park::ask(DELAY, 42)));
    for Bill { polls, cpu, .. } in [&parked, &on_loop] {
        assert!(*polls < 10, "one poll to begin with, and one after each wake");
        assert!(*cpu * 10 < spun.cpu, "a thread that sleeps uses next to nothing");
    }
    assert!(1000 < spun.polls && [&spun, &parked, &on_loop].iter().all(|bill| DELAY <= bill.wall));
    println!(
        "\nPolling all the time took {} ms of CPU time and {} polls for one answer; with a waker it took {} us and {}.",
        spun.cpu.as_millis(),
        spun.polls,
        parked.cpu.as_micros(),
        parked.polls
    );
}

/// Waits for an answer of 42, and prints what it took.
fn bill(way: &str, wait: impl FnOnce() -> (u32, u64)) -> Bill {
    let (begun, cpu_begun) = (Instant::now(), thread_cpu_time());
    let (answer, polls) = wait();
    let (wall, cpu) = (begun.elapsed(), thread_cpu_time() - cpu_begun);
    assert_eq!(answer, 42);
    println!("{way:34} {:4} ms {:8.2} ms {polls:12}", wall.as_millis(), cpu.as_secs_f64() * 1e3);
    Bill { polls, wall, cpu }
}

/// Runs a future on a runtime, and counts its polls.
fn on_the_loop<T>(future: impl Future<Output = T>) -> (T, u64) {
    let mut polls = 0;
    let output = wheelwright::block_on(async {
        let mut future = pin!(future);
        poll_fn(|cx| {
            polls += 1;
            future.as_mut().poll(cx)
        })
        .await
    });
    (output, polls)
}
