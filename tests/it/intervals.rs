//! Turns what intervals promise about their ticks into facts.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use wheelwright::stream::StreamExt;
use wheelwright::time::{MissedTickBehavior, interval, interval_at, now, sleep, timeout};
use wheelwright::{block_on, inspect, spawn, yield_now};

use crate::support::{dropped_at_every_step, message_of};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_first_tick_comes_at_once_and_the_others_without_drift() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticks = interval(SECOND * 10);
        let mut due = Vec::new();
        for _ in 0..4 {
            let tick = ticks.tick().await;
            assert_eq!(tick, now());
            due.push((tick - begun).as_secs());
            sleep(SECOND * 9).await;
        }
        assert_eq!(due, [0, 10, 20, 30]);
        let mut first = interval(SECOND);
        assert!(poll_fn(|cx| Poll::Ready(pin!(first.tick()).poll(cx))).await.is_ready());
    });
}

/// When ticks of 50 ms come whose first one's work takes so long, and what they say was due.
async fn late(missed: MissedTickBehavior, work: u64) -> (Vec<u128>, Vec<u128>) {
    let begun = now();
    let mut ticks = interval(MILLISECOND * 50);
    ticks.set_missed_tick_behavior(missed);
    assert_eq!((ticks.missed_tick_behavior(), ticks.period()), (missed, MILLISECOND * 50));
    ticks.tick().await;
    sleep(Duration::from_millis(work)).await;
    let (mut came, mut due) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let tick = ticks.tick().await;
        came.push((now() - begun).as_millis());
        due.push((tick - begun).as_millis());
    }
    (came, due)
}

#[test]
fn missed_ticks_are_made_up_for_or_put_off_or_left_out() {
    wheelwright::test(async || {
        assert_eq!(late(MissedTickBehavior::Burst, 120).await, (vec![120, 120, 150, 200], vec![50, 100, 150, 200]));
        assert_eq!(late(MissedTickBehavior::Delay, 120).await, (vec![120, 170, 220, 270], vec![50, 170, 220, 270]));
        assert_eq!(late(MissedTickBehavior::Skip, 120).await, (vec![120, 150, 200, 250], vec![50, 150, 200, 250]));
        // Late by a multiple of the period.
        assert_eq!(late(MissedTickBehavior::Skip, 150).await, (vec![150, 200, 250, 300], vec![50, 200, 250, 300]));
    });
}

#[test]
fn a_tick_that_is_late_by_5_ms_was_not_missed() {
    wheelwright::test(async || {
        assert_eq!(late(MissedTickBehavior::Delay, 55).await.0, [55, 100, 150, 200]);
        assert_eq!(late(MissedTickBehavior::Delay, 56).await.0, [56, 106, 156, 206]);
    });
}

#[test]
fn an_interval_that_is_reset_counts_from_then() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticks = interval_at(begun + SECOND * 5, SECOND * 10);
        sleep(SECOND).await;
        ticks.reset();
        assert_eq!(ticks.tick().await, begun + SECOND * 11);
        ticks.reset_at(begun + SECOND * 12);
        assert_eq!((ticks.tick().await, ticks.tick().await), (begun + SECOND * 12, begun + SECOND * 22));
    });
}

#[test]
fn an_interval_of_zero_is_refused_with_the_reason() {
    let message = message_of(|| drop(interval(Duration::ZERO)));
    assert!(message.contains("interval of zero"), "{message}");
}

#[test]
fn an_interval_at_the_end_of_time_waits_for_ever() {
    let mut last = Instant::now();
    for power in (0..64).rev() {
        last = last.checked_add(Duration::from_secs(1 << power)).unwrap_or(last);
    }
    wheelwright::test(async || {
        for missed in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let mut ticks = interval(Duration::MAX);
            ticks.set_missed_tick_behavior(missed);
            ticks.tick().await;
            assert!(timeout(SECOND * 1_000_000, ticks.tick()).await.is_err());
            ticks.reset();
            assert!(timeout(SECOND, ticks.tick()).await.is_err());
            ticks.reset_at(now() - SECOND.min(now() - last.min(now())));
            ticks.tick().await;
            assert!(timeout(SECOND, ticks.tick()).await.is_err());
        }
        assert!(timeout(SECOND, interval_at(last, SECOND).tick()).await.is_err());
    });
}

#[test]
fn an_interval_that_never_catches_up_lets_others_run() {
    block_on(async {
        let laps = Rc::new(Cell::new(0));
        let counting = Rc::clone(&laps);
        let other = spawn(async move {
            loop {
                counting.set(counting.get() + 1);
                yield_now().await;
            }
        });
        let mut ticks = interval_at(now() - SECOND, Duration::from_nanos(1));
        for _ in 0..10_000 {
            ticks.tick().await;
        }
        other.abort();
        assert!(10_000 / 200 < laps.get(), "{} laps", laps.get());
    });
}

#[test]
fn ticks_given_up_are_not_lost_and_leave_no_timer() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticks = interval_at(begun + SECOND * 10, SECOND * 10);
        for _ in 0..9 {
            assert!(timeout(SECOND, ticks.tick()).await.is_err());
        }
        assert_eq!(ticks.tick().await, begun + SECOND * 10);
        drop(ticks);
        assert_eq!(inspect::live().timers, 0);
        assert_eq!(dropped_at_every_step(|| interval(SECOND).take(3).collect::<Vec<_>>()).await, 3);
    });
}
