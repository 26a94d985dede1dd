//! Turns a race that shows only in some orders into one that comes back at every run, and then into none.
//!
//! `cargo run --release --example replay` runs under the paused clock: it waits for more than an hour in milliseconds.
//! The loop of asyncio, like ours unless told otherwise, has one order: there a race waits until the timing changes.
//!
//! Try: let `fill_mended` look at `changes` after `select`, not before. What do all orders say to that? Then run the
//! command that the program prints, with other seeds: in about which share of them is the cache stale?

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use wheelwright::time::sleep;
use wheelwright::{Runtime, Schedule, scope};

/// A price in a database, which is some way off, and a cache of it here.
///
/// Its race is the "stale set" that "Scaling Memcache at Facebook" (NSDI 2013) mends with leases, much as here.
#[derive(Default)]
struct Shop {
    database: Cell<u32>,
    cache: Cell<Option<u32>>,
    changes: Cell<u32>,
    steps: RefCell<Vec<&'static str>>,
    timers: Cell<u32>,
}

impl Shop {
    async fn fill(&self) {
        let price = self.select().await;
        self.cache.set(Some(price)); // The bug: the price may have changed while the answer was under way.
        self.steps.borrow_mut().push("reader fills the cache");
    }

    async fn fill_mended(&self) {
        let changes = self.changes.get();
        let price = self.select().await;
        if self.changes.get() == changes {
            self.cache.set(Some(price));
        }
    }

    async fn change(&self) {
        self.wait(1).await;
        self.database.set(self.database.get() + 1);
        self.steps.borrow_mut().push("writer changes the price");
        self.wait(1).await;
        self.cache.set(None);
        self.changes.set(self.changes.get() + 1);
        self.steps.borrow_mut().push("writer clears the cache");
    }

    async fn select(&self) -> u32 {
        self.wait(1).await;
        let price = self.database.get();
        self.steps.borrow_mut().push("reader reads the price");
        self.wait(1).await;
        price
    }

    async fn wait(&self, ms: u64) {
        sleep(Duration::from_millis(ms)).await;
        self.timers.set(self.timers.get() + 1);
    }

    fn is_stale(&self) -> bool {
        self.cache.get().is_some_and(|price| price != self.database.get())
    }
}

fn main() {
    if ["WHEELWRIGHT_SEED", "WHEELWRIGHT_SCHEDULE"].iter().any(|name| std::env::var_os(name).is_some()) {
        // An order that is set from outside is that of every runtime here, whatever its schedule.
        return show_order(&races(1, Schedule::Fifo, Shop::fill)[0]);
    }
    println!("                              races  timers  stale caches");
    let begun = Instant::now();
    let hour = races(3600, Schedule::Fifo, Shop::fill);
    assert!(begun.elapsed() < Duration::from_secs(36), "an hour of timers takes less than its hundredth");
    assert_eq!(show("the default order, an hour", &hour), 0, "the default order is right every time");
    let random = |seed| races(1, Schedule::Random(seed), Shop::fill).remove(0);
    let seed = (0..1000).find(|seed| random(*seed).is_stale()).expect("one seed in a thousand finds the race");
    let again: Vec<Shop> = (0..100).map(|_| random(seed)).collect();
    assert_eq!(show("the order of a seed, repeated", &again), again.len(), "a seed gives the same order every time");
    let every = Schedule::Exhaustive { max: 1000 };
    assert_ne!(show("every order", &races(1, every, Shop::fill)), 0, "one of all orders is that of the seed");
    assert_eq!(show("every order, mended", &races(1, every, Shop::fill_mended)), 0, "no order is stale any more");
    println!("\nThe order of seed {seed}, repeated by WHEELWRIGHT_SEED={seed} cargo run --release --example replay");
    show_order(&again[0]);
    println!("\nAn hour of one order hides the race, seed {seed} shows it every time, and all orders prove it mended.");
}

/// A race a second, in each order that the schedule makes: how the shops stand afterwards.
fn races(count: u64, schedule: Schedule, fill: impl AsyncFn(&Shop)) -> Vec<Shop> {
    let mut shops = Vec::new();
    Runtime::builder().paused().schedule(schedule).explore(async || {
        for _ in 0..count {
            let shop = Shop::default();
            shop.wait(1000).await;
            scope(async |s| {
                s.spawn(fill(&shop));
                s.spawn(shop.change());
            })
            .await;
            shops.push(shop);
        }
    });
    shops
}

fn show(order: &str, shops: &[Shop]) -> usize {
    let stale = shops.iter().filter(|shop| shop.is_stale()).count();
    let timers: u32 = shops.iter().map(|shop| shop.timers.get()).sum();
    println!("{order:30} {:4} {timers:7} {stale:13}", shops.len());
    stale
}

fn show_order(shop: &Shop) {
    println!("  {}", shop.steps.borrow().join("\n  "));
    println!("  and the price is {}, the cache has {:?}", shop.database.get(), shop.cache.get());
}
