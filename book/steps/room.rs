//! Turns a quick writer and a slow reader into a queue: how long it gets, and what holds the writer back.
//!
//! `cargo run --release --example step_room` runs under the paused clock: it waits for twenty seconds in no time.
//!
//! Try: make the writer the slower of the two. How long do the two queues get now, and what is a large one good for?

use std::io;
use std::time::Duration;

use wheelwright::sync::mpsc::{self, Receiver, Sender};
use wheelwright::time::{self, sleep};
use wheelwright::{Runtime, join};

const VALUES: usize = 1000;
const READ: Duration = Duration::from_millis(10);
const ROOM: usize = 4;

async fn write(values: Sender<usize>) {
    for value in 0..VALUES {
        values.send(value).await.expect("somebody reads");
    }
}

/// Reads all of them, and says how many stood in the queue at most.
async fn read(mut values: Receiver<usize>) -> usize {
    let mut most = 0;
    while let Some(_value) = values.recv().await {
        most = most.max(values.len() + 1);
        sleep(READ).await;
    }
    most
}

/// How long the queue gets, and how long all takes.
async fn pass_on((sender, receiver): (Sender<usize>, Receiver<usize>)) -> (usize, u128) {
    let begun = time::now();
    let ((), most) = join(write(sender), read(receiver)).await;
    (most, (time::now() - begun).as_millis())
}

fn main() -> io::Result<()> {
    let runtime = Runtime::builder().paused().build()?;
    let (endless, slow) = runtime.block_on(pass_on(mpsc::unbounded()));
    let (bounded, as_slow) = runtime.block_on(pass_on(mpsc::channel(ROOM)));
    println!("{VALUES} values are written at once, and read one in {} ms:\n", READ.as_millis());
    println!("unbounded       {endless:4} in the queue at most, all read after {slow} ms");
    println!("room for {ROOM}      {bounded:4} in the queue at most, all read after {as_slow} ms");
    assert_eq!((endless, bounded), (VALUES, ROOM), "the one grows as it likes, the other as it may");
    assert_eq!(slow, as_slow, "the reader sets the pace in both");
    println!(
        "\nA queue without a bound held {endless} values, one with a bound {bounded}, and both were read after {slow} ms."
    );
    Ok(())
}
