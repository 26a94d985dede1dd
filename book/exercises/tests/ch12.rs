//! Turns the exercise of chapter 12 into a verdict.

use std::future::pending;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use exercises::ch12::until;
use wheelwright::Runtime;
use wheelwright::stream::{self, Stream, StreamExt};
use wheelwright::time::{now, sleep, timeout};

const MOMENT: Duration = Duration::from_millis(10);
/// So much passes only for somebody who hangs.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// Under the paused clock.
fn run(test: impl Future<Output = ()>) {
    Runtime::builder().paused().build().expect("this thread has no other").block_on(test);
}

/// An item every four moments, for ever; it holds something meanwhile.
fn ticks(held: Rc<()>) -> impl Stream<Item = u32> + Unpin {
    stream::generator(async move |y| {
        let _held = held;
        for number in 1.. {
            sleep(MOMENT * 4).await;
            y.yield_(number).await;
        }
    })
}

#[test]
fn ch12_items_come_before_the_deadline_and_the_end_at_the_deadline() {
    run(async {
        let begun = now();
        let mut ticks = until(ticks(Rc::default()), begun + MOMENT * 10);
        let mut came = Vec::new();
        while let Some(number) = ticks.next().await {
            came.push((number, now() - begun));
        }
        assert_eq!(came, [(1, MOMENT * 4), (2, MOMENT * 8)]);
        assert_eq!(now() - begun, MOMENT * 10, "the end does not wait for a third item");
        assert_eq!(ticks.next().await, None, "it stays at its end");
        let mut late = until(stream::iter([1]), now());
        assert_eq!(late.next().await, None, "at the deadline nothing comes, also from a source that has something");
    });
}

#[test]
fn ch12_a_source_that_says_nothing_ends_on_time() {
    run(async {
        let begun = now();
        let silent = stream::generator(async |_: stream::Yielder<u32>| pending().await);
        let mut silent = until(silent, begun + MOMENT);
        assert_eq!(timeout(FOR_EVER, silent.next()).await, Ok(None));
        assert_eq!(now() - begun, MOMENT, "nobody woke it at its deadline");
    });
}

#[test]
fn ch12_the_source_is_let_go_at_the_deadline() {
    run(async {
        let held = Rc::new(());
        let mut ticks = until(ticks(Rc::clone(&held)), now() + MOMENT * 5);
        assert_eq!((ticks.next().await, Rc::strong_count(&held)), (Some(1), 2));
        sleep(MOMENT * 5).await; // the deadline is over when the next item is asked for
        assert_eq!((ticks.next().await, Rc::strong_count(&held)), (None, 1), "the end gives back what the source held");
    });
}

/// Has one item, and holds something for as long as it is there.
struct Once {
    item: Option<u32>,
    _held: Rc<()>,
}

impl Stream for Once {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        Poll::Ready(self.item.take())
    }
}

#[test]
fn ch12_the_source_is_let_go_at_its_own_end() {
    run(async {
        let held = Rc::new(());
        let mut once = until(Once { item: Some(1), _held: Rc::clone(&held) }, now() + FOR_EVER);
        assert_eq!((once.next().await, Rc::strong_count(&held)), (Some(1), 2));
        assert_eq!((once.next().await, Rc::strong_count(&held)), (None, 1), "the end gives back what the source held");
        assert_eq!(once.next().await, None, "it stays at its end");
    });
}
