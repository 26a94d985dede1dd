//! Turns waits that are cut short into what was lost by it: what had been taken, and what was half changed.
//!
//! `cargo run --release --example step_cut_short` runs under the paused clock: it waits for 1 s in no time.
//!
//! Try: let the limit for a pair be 70 ms. Why is nothing lost then, and what would one have to know to rely on it? (The check
//! of the first row then says that it found nothing.)

use std::io;
use std::time::Duration;

use wheelwright::sync::{Mutex, mpsc};
use wheelwright::time::{Elapsed, sleep, timeout};
use wheelwright::{Runtime, spawn};

const MS: Duration = Duration::from_millis(1);

type Numbers = mpsc::Receiver<u32>;

/// Takes the next two. The first waits for the second in a local variable.
async fn pair(numbers: &mut Numbers) -> Option<(u32, u32)> {
    let first = numbers.recv().await?;
    let second = numbers.recv().await?;
    Some((first, second))
}

/// Takes the next two. The first waits for the second in a field.
struct Pairs {
    numbers: Numbers,
    first: Option<u32>,
}

impl Pairs {
    async fn next(&mut self) -> Option<(u32, u32)> {
        if self.first.is_none() {
            self.first = Some(self.numbers.recv().await?);
        }
        let second = self.numbers.recv().await?;
        Some((self.first.take()?, second))
    }
}

/// Takes ten from the first account, asks the bank, and gives them to the second.
async fn change_wait_change(accounts: &Mutex<[u32; 2]>) {
    let mut accounts = accounts.lock().await;
    accounts[0] -= 10;
    ask_the_bank().await;
    accounts[1] += 10;
}

/// Asks the bank, and moves ten from the first account to the second.
async fn wait_change_change(accounts: &Mutex<[u32; 2]>) {
    let mut accounts = accounts.lock().await;
    ask_the_bank().await;
    accounts[0] -= 10;
    accounts[1] += 10;
}

async fn ask_the_bank() {
    sleep(20 * MS).await;
}

fn main() -> io::Result<()> {
    Runtime::builder().paused().build()?.block_on(async {
        println!("1 to 12 are sent, one every 30 ms, and taken in pairs, with a limit of 50 ms for each pair");
        let mut numbers = numbers();
        let lost = show("the first in a variable", async || pair(&mut numbers).await).await;
        assert_eq!(lost, [1, 4, 7, 10], "what a wait had taken is dropped with it");
        let mut pairs = Pairs { numbers: self::numbers(), first: None };
        let lost = show("the first in a field", async || pairs.next().await).await;
        assert!(lost.is_empty(), "what outlives the wait is found by the next one");

        println!("\nten times 10 are moved from one account to another, and every other time the limit passes");
        let left = transfers("change, wait, change", async |accounts| change_wait_change(accounts).await).await;
        assert_eq!(left, 50, "the lock is given back, and what it protects is half changed");
        let left = transfers("wait, change, change", async |accounts| wait_change_change(accounts).await).await;
        assert_eq!(left, 100, "nothing stands between the two changes at which one could be dropped");
    });
    println!(
        "\nA wait may end at any await: what must not be lost is kept outside, and what belongs together has none within."
    );
    Ok(())
}

/// A task that sends the numbers.
fn numbers() -> Numbers {
    let (sender, receiver) = mpsc::channel(1);
    spawn(async move {
        for number in 1..=12 {
            sleep(30 * MS).await;
            sender.send(number).await.expect("somebody takes them");
        }
    })
    .detach();
    receiver
}

/// Takes pairs until no number is left, each with a limit; which numbers were in none.
async fn show(way: &str, mut next: impl AsyncFnMut() -> Option<(u32, u32)>) -> Vec<u32> {
    let mut taken = Vec::new();
    loop {
        match timeout(50 * MS, next()).await {
            Ok(Some((first, second))) => taken.extend([first, second]),
            Ok(None) => break,
            Err(Elapsed) => {} // here one would do something else, and try again
        }
    }
    let lost = Vec::from_iter((1..=12).filter(|number| !taken.contains(number)));
    println!("  {way:<25} {:>2} of 12 taken, lost: {lost:?}", taken.len());
    lost
}

async fn transfers(way: &str, transfer: impl AsyncFn(&Mutex<[u32; 2]>)) -> u32 {
    let accounts = Mutex::new([100, 0]);
    for limit in [10, 30].repeat(5) {
        _ = timeout(limit * MS, transfer(&accounts)).await;
        assert!(accounts.try_lock().is_some(), "whichever way it ends, the lock is free again");
    }
    let left = accounts.into_inner().iter().sum();
    println!("  {way:<24} {left:>3} of 100 are there in the end");
    left
}
