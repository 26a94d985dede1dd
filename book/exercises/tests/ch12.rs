//! Turns the exercise of chapter 12 into facts about when a stream ends, and when its source is let go.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use exercises::ch12::until;
use wheelwright::stream::{self, Stream, StreamExt};
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{block_on, spawn};

const MOMENT: Duration = Duration::from_millis(10);
/// So much passes only for somebody who hangs; the clock is paused.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// A source that holds something for as long as it is there, and does not want to be asked all the time.
struct Source<S> {
    stream: S,
    asked: u32,
    _held: Rc<()>,
}

impl<S: Stream + Unpin> Stream for Source<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.asked += 1;
        assert!(self.asked < 10_000, "the source is asked again and again, though it woke nobody");
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

fn source<S: Stream<Item = u32> + Unpin>(held: &Rc<()>, stream: S) -> Source<S> {
    Source { stream, asked: 0, _held: Rc::clone(held) }
}

fn is_held(held: &Rc<()>) -> bool {
    1 < Rc::strong_count(held)
}

/// An item every four moments, for ever.
fn ticks(held: &Rc<()>) -> impl Stream<Item = u32> + use<> {
    let ticks = stream::generator(async |y| {
        for number in 1.. {
            sleep(MOMENT * 4).await;
            y.yield_(number).await;
        }
    });
    source(held, ticks)
}

/// Never has an item, nor an end.
fn silence() -> impl Stream<Item = u32> + Unpin {
    source(&Rc::default(), stream::generator(async |_| pending().await))
}

/// Is always ready: with what the function gives, be it an item or the end.
struct Always<F>(F);

impl<F: FnMut() -> Option<u32> + Unpin> Stream for Always<F> {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        Poll::Ready(self.0())
    }
}

#[test]
fn ch12_items_come_before_the_deadline_and_the_end_at_the_deadline() {
    wheelwright::test(async || {
        for (moments, items) in [(10, vec![(1, 4), (2, 8)]), (8, vec![(1, 4)]), (2, vec![])] {
            let begun = now();
            let mut ticks = until(ticks(&Rc::default()), begun + MOMENT * moments);
            let mut came = Vec::new();
            while let Some(number) = ticks.next().await {
                came.push((number, (now() - begun).div_duration_f64(MOMENT) as u32));
            }
            assert_eq!(came, items, "the items before {moments} moments, and when they came");
            assert_eq!(now() - begun, MOMENT * moments, "the end waits for no further item");
        }
    });
}

#[test]
fn ch12_a_source_that_says_nothing_ends_at_the_deadline() {
    wheelwright::test(async || {
        let begun = now();
        let end = timeout(FOR_EVER, until(silence(), begun + MOMENT).next()).await;
        assert_eq!((end, now() - begun), (Ok(None), MOMENT), "somebody has to wake the reader then");
    });
}

#[test]
fn ch12_the_task_that_asked_last_is_woken_at_the_deadline() {
    wheelwright::test(async || {
        let begun = now();
        let mut silence = until(silence(), begun + MOMENT * 2);
        let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut silence).poll_next(cx))).await;
        assert_eq!(first, Poll::Pending);
        let another_task = spawn(async move { silence.next().await });
        let woken = timeout(FOR_EVER, another_task).await;
        let end = woken.expect("who asked last is woken: whoever wakes it needs the waker of each poll");
        assert_eq!((end.expect("it does not panic"), now() - begun), (None, MOMENT * 2));
    });
}

#[test]
fn ch12_a_source_that_is_always_ready_ends_too_and_is_let_go() {
    let (held, mut number) = (Rc::new(()), 0);
    // It takes its time, but it never gives the thread away, so that no timer has its lap. The clock is the real one.
    let busy = Always(move || {
        thread::sleep(Duration::from_millis(1));
        number += 1;
        (number < 1000).then_some(number)
    });
    block_on(async {
        let mut busy = until(source(&held, busy), now() + MOMENT);
        let mut last = 0;
        while let Some(number) = busy.next().await {
            last = number;
        }
        assert!(last < 999, "it was read to its own end: who is always ready is ended by a look at the clock");
        assert!(!is_held(&held), "it has ended, and still has its source");
    });
}

#[test]
fn ch12_after_a_deadline_that_is_over_the_source_is_not_asked() {
    wheelwright::test(async || {
        let held = Rc::new(());
        let never = Always(|| panic!("the source is asked after the deadline"));
        let mut late = until(source(&held, never), now());
        assert_eq!((late.next().await, late.next().await), (None, None));
        assert!(!is_held(&held), "it has ended, and still has its source");
    });
}

#[test]
fn ch12_the_source_is_let_go_as_the_end_comes_and_not_before() {
    wheelwright::test(async || {
        let held = Rc::new(());
        let mut read = until(ticks(&held), now() + MOMENT * 5);
        assert_eq!((read.next().await, is_held(&held)), (Some(1), true), "it has a source until its end");
        assert_eq!(
            (read.next().await, is_held(&held)),
            (None, false),
            "who waits for the end has it at the deadline, and the source is gone"
        );
        let mut unread = until(ticks(&held), now() + MOMENT * 5);
        assert_eq!((unread.next().await, is_held(&held)), (Some(1), true), "it has a source until its end");
        sleep(MOMENT * 5).await;
        assert_eq!(
            (unread.next().await, is_held(&held)),
            (None, false),
            "who asks after the deadline has the end, and the source is gone"
        );
    });
}

#[test]
fn ch12_the_source_is_let_go_at_its_own_end_and_not_asked_again() {
    wheelwright::test(async || {
        let (held, mut script) = (Rc::new(()), [Some(1), None, Some(2)].into_iter());
        let script = Always(move || script.next().expect("nobody asks so often"));
        let mut short = until(source(&held, script), now() + FOR_EVER);
        assert_eq!((short.next().await, is_held(&held)), (Some(1), true), "it has a source until its end");
        assert_eq!(
            (short.next().await, is_held(&held)),
            (None, false),
            "the end of the source is the end, and the source is gone"
        );
        assert_eq!((short.next().await, short.next().await), (None, None), "it stays at its end");
    });
}

#[test]
fn ch12_after_the_deadline_it_stays_at_its_end() {
    wheelwright::test(async || {
        let begun = now();
        let mut ticks = until(ticks(&Rc::default()), begun + MOMENT * 6);
        assert_eq!((ticks.next().await, ticks.next().await), (Some(1), None));
        assert_eq!(timeout(FOR_EVER, ticks.next()).await, Ok(None), "it stays at its end");
        assert_eq!(now() - begun, MOMENT * 6, "and says so at once");
    });
}
