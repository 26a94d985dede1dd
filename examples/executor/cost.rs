//! Turns three tasks that take turns into the price of a turn, with three kinds of wakers.

use std::time::Instant;

use wheelwright::{block_on, spawn, yield_now};

#[path = "../../book/steps/join.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod join;
#[path = "../../book/steps/key_wakers.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
mod key_wakers;

const YIELDS: usize = 1000;
const ROUNDS: usize = 300;

/// A task that lets the others go first, so many times.
pub(crate) async fn yields(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// In nanoseconds: with shared pointers (`join.rs`), with keys (`key_wakers.rs`), and on this runtime. Of each the best round, for the
/// system interrupts the others.
pub(crate) fn of_a_yield() -> [f64; 3] {
    let with_pointers = || {
        join::block_on(async {
            let tasks = [(); 3].map(|()| join::spawn(yields(YIELDS)));
            for task in tasks {
                task.await;
            }
        });
    };
    let with_keys = || {
        let root = async {
            let tasks = [(); 3].map(|()| key_wakers::spawn(yields(YIELDS)));
            for task in tasks {
                task.await;
            }
        };
        key_wakers::run(root, || unreachable!("a task that yields is ready"));
    };
    let on_this = || {
        block_on(async {
            let tasks = [(); 3].map(|()| spawn(yields(YIELDS)));
            for task in tasks {
                task.await.expect("it does not panic");
            }
        });
    };
    let mut best = [f64::MAX; 3];
    for _ in 0..ROUNDS {
        let costs = [nanoseconds(with_pointers), nanoseconds(with_keys), nanoseconds(on_this)];
        for (best, cost) in best.iter_mut().zip(costs) {
            *best = best.min(cost);
        }
    }
    best
}

/// What one of all the yields took.
fn nanoseconds(run: impl Fn()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_nanos() as f64 / (3 * YIELDS) as f64
}
