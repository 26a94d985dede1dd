//! Turns the name of a row into its workload: one text for every runtime, in the words of its `words` module.
//!
//! Each peer's program includes this very file. A workload runs once to warm up (slabs, pages, threads), then under
//! the clocks, in a task of its own: what a root future costs is the row `spawn_one`.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::tools;
use crate::words::{Semaphore, block_on, join_all, sleep, spawn, timeout, yield_now};
use wheelwright_benches::measure::{Measured, Stopwatch};

/// How many tasks live at once in the rows with many.
const CROWD: u64 = 100_000;
const TASKS: u64 = 10_000;
/// Longer than any run: these timers never fire.
const LONG: Duration = Duration::from_secs(600);

/// Runs the workload of a row over `n` operations, rounded up to whole batches, after a warm-up of its own size.
pub(crate) fn run(row: &str, warm_up: u64, n: u64) -> Measured {
    let sizes = [warm_up, n];
    match row {
        "spawn_one_in_task" => in_a_task(sizes, spawn_one),
        "spawn_one" => in_the_root(sizes, spawn_one),
        "spawn_batch" => in_a_task(sizes, |n| batches(n, CROWD, spawn_batch)),
        "yield_now" => in_a_task(sizes, yields_of_the_peer),
        "yield" => in_a_task(sizes, yields),
        "yield_1000" => in_a_task(sizes, |n| batches(n, 10 * CROWD, yields_of_a_thousand)),
        "yield_live" => in_a_task(sizes, |n| batches(n, CROWD, yield_live)),
        "ping_pong" => in_a_task(sizes, ping_pong),
        "sleep_cancel" => in_a_task(sizes, sleep_cancel),
        "timeout_ready" => in_a_task(sizes, timeout_ready),
        "semaphore" => in_a_task(sizes, |n| batches(n, CROWD, semaphore)),
        "join_all_ready" => in_a_task(sizes, |n| batches(n, TASKS, join_all_ready)),
        "join_all_yield" => in_a_task(sizes, |n| batches(n, TASKS, join_all_yield)),
        "join_all_20" => in_a_task(sizes, |n| batches(n, 20, join_all_yield)),
        _ => tools::run(row, sizes),
    }
}

pub(crate) fn in_a_task<F: Future<Output = u64> + 'static>(
    [warm_up, n]: [u64; 2],
    workload: impl Fn(u64) -> F,
) -> Measured {
    let (warm_up, measured) = (workload(warm_up), workload(n));
    let result = Rc::new(RefCell::new(None));
    let place = Rc::clone(&result);
    block_on(async move {
        let whole = spawn(async move {
            warm_up.await;
            let watch = Stopwatch::start();
            let operations = measured.await;
            *place.borrow_mut() = Some(watch.stop(operations));
            operations
        });
        settle(whole.await);
    });
    result.take().expect("the task ran to its end")
}

fn in_the_root<F: Future<Output = u64>>([warm_up, n]: [u64; 2], workload: impl Fn(u64) -> F) -> Measured {
    block_on(async {
        workload(warm_up).await;
        let watch = Stopwatch::start();
        let operations = workload(n).await;
        watch.stop(operations)
    })
}

/// A handle gives the output with one runtime, a `Result` of it with another.
pub(crate) fn settle<T>(_: T) {}

/// Repeats `batch(size)` until there were at least `n` operations.
pub(crate) async fn batches<F: Future<Output = ()>>(n: u64, size: u64, batch: impl Fn(u64) -> F) -> u64 {
    let rounds = n.div_ceil(size);
    for _ in 0..rounds {
        batch(size).await;
    }
    rounds * size
}

async fn spawn_one(n: u64) -> u64 {
    for i in 0..n {
        settle(spawn(async move { black_box(i) }).await);
    }
    n
}

async fn spawn_batch(n: u64) {
    let tasks: Vec<_> = (0..n).map(|i| spawn(async move { black_box(i) })).collect();
    for task in tasks {
        settle(task.await);
    }
}

/// Each peer's own: tokio's looks at the kernel once before it runs the only task again.
async fn yields_of_the_peer(n: u64) -> u64 {
    for _ in 0..n {
        yield_now().await;
    }
    n
}

/// A yield that only wakes itself, so that the figure is a wake and a lap with every peer.
#[derive(Default)]
pub(crate) struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn yields(n: u64) -> u64 {
    for _ in 0..n {
        Yield::default().await;
    }
    n
}

async fn yields_of_a_thousand(n: u64) {
    let tasks: Vec<_> = (0..1000).map(|_| spawn(yields(n / 1000))).collect();
    for task in tasks {
        settle(task.await);
    }
}

async fn yield_live(n: u64) {
    let tasks: Vec<_> = (0..n).map(|_| spawn(yields(1))).collect();
    for task in tasks {
        settle(task.await);
    }
}

/// One operation is a round trip: each of the two tasks wakes the other once, through this hand-made cell.
#[derive(Default)]
struct Table {
    turn: Cell<usize>,
    waiting: [RefCell<Option<Waker>>; 2],
}

impl Table {
    fn poll_turn(&self, side: usize, cx: &mut Context<'_>) -> Poll<()> {
        if self.turn.get() == side {
            return Poll::Ready(());
        }
        *self.waiting[side].borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    fn pass(&self, from: usize) {
        let to = 1 - from;
        self.turn.set(to);
        let waker = self.waiting[to].borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

async fn ping_pong(n: u64) -> u64 {
    let table = Rc::new(Table::default());
    let player = |side: usize| {
        let table = Rc::clone(&table);
        spawn(async move {
            for _ in 0..n {
                poll_fn(|cx| table.poll_turn(side, cx)).await;
                table.pass(side);
            }
            n
        })
    };
    let (ping, pong) = (player(0), player(1));
    settle(ping.await);
    settle(pong.await);
    n
}

async fn sleep_cancel(n: u64) -> u64 {
    for _ in 0..n {
        let mut sleeping = pin!(sleep(black_box(LONG)));
        poll_fn(|cx| {
            assert!(sleeping.as_mut().poll(cx).is_pending(), "the sleep is longer than any run");
            Poll::Ready(())
        })
        .await;
    }
    n
}

async fn timeout_ready(n: u64) -> u64 {
    for i in 0..n {
        settle(black_box(timeout(black_box(LONG), ready(black_box(i))).await));
    }
    n
}

/// Each of many tasks takes one of twenty permits ten times, and yields while it holds it.
async fn semaphore(n: u64) {
    let permits = Rc::new(Semaphore::new(20));
    let worker = |_| {
        let permits = Rc::clone(&permits);
        spawn(async move {
            for _ in 0..n / TASKS {
                let permit = permits.acquire().await;
                Yield::default().await;
                drop(permit);
            }
            n
        })
    };
    let tasks: Vec<_> = (0..TASKS).map(worker).collect();
    for task in tasks {
        settle(task.await);
    }
}

async fn join_all_ready(n: u64) {
    settle(black_box(join_all((0..n).map(|i| async move { black_box(i) })).await));
}

async fn join_all_yield(n: u64) {
    let child = |i| async move {
        Yield::default().await;
        i
    };
    settle(black_box(join_all((0..n).map(child)).await));
}
