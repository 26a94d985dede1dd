//! Turns a task that waits into one that is gone, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin cancel` prints what the example `cancel` prints.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::spawn;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const MS: Duration = Duration::from_millis(1);

/// tokio does not tell how many timers there are, so each counts itself.
static TIMERS: AtomicU32 = AtomicU32::new(0);

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    asked_or_cancelled().await;
    ten_thousand_times().await;
    println!("\nA cancel ends a task where it waits and frees what it held; a request to stop lets it finish.");
}

async fn asked_or_cancelled() {
    println!("three workers, an item takes 30 ms");
    let begun = Instant::now();
    let say = move |text: &str| println!("  {:>3} ms  {text}", begun.elapsed().as_millis());
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
    assert!(b.await.is_err_and(|error| error.is_cancelled()));
    say("all are asked to stop");
    all.cancel();
    assert_eq!((a.await.ok(), c.await.ok()), (Some(2), Some(4)));
}

async fn worker(name: &str, stop: CancellationToken, say: impl Fn(&str)) -> u32 {
    let (taken, done) = (AtomicU32::new(0), AtomicU32::new(0));
    let _file = OnDrop(|| say(&format!("{name} closes its file")));
    let _count =
        OnDrop(|| say(&format!("{name} ends with {} of {} items done", done.load(Relaxed), taken.load(Relaxed))));
    while !stop.is_cancelled() {
        taken.fetch_add(1, Relaxed);
        sleep(30 * MS).await;
        done.fetch_add(1, Relaxed);
    }
    done.load(Relaxed)
}

async fn ten_thousand_times() {
    println!("\n10000 tasks, 100 at once, cancelled in a wait for a timer, a permit, a lock, a channel, a child");
    let before = live();
    let (permits, lock) = (Arc::new(Semaphore::new(5)), Arc::new(Mutex::new(())));
    let (places, mut receiver) = mpsc::channel(8);
    let mut later = (0..10_000).map(|number| spawn(wait(number, permits.clone(), lock.clone(), places.clone())));
    let mut tasks = Vec::from_iter(later.by_ref().take(100)); // the next is spawned when one is gone
    for cancelled in 1..=10_000 {
        nap(3).await;
        let task = tasks.remove(0);
        task.abort();
        assert!(task.await.is_err_and(|error| error.is_cancelled()));
        tasks.extend(later.next());
        while receiver.try_recv().is_ok() {}
        if cancelled % 5000 == 0 {
            yield_now().await; // who waits for room takes it first
            let (permits, lock) = (permits.available_permits(), lock.try_lock().iter().count());
            let places = (0..8).filter(|_| places.try_send(()).is_ok()).count();
            println!("  {cancelled:>5} cancelled, {permits} of 5 permits, {lock} of 1 lock, {places} of 8 places free");
            let all = if tasks.is_empty() { (5, 1, 8) } else { (0, 0, 0) };
            assert_eq!((permits, lock, places), all);
        }
    }
    let left = live();
    println!("  left behind: {} tasks, {} timers", left.0 - before.0, left.1 - before.1);
    assert_eq!(left, before);
}

async fn wait(number: u32, permits: Arc<Semaphore>, lock: Arc<Mutex<()>>, places: mpsc::Sender<()>) {
    loop {
        match number % 5 {
            0 => nap(10).await,
            1 => _ = (permits.acquire().await, nap(10).await),
            2 => _ = (lock.lock().await, nap(10).await),
            3 => _ = places.send(()).await,
            _ => {
                let mut group = JoinSet::new();
                group.spawn(nap(10));
                group.join_next().await;
            }
        }
    }
}

async fn nap(most: u32) {
    thread_local!(static STATE: Cell<u32> = const { Cell::new(1) });
    STATE.set(STATE.get().wrapping_mul(1_103_515_245).wrapping_add(12_345));
    TIMERS.fetch_add(1, Relaxed);
    let _timer = OnDrop(|| _ = TIMERS.fetch_sub(1, Relaxed));
    sleep((STATE.get() >> 16) % most * MS).await;
}

/// How many tasks there are, and how many timers.
fn live() -> (usize, u32) {
    (Handle::current().metrics().num_alive_tasks(), TIMERS.load(Relaxed))
}
