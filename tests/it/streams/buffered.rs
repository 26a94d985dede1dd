//! Turns the promises of `buffered` and `buffer_unordered` into facts: order, limit, backpressure.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use proptest::prelude::*;
use wheelwright::stream::{self, Stream, StreamExt};
use wheelwright::time::{now, sleep};
use wheelwright::{Either, block_on, inspect, spawn, yield_now};

use super::SECOND;
use crate::support::{dropped_at_every_step, message_of};

#[test]
fn buffered_pulls_no_more_than_its_limit_while_the_first_is_under_way() {
    wheelwright::test(async || {
        let (pulled, done) = (Cell::new(0), Cell::new(0));
        let work = stream::iter(0..100).map(|n| {
            pulled.set(pulled.get() + 1);
            let done = &done;
            async move {
                sleep(if n == 0 { SECOND * 60 } else { SECOND }).await;
                done.set(done.get() + 1);
                n
            }
        });
        let mut outputs = work.buffered(5);
        assert_eq!(pulled.get(), 0, "nobody has asked");
        let mut first = pin!(outputs.next());
        assert!(poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await.is_pending());
        assert_eq!(pulled.get(), 5);
        assert_eq!(first.await, Some(0));
        assert_eq!((pulled.get(), done.get()), (5, 5), "outputs that wait for an earlier one take a place");
        assert_eq!(outputs.next().await, Some(1));
        assert_eq!(pulled.get(), 5, "what is ready comes first");
    });
}

#[test]
fn buffer_unordered_starts_nothing_while_its_consumer_works() {
    wheelwright::test(async || {
        let started = Cell::new(0);
        let work = stream::iter(0..100).map(|n: u32| {
            started.set(started.get() + 1);
            async move {
                sleep(SECOND).await;
                n
            }
        });
        let mut outputs = work.buffer_unordered(3);
        for taken in 1..10 {
            assert!(outputs.next().await.is_some());
            let before = started.get();
            assert!(before < taken + 3);
            sleep(SECOND * 10).await;
            assert_eq!(started.get(), before);
        }
    });
}

#[test]
fn a_source_that_has_to_wait_keeps_nobody_waiting() {
    wheelwright::test(async || {
        let begun = now();
        let source = stream::generator(async |y| {
            for n in 0..3 {
                y.yield_(n).await;
                sleep(SECOND * 10).await;
            }
        });
        let work = source.map(async |n| {
            sleep(SECOND).await;
            n
        });
        let mut outputs = work.buffer_unordered(2);
        let mut at = Vec::new();
        while outputs.next().await.is_some() {
            at.push((now() - begun).as_secs());
        }
        assert_eq!(at, [1, 11, 21]);
    });
}

#[test]
fn the_panic_of_one_future_costs_the_others_nothing() {
    /// The outputs, and how many panics came out in between.
    async fn survivors(mut outputs: impl Stream<Item = u32> + Unpin) -> (Vec<u32>, u32) {
        let (mut given, mut panics) = (Vec::new(), 0);
        loop {
            let next = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| pin!(outputs.next()).poll(cx))) {
                Ok(polled) => polled.map(Ok),
                Err(payload) => Poll::Ready(Err(payload)),
            });
            match next.await {
                Ok(Some(output)) => given.push(output),
                Ok(None) => return (given, panics),
                Err(_) => panics += 1,
            }
        }
    }
    block_on(async {
        let futures = || {
            stream::iter(0..6).map(async |n: u32| {
                yield_now().await;
                assert_ne!(n, 1, "on purpose");
                n
            })
        };
        assert_eq!(survivors(futures().buffered(2)).await, (vec![0, 2, 3, 4, 5], 1));
        assert_eq!(survivors(futures().buffered(6)).await, (vec![0, 2, 3, 4, 5], 1));
        let (mut outputs, panics) = survivors(futures().buffer_unordered(2)).await;
        outputs.sort_unstable();
        assert_eq!((outputs, panics), (vec![0, 2, 3, 4, 5], 1));
    });
}

#[test]
fn futures_dropped_half_way_leave_nothing_behind() {
    wheelwright::test(async || {
        let work = || stream::iter([3, 1, 2, 1]).map(async |n| sleep(SECOND * n).await);
        assert!(3 < dropped_at_every_step(|| work().buffered(2).collect::<Vec<_>>()).await);
        assert!(3 < dropped_at_every_step(|| work().buffer_unordered(2).collect::<Vec<_>>()).await);
    });
}

#[test]
fn a_crowd_of_ready_futures_lets_others_run() {
    block_on(async {
        let laps = Cell::new(0);
        let all = stream::iter(0..2560).map(async |n| n).buffer_unordered(10);
        let counting = async {
            loop {
                laps.set(laps.get() + 1);
                yield_now().await;
            }
        };
        let first = wheelwright::select(all.collect::<Vec<_>>(), counting).await;
        assert!(matches!(first, Either::Left(outputs) if outputs.len() == 2560));
        assert!(8 <= laps.get(), "{} laps", laps.get());
    });
}

#[test]
fn a_limit_of_zero_is_refused_and_one_without_end_is_not() {
    let message = message_of(|| drop(stream::iter(0..3).map(async |n| n).buffered(0)));
    assert!(message.contains("at least 1"), "{message}");
    block_on(async {
        let all = stream::iter(0..2000).filter(|_| true).map(async |n| n).buffered(usize::MAX);
        assert_eq!(all.collect::<Vec<_>>().await, (0..2000).collect::<Vec<_>>());
        let before = inspect::live();
        let mut waits = stream::iter(0..3).map(|_| pending::<()>()).buffer_unordered(3);
        assert!(poll_fn(|cx| Poll::Ready(pin!(waits.next()).poll(cx))).await.is_pending());
        drop(waits);
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn the_outputs_of_tasks_come_as_they_end() {
    wheelwright::test(async || {
        let tasks = stream::iter([3, 1, 2]).map(|n| {
            spawn(async move {
                sleep(SECOND * n).await;
                n
            })
        });
        let ended = tasks.buffer_unordered(3).map(|task| task.expect("it ends well")).collect::<Vec<_>>().await;
        assert_eq!(ended, [1, 2, 3]);
    });
}

/// What came out, when, how many were under way at most, and how many were started beyond what was taken.
async fn run<S>(
    buffer: impl FnOnce(Box<dyn Stream<Item = Pin<Box<dyn Future<Output = usize>>>> + Unpin>) -> S,
    waits: Vec<u64>,
) -> (Vec<(usize, u64)>, usize, usize)
where
    S: Stream<Item = usize> + Unpin,
{
    let running = Rc::new((Cell::new(0_usize), Cell::new(0_usize), Cell::new(0_usize)));
    let counts = Rc::clone(&running);
    let source = stream::iter(waits.into_iter().enumerate()).map(move |(number, wait)| {
        let counts = Rc::clone(&counts);
        counts.2.set(counts.2.get() + 1);
        let future: Pin<Box<dyn Future<Output = usize>>> = Box::pin(async move {
            counts.0.set(counts.0.get() + 1);
            counts.1.set(counts.1.get().max(counts.0.get()));
            if 0 < wait {
                sleep(SECOND * wait as u32).await;
            }
            counts.0.set(counts.0.get() - 1);
            number
        });
        future
    });
    let begun = now();
    let mut outputs = buffer(Box::new(source));
    let (mut taken, mut ahead) = (Vec::new(), 0);
    while let Some(number) = outputs.next().await {
        taken.push((number, (now() - begun).as_secs()));
        ahead = ahead.max(running.2.get() - taken.len());
    }
    (taken, running.1.get(), ahead)
}

/// When each output comes if at most so many are under way and, where `in_order`, none before those ahead of it.
fn expected(waits: &[u64], limit: usize, in_order: bool) -> Vec<(usize, u64)> {
    let mut given: Vec<(usize, u64)> = Vec::new();
    let mut ends: Vec<(usize, u64)> = Vec::new();
    for (number, wait) in waits.iter().enumerate() {
        // A place is free once all but `limit - 1` of those before were given out.
        let mut out: Vec<u64> = match in_order {
            true => given.iter().map(|given| given.1).collect(),
            false => ends.iter().map(|ended| ended.1).collect(),
        };
        out.sort_unstable();
        let start = number.checked_sub(limit).map_or(0, |place| out[place]);
        let end = start + wait;
        ends.push((number, end));
        given.push((number, given.last().map_or(end, |last| last.1.max(end))));
    }
    if in_order {
        return given;
    }
    ends.sort_by_key(|ended| ended.1);
    ends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn buffered_gives_what_the_simplest_model_says_when_it_says_so(
        waits in prop::collection::vec(0_u64..6, 0..30),
        limit in 1_usize..8,
    ) {
        let (taken, most, ahead) = wheelwright::test(async || run(|source| source.buffered(limit), waits.clone()).await);
        prop_assert_eq!(taken, expected(&waits, limit, true));
        prop_assert!(most <= limit && ahead <= limit);
    }

    #[test]
    fn buffer_unordered_gives_each_output_when_the_simplest_model_says_so(
        waits in prop::collection::vec(0_u64..6, 0..30),
        limit in 1_usize..8,
    ) {
        let run = async || run(|source| source.buffer_unordered(limit), waits.clone()).await;
        let (mut taken, most, ahead) = wheelwright::test(run);
        let mut model = expected(&waits, limit, false);
        // Who ends in the same second may come in any order.
        prop_assert!(taken.is_sorted_by_key(|taken| taken.1));
        taken.sort_unstable();
        model.sort_unstable();
        prop_assert_eq!(taken, model);
        prop_assert!(most <= limit && ahead <= limit);
    }
}
