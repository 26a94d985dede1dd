//! Turns one call that blocks into a heart that stands still: the same wait, awaited, blocking, and on a thread.
//!
//! `cargo run --release --example step_freeze` takes about a second.
//!
//! Try: in the second way, sleep thirty times for a thirtieth of `WAIT`. Does the heart beat? Then put a `yield_now().await`
//! behind each of these short sleeps: how often does it beat now, and how often is it due?

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use wheelwright::{block_on, spawn, spawn_blocking, time::sleep, yield_now};

/// The heart's, and how long the others take.
const PERIOD: Duration = Duration::from_millis(10);
const WAIT: Duration = Duration::from_millis(300);

/// How often a heart on the same loop beats while something else goes on.
async fn beats_during(work: impl Future<Output = ()>) -> u32 {
    let beats = Rc::new(Cell::new(0));
    let counted = Rc::clone(&beats);
    let heart = spawn(async move {
        loop {
            sleep(PERIOD).await;
            counted.set(counted.get() + 1);
        }
    });
    yield_now().await; // the heart begins its first wait
    work.await;
    heart.abort();
    beats.get()
}

async fn awaits() {
    sleep(WAIT).await;
}

async fn blocks() {
    thread::sleep(WAIT);
}

async fn on_a_thread() {
    spawn_blocking(|| thread::sleep(WAIT)).await.expect("it does not panic");
}

fn main() {
    let (awaited, blocked, aside) = block_on(async {
        (beats_during(awaits()).await, beats_during(blocks()).await, beats_during(on_a_thread()).await)
    });
    println!("A heart shall beat every {} ms, for {} ms:\n", PERIOD.as_millis(), WAIT.as_millis());
    println!("sleep(WAIT).await           {awaited:3} beats");
    println!("thread::sleep(WAIT)         {blocked:3} beats");
    println!("the same, on a thread       {aside:3} beats");
    assert_eq!(blocked, 0, "who does not await lets nobody run");
    assert!(1 < awaited && 1 < aside, "while one task waits the others run");
    println!(
        "\nWhile a task waited the heart beat {awaited} times, while it blocked {blocked} times, and {aside} times while a thread blocked for it."
    );
}
