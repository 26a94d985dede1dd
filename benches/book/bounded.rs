//! Turns a crowd of calls into a few at a time, and into so many a second, with tokio.
//!
//! `cargo run --release -p wheelwright-benches-book --bin bounded` prints what the example `bounded` prints.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

const WORKERS: usize = 8;
const WORK: Duration = Duration::from_millis(100);
const CALLS: usize = 640;
/// The last is none at all.
const LIMITS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, CALLS];
const RATE: u32 = 25;
const STARTS: u32 = 10;

struct Service {
    work: Duration,
    workers: Semaphore,
    in_flight: Cell<usize>,
    most: Cell<usize>,
}

impl Service {
    fn new(work: Duration) -> Self {
        Self { work, workers: Semaphore::new(WORKERS), in_flight: Cell::new(0), most: Cell::new(0) }
    }

    async fn answer(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
        self.most.set(self.most.get().max(self.in_flight.get()));
        let _worker = self.workers.acquire().await.expect("nobody closes it");
        sleep(self.work).await;
        self.in_flight.set(self.in_flight.get() - 1);
    }
}

struct Row {
    limit: usize,
    per_second: u128,
    latency: u128,
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let knee = at_limits().await;
    println!("\n{STARTS} calls with no limit, but a rate of {RATE} starts a second");
    let usual = at_a_rate(WORK).await;
    let slow = at_a_rate(WORK * 10).await;
    assert!(usual < slow, "at the same rate, a slower service has more in flight");
    println!(
        "\nThis service has use for {knee} calls in flight: fewer leave it idle, more wait in its queue instead of in ours; \
         a rate bounds how many start, not how many are in flight."
    );
}

async fn at_limits() -> usize {
    let each = WORK.as_millis();
    println!("{CALLS} calls to a service that works on {WORKERS} at once, {each} ms each, and queues the rest");
    println!("limit       most  calls/s  sent-to-answer  in flight: # worked on, . queued");
    let mut rows = Vec::new();
    for limit in LIMITS {
        rows.push(at_limit(limit).await);
    }
    let best = rows.iter().max_by_key(|row| 1000 * row.per_second / row.latency);
    let knee = best.expect("there are limits").limit;
    assert!(knee < CALLS, "more is not always better");
    println!("the knee is {knee}: more calls/s for each ms of latency than with any other limit");
    for (fewer, more) in rows.iter().zip(&rows[1..]) {
        assert_eq!(fewer.per_second < more.per_second, more.limit <= knee, "only up to the knee, more calls/s");
        assert_eq!(fewer.latency < more.latency, knee < more.limit, "only beyond the knee, more latency");
    }
    knee
}

async fn at_limit(limit: usize) -> Row {
    let (service, permits, begun) = (Service::new(WORK), Semaphore::new(limit), Instant::now());
    let mut latencies = join_all((0..CALLS).map(async |_| {
        let _permit = permits.acquire().await.expect("nobody closes it");
        let sent = Instant::now();
        service.answer().await;
        sent.elapsed().as_millis()
    }))
    .await;
    latencies.sort_unstable();
    let latency = latencies[CALLS / 2 - 1];
    let per_second = CALLS as u128 * 1000 / begun.elapsed().as_millis();
    let most = service.most.get();
    let bar = "#".repeat(most.min(WORKERS)) + &".".repeat(most.saturating_sub(WORKERS));
    let rest = if bar.len() <= 40 { "" } else { " and so on" };
    println!("{limit:>5}  {most:>9}  {per_second:>7}  {latency:>11} ms  {bar:.40}{rest}");
    assert_eq!(most, limit, "never more than the limit, and no permit lies idle");
    Row { limit, per_second, latency }
}

async fn at_a_rate(work: Duration) -> usize {
    let (service, begun) = (Service::new(work), Instant::now());
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay); // no burst after a pause
    let limiter = Mutex::new(ticks); // who waits for the lock has a place in line
    let starts = join_all((0..STARTS).map(async |_| {
        limiter.lock().await.tick().await;
        let started = begun.elapsed().as_millis();
        service.answer().await;
        started
    }));
    let (starts, most) = (starts.await, service.most.get());
    println!("each takes {:>4} ms: starts at {starts:?} ms, at most {most} in flight", work.as_millis());
    assert!(starts.iter().zip(0..).all(|(start, n)| n * 1000 / u128::from(RATE) <= *start), "no faster than the rate");
    most
}
