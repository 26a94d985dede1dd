//! Turns a task that waits into one that is gone: dropped where it is parked, with all that it held or waited for.
//!
//! `cargo run --release --example cancel` runs under the paused clock: it waits for ten seconds in a moment.
//! The same in Python is `book/python/cancel.py`, with tokio `benches/book/cancel.rs`; the three print the same.
//!
//! Nothing is thrown that code could catch, as it can the `CancelledError` of asyncio. What it has spawned or sent stays.
//!
//! Try: in `wait` put `_ => _ = spawn(nap(1000)).await` in the place of the group. Who is left behind?

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::sync::{CancellationToken, Mutex, Semaphore, mpsc};
use wheelwright::time::{self, Sleep, sleep};
use wheelwright::{Runtime, TaskGroup, inspect, spawn, yield_now};

const MS: Duration = Duration::from_millis(1);

/// Does something when it is dropped, whichever way its owner ends.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

fn main() -> io::Result<()> {
    Runtime::builder().paused().build()?.block_on(async {
        asked_or_cancelled().await;
        ten_thousand_times().await;
    });
    println!("\nA cancel ends a task where it waits and frees what it held; a request to stop lets it finish.");
    Ok(())
}

async fn asked_or_cancelled() {
    println!("three workers, an item takes 30 ms");
    let begun = time::now();
    let say = move |text: &str| println!("  {:>3} ms  {text}", (time::now() - begun).as_millis());
    let all = CancellationToken::new();
    let only_a = all.child_token();
    let start = |name, stop: &CancellationToken| spawn(worker(name, stop.clone(), say));
    let (a, b, c) = (start("a", &only_a), start("b", &all), start("c", &all));
    sleep(50 * MS).await;
    say("a is asked to stop");
    only_a.cancel();
    sleep(50 * MS).await;
    say("b is cancelled");
    b.abort();
    assert!(b.await.is_err_and(|error| error.is_cancelled()), "a cancel cannot be refused");
    say("all are asked to stop");
    all.cancel();
    assert_eq!((a.await.ok(), c.await.ok()), (Some(2), Some(4)), "who is asked finishes the item that it has");
}

async fn worker(name: &str, stop: CancellationToken, say: impl Fn(&str)) -> u32 {
    let (taken, done) = (Cell::new(0), Cell::new(0));
    let _file = OnDrop(|| say(&format!("{name} closes its file")));
    let _count = OnDrop(|| say(&format!("{name} ends with {} of {} items done", done.get(), taken.get())));
    while !stop.is_cancelled() {
        taken.update(|items| items + 1);
        sleep(30 * MS).await;
        done.update(|items| items + 1);
    }
    done.get()
}

async fn ten_thousand_times() {
    println!("\n10000 tasks, 100 at once, cancelled in a wait for a timer, a permit, a lock, a channel, a child");
    let before = inspect::live();
    let (permits, lock) = (Rc::new(Semaphore::new(5)), Rc::new(Mutex::new(())));
    let (places, mut receiver) = mpsc::channel(8);
    let mut later = (0..10_000).map(|number| spawn(wait(number, permits.clone(), lock.clone(), places.clone())));
    let mut tasks = Vec::from_iter(later.by_ref().take(100)); // the next is spawned when one is gone
    for cancelled in 1..=10_000 {
        nap(3).await;
        let task = tasks.remove(0);
        task.abort();
        assert!(task.await.is_err_and(|error| error.is_cancelled()), "it waits until it is cancelled");
        tasks.extend(later.next());
        while receiver.try_recv().is_ok() {}
        if cancelled % 5000 == 0 {
            yield_now().await; // who waits for room takes it first
            let (permits, lock) = (permits.available_permits(), usize::from(lock.try_lock().is_some()));
            let places = (0..8).filter(|_| places.try_send(()).is_ok()).count();
            println!("  {cancelled:>5} cancelled, {permits} of 5 permits, {lock} of 1 lock, {places} of 8 places free");
            let all = if tasks.is_empty() { (5, 1, 8) } else { (0, 0, 0) };
            assert_eq!((permits, lock, places), all, "what the tasks had is free when they are gone, and only then");
        }
    }
    let left = inspect::live();
    println!("  left behind: {} tasks, {} timers", left.tasks - before.tasks, left.timers - before.timers);
    assert_eq!(left, before, "the loop holds what it held before");
}

async fn wait(number: u32, permits: Rc<Semaphore>, lock: Rc<Mutex<()>>, places: mpsc::Sender<()>) {
    loop {
        match number % 5 {
            0 => nap(10).await,
            1 => _ = (permits.acquire().await, nap(10).await), // the permit lives as long as the tuple
            2 => _ = (lock.lock().await, nap(10).await),
            3 => _ = places.send(()).await,
            _ => {
                let mut group = TaskGroup::new();
                group.spawn(nap(10));
                group.join_next().await;
            }
        }
    }
}

/// A sleep of less than so many milliseconds, the same ones in every run: a linear congruential generator.
fn nap(most: u32) -> Sleep {
    thread_local!(static STATE: Cell<u32> = const { Cell::new(1) });
    STATE.set(STATE.get().wrapping_mul(1_103_515_245).wrapping_add(12_345));
    sleep((STATE.get() >> 16) % most * MS)
}
