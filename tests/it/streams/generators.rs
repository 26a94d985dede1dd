//! Turns the turns that a generator and its consumer take into facts.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use wheelwright::stream::{self, StreamExt};
use wheelwright::time::sleep;
use wheelwright::{block_on, join, join_all, race, spawn, yield_now};

use super::SECOND;
use crate::support::{OnDrop, dropped_at_every_step, message_of};

#[test]
fn a_generator_runs_only_when_it_is_asked_for_an_item() {
    block_on(async {
        let reached = Cell::new(0);
        let mut numbers = stream::generator(async |y| {
            for n in 1.. {
                reached.set(n);
                y.yield_(n).await;
            }
        });
        assert_eq!(reached.get(), 0, "nobody has asked");
        assert_eq!((numbers.next().await, reached.get()), (Some(1), 1));
        yield_now().await;
        assert_eq!(reached.get(), 1, "the item was not followed by another demand");
        assert_eq!((numbers.next().await, reached.get()), (Some(2), 2));
    });
}

#[test]
fn a_generator_dropped_half_way_drops_its_body() {
    block_on(async {
        let is_dropped = Cell::new(false);
        let mut numbers = stream::generator(async |y| {
            let _guard = OnDrop(|| is_dropped.set(true));
            y.yield_(1).await;
            y.yield_(2).await;
        });
        assert_eq!(numbers.next().await, Some(1));
        assert!(!is_dropped.get());
        drop(numbers);
        assert!(is_dropped.get());
    });
}

#[test]
fn a_generator_whose_body_panics_has_ended() {
    block_on(async {
        let mut numbers = stream::generator(async |y| {
            y.yield_(1).await;
            panic!("on purpose");
        });
        assert_eq!(numbers.next().await, Some(1));
        let panicked = poll_fn(|cx| {
            let polled = catch_unwind(AssertUnwindSafe(|| pin!(numbers.next()).poll(cx).is_ready()));
            Poll::Ready(polled.is_err())
        });
        assert!(panicked.await);
        assert_eq!((numbers.next().await, numbers.next().await), (None, None));
    });
}

#[test]
fn a_generator_may_wait_in_between() {
    wheelwright::test(async || {
        let numbers = || {
            stream::generator(async |y| {
                for n in 0..3 {
                    sleep(SECOND).await;
                    y.yield_(n).await;
                }
            })
        };
        assert_eq!(numbers().collect::<Vec<_>>().await, [0, 1, 2]);
        let steps = dropped_at_every_step(|| numbers().collect::<Vec<_>>()).await;
        assert!(3 < steps, "{steps}");
    });
}

#[test]
fn an_item_comes_out_though_the_wait_of_its_yield_was_dropped() {
    block_on(async {
        let items = stream::generator(async |y| {
            race(y.yield_(1), async {}).await;
            drop(y.yield_(9));
            race(y.yield_(2), async {}).await;
            y.yield_(3).await;
        });
        assert_eq!(items.collect::<Vec<_>>().await, [1, 2, 3]);
    });
}

#[test]
fn parts_of_a_body_may_yield_side_by_side() {
    block_on(async {
        let steps = RefCell::new(Vec::new());
        let items = stream::generator(async |y| {
            join(y.yield_(1), y.yield_(2)).await;
            let child = async |n| {
                y.yield_(n).await;
                steps.borrow_mut().push(n);
                y.yield_(10 + n).await;
            };
            // Each has a waker of its own, and is polled only when that is woken.
            join_all([child(3), child(4)]).await;
        });
        assert_eq!(items.collect::<Vec<_>>().await, [1, 2, 3, 4, 13, 14]);
        assert_eq!(*steps.borrow(), [3, 4]);
    });
}

#[test]
fn a_generator_moved_to_another_task_goes_on_there() {
    wheelwright::test(async || {
        let mut slow = stream::generator(async |y| {
            y.yield_(1).await;
            sleep(SECOND).await;
            y.yield_(2).await;
        });
        assert_eq!(slow.next().await, Some(1));
        assert!(poll_fn(|cx| Poll::Ready(pin!(slow.next()).poll(cx))).await.is_pending());
        assert_eq!(spawn(async move { slow.next().await }).await.expect("it ends well"), Some(2));
    });
}

#[test]
fn an_item_yielded_outside_its_body_is_refused_with_the_reason() {
    let leaked = Rc::new(RefCell::new(None));
    let mut generator = stream::generator(|y| {
        *leaked.borrow_mut() = Some(y);
        pending::<()>()
    });
    let yielder = leaked.borrow_mut().take().expect("the body was made");
    let message = message_of(|| block_on(yielder.yield_(1)));
    assert!(message.contains("outside the body of its generator"), "{message}");
    block_on(async { assert!(poll_fn(|cx| Poll::Ready(pin!(generator.next()).poll(cx))).await.is_pending()) });
}
