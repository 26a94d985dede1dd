//! Turns what streams promise into facts: who runs when, what is kept, and what comes out in which order.

mod buffered;
mod events;
mod generators;

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use proptest::prelude::*;
use wheelwright::stream::{self, Events, Stream, StreamExt};
use wheelwright::time::{Elapsed, now, sleep};
use wheelwright::{block_on, inspect};

use crate::support::OnDrop;

const SECOND: Duration = Duration::from_secs(1);

/// Counts up to a number, and panics when it is polled after its end.
struct Strict {
    left: u32,
    has_ended: bool,
}

impl Strict {
    fn of(left: u32) -> Self {
        Self { left, has_ended: false }
    }
}

impl Stream for Strict {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        assert!(!self.has_ended, "it was polled after its end");
        let Some(left) = self.left.checked_sub(1) else {
            self.has_ended = true;
            return Poll::Ready(None);
        };
        self.left = left;
        Poll::Ready(Some(left))
    }
}

/// A stream whose items come after so many seconds each.
fn timed(waits: Vec<u64>) -> impl Stream<Item = (usize, u64)> + Unpin {
    stream::generator(async move |y| {
        for (number, wait) in waits.into_iter().enumerate() {
            if 0 < wait {
                sleep(SECOND * wait as u32).await;
            }
            y.yield_((number, wait)).await;
        }
    })
}

#[test]
fn take_asks_for_no_item_too_many_and_drops_its_source_with_the_last() {
    block_on(async {
        let (asked, is_dropped) = (Cell::new(0), Cell::new(false));
        let guard = OnDrop(|| is_dropped.set(true));
        let (asked_of, guard) = (&asked, guard);
        let source = stream::iter(0..).map(move |n| {
            let _owned = &guard;
            asked_of.set(asked_of.get() + 1);
            n
        });
        let mut taken = source.take(2);
        assert_eq!((taken.next().await, is_dropped.get()), (Some(0), false));
        assert_eq!((taken.next().await, is_dropped.get(), asked.get()), (Some(1), true, 2));
        assert_eq!((taken.next().await, asked.get()), (None, 2));
        assert_eq!(stream::iter(0..).take(0).next().await, None);
    });
}

#[test]
fn nothing_is_polled_after_its_end() {
    block_on(async {
        let mut merged = Strict::of(1).merge(Strict::of(5));
        let mut count = 0;
        while merged.next().await.is_some() {
            count += 1;
        }
        assert_eq!((count, merged.next().await), (6, None));

        let mut chunks = Strict::of(3).chunks(2);
        assert_eq!((chunks.next().await, chunks.next().await), (Some(vec![2, 1]), Some(vec![0])));
        assert_eq!((chunks.next().await, chunks.next().await), (None, None));

        let mut taken = Strict::of(1).take(5);
        assert_eq!((taken.next().await, taken.next().await, taken.next().await), (Some(0), None, None));

        let mut ordered = Strict::of(3).map(async |n| n).buffered(2);
        let mut unordered = Strict::of(3).map(async |n| n).buffer_unordered(2);
        for _ in 0..5 {
            assert_eq!(ordered.next().await, unordered.next().await);
        }

        let mut events = Events::fair();
        events.on(Strict::of(2), drop);
        events.on(stream::iter(0..10), drop);
        while events.next().await.is_some() {}
        assert_eq!(events.next().await, None);
        assert_eq!(Strict::of(2).map(|n| n).filter(|n| *n == 0).collect::<Vec<_>>().await, [0]);
    });
}

#[test]
fn a_stream_with_a_limit_goes_on_after_an_item_that_was_late() {
    wheelwright::test(async || {
        let items = timed(vec![1, 5, 0, 3]).timeout(SECOND * 2).collect::<Vec<_>>().await;
        assert_eq!(items, [Ok((0, 1)), Err(Elapsed), Err(Elapsed), Ok((1, 5)), Ok((2, 0)), Err(Elapsed), Ok((3, 3))]);
        assert_eq!(inspect::live().timers, 0);
    });
}

#[test]
fn the_limit_of_a_stream_does_not_count_while_its_consumer_works() {
    wheelwright::test(async || {
        let mut limited = timed(vec![1, 1, 1]).timeout(SECOND * 2);
        let mut count = 0;
        while let Some(item) = limited.next().await {
            assert!(item.is_ok());
            count += 1;
            sleep(SECOND * 60).await;
        }
        assert_eq!(count, 3);
    });
}

#[test]
fn a_merged_side_that_is_always_ready_leaves_every_second_turn_to_the_other() {
    block_on(async {
        let merged = stream::iter(0..100).map(|_| 'a').merge(stream::iter(0..3).map(|_| 'b'));
        let first = merged.take(8).collect::<String>().await;
        assert_eq!(first, "abababaa");
    });
}

#[test]
fn a_merge_waits_for_whichever_side_comes_first() {
    wheelwright::test(async || {
        let begun = now();
        let mut merged = timed(vec![3, 3]).map(|_| 'a').merge(timed(vec![1, 4]).map(|_| 'b'));
        let mut order = Vec::new();
        while let Some(side) = merged.next().await {
            order.push((side, (now() - begun).as_secs()));
        }
        assert_eq!(order, [('b', 1), ('a', 3), ('b', 5), ('a', 6)]);
    });
}

#[test]
fn a_stream_of_one_future_ends_with_it() {
    block_on(async {
        let mut one = pin!(stream::once(async { 7 }));
        assert_eq!(one.size_hint(), (1, Some(1)));
        assert_eq!((one.next().await, one.next().await), (Some(7), None));
        let mut never = pin!(stream::once(pending::<()>()));
        assert!(poll_fn(|cx| Poll::Ready(never.as_mut().poll_next(cx))).await.is_pending());
    });
}

#[test]
fn adaptors_say_how_many_items_are_left() {
    let ten = || stream::iter(0..10);
    assert_eq!(ten().map(|n| n).size_hint(), (10, Some(10)));
    assert_eq!(ten().filter(|n| *n == 1).size_hint(), (0, Some(10)));
    assert_eq!(ten().take(3).size_hint(), (3, Some(3)));
    assert_eq!(stream::iter(0..).take(3).size_hint(), (3, Some(3)));
    assert_eq!(ten().chunks(4).size_hint(), (3, Some(3)));
    assert_eq!(ten().merge(ten()).size_hint(), (20, Some(20)));
    assert_eq!(ten().map(async |n| n).buffered(4).size_hint(), (10, Some(10)));
}

proptest! {
    #[test]
    fn adaptors_do_what_those_of_iterators_do(items in prop::collection::vec(0_u32..20, 0..40), count in 0_usize..50, size in 1_usize..9) {
        let expected: Vec<Vec<u32>> = {
            let kept: Vec<u32> = items.iter().map(|n| n * 3).filter(|n| n % 2 == 0).take(count).collect();
            kept.chunks(size).map(<[u32]>::to_vec).collect()
        };
        let adapted = stream::iter(items).map(|n| n * 3).filter(|n| n % 2 == 0).take(count).chunks(size);
        prop_assert_eq!(block_on(adapted.collect::<Vec<_>>()), expected);
    }

    #[test]
    fn a_merge_gives_every_item_of_both_sides_in_its_sides_order(
        left in prop::collection::vec(0_u64..4, 0..12),
        right in prop::collection::vec(0_u64..4, 0..12),
    ) {
        let merged = wheelwright::test(async || {
            let sides = timed(left.clone()).map(|item| (0, item)).merge(timed(right.clone()).map(|item| (1, item)));
            sides.collect::<Vec<_>>().await
        });
        for (side, waits) in [(0, left), (1, right)] {
            let of_side: Vec<u64> = merged.iter().filter(|item| item.0 == side).map(|item| item.1.1).collect();
            prop_assert_eq!(of_side, waits);
        }
    }
}
