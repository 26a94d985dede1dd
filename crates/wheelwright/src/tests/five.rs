//! Turns the five tests that every leaf must pass into loops over all leaves.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::leaves::{LEAVES, Leaf, Waiting};
use crate::inspect::{self, Live};
use crate::test_waker::CountingWaker;
use crate::{block_on, spawn, time, yield_now};

/// Runs the body for each leaf, in a runtime of its own, and says which it was that failed.
pub(super) fn for_each(leaves: impl Iterator<Item = &'static Leaf>, body: impl AsyncFn(Waiting)) {
    for leaf in leaves {
        println!("leaf: {}", leaf.name);
        block_on(async {
            let waiting = (leaf.make)();
            time::timeout(Duration::from_secs(20), body(waiting)).await.expect("it does not hang");
        });
    }
}

pub(super) type Future = Pin<Box<dyn std::future::Future<Output = ()>>>;

pub(super) fn poll(future: &mut Future, waker: &Waker) -> Poll<()> {
    future.as_mut().poll(&mut Context::from_waker(waker))
}

/// Lets all tasks run that are ready.
async fn settle() {
    for _ in 0..5 {
        yield_now().await;
    }
}

/// Waits until something outside has come to pass.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        yield_now().await;
    }
}

#[test]
fn a_leaf_whose_wait_is_over_before_it_is_polled_is_ready() {
    for_each(LEAVES.iter().filter(|leaf| leaf.can_be_ready_at_once), async |Waiting { future, fire }| {
        fire();
        settle().await;
        future.await;
    });
}

#[test]
fn a_leaf_wakes_its_task_when_its_wait_is_over() {
    for_each(LEAVES.iter(), async |Waiting { future, fire }| {
        let task = spawn(future);
        yield_now().await;
        fire();
        task.await.expect("it does not panic");
    });
}

#[test]
fn a_leaf_polled_for_nothing_waits_on_and_registers_nothing_twice() {
    for_each(LEAVES.iter(), async |Waiting { mut future, fire }| {
        let mut fire = Some(fire);
        let mut registered: Option<Live> = None;
        poll_fn(|cx| {
            for _ in 0..10 {
                if future.as_mut().poll(cx).is_ready() {
                    // Sleeps of zero and yields are over when they are polled again.
                    return Poll::Ready(());
                }
                // Once its wait has ended, the limit around all this may arm its timer before the leaf is through.
                if fire.is_some() {
                    let live = inspect::live();
                    let first = registered.get_or_insert(live);
                    assert!(live.timers <= first.timers && live.sources <= first.sources && live.tasks <= first.tasks);
                }
            }
            if let Some(fire) = fire.take() {
                fire();
            }
            Poll::Pending
        })
        .await;
    });
}

#[test]
fn a_leaf_dropped_while_it_waits_leaves_nothing_behind() {
    for leaf in LEAVES {
        println!("leaf: {}", leaf.name);
        block_on(async {
            let before = inspect::live();
            let Waiting { mut future, fire } = (leaf.make)();
            let (waker, counter) = CountingWaker::new();
            let polled = poll(&mut future, &waker);
            let wakes = counter.wakes();
            drop(future);
            fire();
            // Detached tasks and jobs end by themselves.
            until(|| inspect::live() == before).await;
            settle().await;
            assert!(polled.is_ready() || counter.wakes() == wakes, "nobody waits any more");
        });
    }
}

#[test]
fn a_leaf_moved_to_another_task_wakes_that_one() {
    for_each(LEAVES.iter(), async |Waiting { mut future, fire }| {
        let (first, first_counter) = CountingWaker::new();
        if poll(&mut future, &first).is_ready() {
            return;
        }
        let mut first = Some(first);
        let mut wakes = 0;
        let task = spawn(poll_fn(move |cx| {
            let polled = future.as_mut().poll(cx);
            if first.take().is_some() {
                wakes = first_counter.wakes();
            }
            assert_eq!(first_counter.wakes(), wakes, "the task that waited first is left alone");
            polled
        }));
        yield_now().await;
        fire();
        task.await.expect("it does not panic");
    });
}
