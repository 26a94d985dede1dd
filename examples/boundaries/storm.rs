//! Turns a storm from many threads into equal counts of what was sent and what arrived: no wake is lost on the way in.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use wheelwright::sync::remote::{self, Sender};
use wheelwright::time::timeout;
use wheelwright::{Handle, spawn_blocking};

use crate::crossings::{self, Way};

const THREADS: u64 = 8;
const ROUNDS: u64 = 100;
const SENDS: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(30);

thread_local! {
    /// Counted on the loop's thread alone, so it need not be atomic.
    static STARTED: Cell<u64> = const { Cell::new(0) };
}

/// Gives how many crossings arrived.
pub(crate) async fn show() -> u64 {
    println!("\nc  From {THREADS} threads into the loop, all at once{:>14}{:>10}", "sent", "arrived");
    let (tx, mut values) = remote::channel(8);
    let handle = Handle::current();
    crossings::note(Way::SpawnBlocking);
    let storm = spawn_blocking(move || {
        thread::scope(|scope| {
            let threads = [(); THREADS as usize].map(|()| scope.spawn(|| send(&handle, &tx)));
            threads.map(|thread| thread.join().expect("it does not panic")).iter().sum::<u64>()
        })
    });
    let mut received = 0;
    let receiving = async {
        while values.recv().await.is_some() {
            received += 1;
        }
        storm.await.expect("it does not panic")
    };
    let answers = timeout(PATIENCE, receiving).await.expect("whoever waits is woken");
    let row = |name, way, arrived| {
        println!("   {name:<45}{:>10}{arrived:>10}", crossings::made(way));
        assert_eq!(crossings::made(way), arrived, "{name}: what is sent arrives");
    };
    row("values through sync::remote", Way::RemoteSend, received);
    row("tasks by Handle::spawn", Way::HandleSpawn, STARTED.get());
    row("questions by Handle::block_on, answered", Way::HandleBlockOn, answers);
    received + STARTED.get() + answers
}

/// What each thread does. It waits for an answer after each round, so at most a round of everybody is in the loop's inbox,
/// which has room for 1,024 tasks.
fn send(handle: &Handle, tx: &Sender<u64>) -> u64 {
    let mut answers = 0;
    for _ in 0..ROUNDS {
        for n in 0..SENDS {
            crossings::note(Way::RemoteSend);
            tx.blocking_send(n).expect("the loop receives to the end");
            crossings::note(Way::HandleSpawn);
            drop(handle.spawn(async || STARTED.set(STARTED.get() + 1)).expect("there is room for everybody's round"));
        }
        crossings::note(Way::HandleBlockOn);
        answers += handle.block_on(async || 1).expect("there is room, too").expect("it does not panic");
    }
    answers
}
