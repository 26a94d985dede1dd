//! Turns a sleep that is given up into what it costs and what it leaves, with timers in a heap and with timers in a wheel.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use wheelwright::{block_on, inspect, time::sleep};

use crate::fleet::heap;

/// Those who wait meanwhile, and how many of the others give up in a round.
const WAITING: usize = 100_000;
const GIVEN_UP: usize = 10_000;
const ROUNDS: usize = 20;

/// Prints both, and gives the nanoseconds: a heap's, and the wheel's.
pub(crate) fn of_giving_up() -> [f64; 2] {
    let in_heap = heap::block_on(beside_others(heap::sleep));
    let (in_wheel, left) = block_on(async { (beside_others(sleep).await, inspect::live().timers) });
    assert_eq!(left, 0, "who gives up leaves nothing in the wheel");
    println!("\na sleep that is polled once and given up, while {WAITING} others wait");
    println!("in a heap    {in_heap:8.0} ns");
    println!("in a wheel   {in_wheel:8.0} ns");
    assert!(in_wheel < in_heap, "a list and a bit are less than a way through a heap");
    [in_heap, in_wheel]
}

/// The best round, for the system interrupts others.
async fn beside_others<S: Future<Output = ()>>(sleep: fn(Duration) -> S) -> f64 {
    let mut waiting: Vec<_> = (0..WAITING).map(|number| Box::pin(sleep(after(number)))).collect();
    poll_fn(|cx| {
        waiting.iter_mut().for_each(|one| begin(one.as_mut(), cx));
        let rounds = (0..ROUNDS).map(|_| {
            let begun = Instant::now();
            (0..GIVEN_UP).for_each(|number| begin(pin!(sleep(after(number))), cx));
            begun.elapsed().as_nanos() as f64 / GIVEN_UP as f64
        });
        Poll::Ready(rounds.fold(f64::MAX, f64::min))
    })
    .await
}

/// Half an hour, and a little more or less.
fn after(number: usize) -> Duration {
    Duration::from_secs(1800) + Duration::from_millis(number as u64 * 7919 % 60_000)
}

fn begin(sleep: Pin<&mut impl Future<Output = ()>>, cx: &mut Context<'_>) {
    assert!(sleep.poll(cx).is_pending());
}
