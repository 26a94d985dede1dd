//! Turns a counter that a hundred futures change into the updates that are lost: none without an await in the middle.
//!
//! `cargo run --release --example shared_state` takes no time.
//! Threads would need a lock or an atomic in each of the three ways. asyncio behaves as this does.
//!
//! Try: make the `Cell` of `an_await_between` a `RefCell`, and hold its `borrow_mut` across the await. Then no update
//! is lost silently: what happens instead? (`cargo clippy --example shared_state` tells without a run.)

use std::cell::Cell;
use std::ops::RangeInclusive;

use wheelwright::sync::Mutex;
use wheelwright::{Runtime, Schedule, join_all, yield_now};

const MANY: u32 = 100;
const FEW: u32 = 3;

fn main() {
    println!("between read and write     of {MANY} additions   of {FEW}, in every order");
    let (without, in_any_order) = show("nothing", nothing_between);
    assert_eq!((without, in_any_order), (0, 0..=0), "nobody else runs between two awaits, in any order");
    let (with, in_any_order) = show("an await", an_await_between);
    assert_eq!(
        (with, in_any_order),
        (MANY - 1, FEW - 1..=FEW - 1),
        "everybody reads before anybody writes, in every order"
    );
    let (locked, in_any_order) = show("an await, with a Mutex", mutex_across);
    assert_eq!((locked, in_any_order), (0, 0..=0), "nobody reads before the last one has written, in any order");
    println!(
        "\nOf {MANY} additions {without} are lost where no await stands between read and write, {with} where all await there \
         at once, and {locked} if a Mutex is held across it."
    );
}

/// Everybody adds one. How many additions are lost?
async fn nothing_between(additions: u32) -> u32 {
    let count = Cell::new(0);
    join_all((0..additions).map(async |_| {
        yield_now().await; // Others run here,
        count.set(count.get() + 1);
        yield_now().await; // and here, but nobody between the two.
    }))
    .await;
    additions - count.get()
}

async fn an_await_between(additions: u32) -> u32 {
    let count = Cell::new(0);
    join_all((0..additions).map(async |_| {
        let read = count.get();
        yield_now().await; // This is as short as a wait can be; that for a database is longer.
        count.set(read + 1);
    }))
    .await;
    additions - count.get()
}

async fn mutex_across(additions: u32) -> u32 {
    let count = Mutex::new(0);
    join_all((0..additions).map(async |_| {
        let mut count = count.lock().await;
        let read = *count;
        yield_now().await;
        *count = read + 1;
    }))
    .await;
    additions - count.into_inner()
}

/// Prints and gives how many of many additions are lost, and how many of a few, from the best order to the worst.
fn show(between: &str, add: impl AsyncFn(u32) -> u32) -> (u32, RangeInclusive<u32>) {
    let (mut of_many, mut least, mut most) = (0, FEW, 0);
    let builder = Runtime::builder().paused();
    builder.clone().explore(async || of_many = add(MANY).await);
    let orders = builder.schedule(Schedule::Exhaustive { max: 1000 }).explore(async || {
        let lost = add(FEW).await;
        (least, most) = (least.min(lost), most.max(lost));
    });
    println!("{between:25} {of_many:12} lost   {orders:8} orders: {least} to {most} lost");
    (of_many, least..=most)
}
