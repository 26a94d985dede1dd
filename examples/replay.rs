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

/// A price in a database, which is some way off, and a cache of it here. Its race is the "stale set" that "Scaling Memcache
/// at Facebook" (NSDI 2013) mends with leases, much as here.
#[derive(Default)]
struct Shop {
    database: Cell<u32>,
    cache: Cell<Option<u32>>,
    changes: Cell<u32>,
    steps: RefCell<Vec<&'static str>>,
}

impl Shop {
    async fn fill(&self) {
        let price = self.select().await;
        self.put(price); // The bug: the price may have changed while the answer was under way.
    }

    async fn fill_mended(&self) {
        let changes = self.changes.get();
        let price = self.select().await;
        if self.changes.get() == changes {
            self.put(price);
        }
    }

    fn put(&self, price: u32) {
        self.cache.set(Some(price));
        self.steps.borrow_mut().push("reader fills the cache");
    }

    async fn change(&self) {
        sleep(MS).await;
        self.database.set(self.database.get() + 1);
        self.steps.borrow_mut().push("writer changes the price");
        sleep(MS).await;
        self.cache.set(None);
        self.changes.set(self.changes.get() + 1);
        self.steps.borrow_mut().push("writer clears the cache");
    }

    async fn select(&self) -> u32 {
        sleep(MS).await;
        let price = self.database.get();
        self.steps.borrow_mut().push("reader reads the price");
        sleep(MS).await;
        price
    }

    fn is_stale(&self) -> bool {
        self.cache.get().is_some_and(|price| price != self.database.get())
    }
}

const MS: Duration = Duration::from_millis(1);

fn main() {
    if ["WHEELWRIGHT_SEED", "WHEELWRIGHT_SCHEDULE"].iter().any(|name| std::env::var_os(name).is_some()) {
        // An order that is set from outside is that of every runtime here, whatever its schedule.
        return show_order(&races(1, Schedule::Fifo, Shop::fill)[0]);
    }
    println!("                              races  filled  stale caches");
    let (begun, hour) = (Instant::now(), races(3600, Schedule::Fifo, Shop::fill));
    assert!(begun.elapsed() < Duration::from_secs(36), "an hour of timers takes less than its hundredth");
    assert_eq!(show("the default order, an hour", &hour), (3600, 0), "the default order is right every time");
    let random = |seed| races(1, Schedule::Random(seed), Shop::fill);
    let seed = (0..1000).find(|seed| random(*seed)[0].is_stale()).expect("one seed in a thousand finds the race");
    let again: Vec<Shop> = (0..100).flat_map(|_| random(seed)).collect();
    assert_eq!(show("the order of a seed, repeated", &again), (100, 100), "a seed gives the same order every time");
    let every = Schedule::Exhaustive { max: 1000 };
    assert!(0 < show("every order", &races(1, every, Shop::fill)).1, "one of all orders is that of the seed");
    let (filled, stale) = show("every order, mended", &races(1, every, Shop::fill_mended));
    assert!(0 < filled && stale == 0, "no order is stale any more, though caches are filled");
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
            sleep(1000 * MS).await;
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

/// How many caches were filled, and how many of them tell an old price.
fn show(order: &str, shops: &[Shop]) -> (usize, usize) {
    let stale = shops.iter().filter(|shop| shop.is_stale()).count();
    let filled = shops.iter().filter(|shop| shop.steps.borrow().contains(&"reader fills the cache")).count();
    println!("{order:30} {:4} {filled:7} {stale:13}", shops.len());
    (filled, stale)
}

fn show_order(shop: &Shop) {
    println!("  {}", shop.steps.borrow().join("\n  "));
    println!("  and the price is {}, the cache has {:?}", shop.database.get(), shop.cache.get());
}
