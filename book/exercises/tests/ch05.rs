//! Turns the exercise of chapter 5 into facts about who has a turn.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use exercises::ch05::{NewestFirst, conspirators};
use exercises::turns::{ReadyList, Task, count};

/// Yields for ever, first in the line.
fn three() -> Vec<Task> {
    let yields = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let [one, other] = conspirators();
    vec![Box::pin(yields), one, other]
}

#[test]
fn ch05_two_that_wake_each_other_starve_a_third_if_the_newest_comes_first() {
    let turns = count(three(), 100, ReadyList::pop_back);
    assert_eq!(turns[0], 0, "the third had turns, those of all: {turns:?}");
    assert_eq!(turns.iter().sum::<usize>(), 100, "all went to sleep: the two should go on for ever");
    let turns = count(three(), 100, ReadyList::pop_front);
    assert!(turns.iter().all(|turns| 20 <= *turns), "the oldest first leaves nobody out: {turns:?}");
}

#[test]
fn ch05_each_of_the_two_wakes_the_other_and_never_itself() {
    let mut tasks = conspirators();
    let wakes = [0, 1].map(|_| Arc::new(AtomicUsize::new(0)));
    for turn in 0..10 {
        let (me, other) = (turn % 2, (turn + 1) % 2);
        let before = [me, other].map(|task| wakes[task].load(Ordering::Relaxed));
        let waker = Waker::from(Arc::new(Counts(Arc::clone(&wakes[me]))));
        assert!(
            tasks[me].as_mut().poll(&mut Context::from_waker(&waker)).is_pending(),
            "a task came to its end, and should go on for ever"
        );
        let came = [me, other].map(|task| wakes[task].load(Ordering::Relaxed));
        assert_eq!(came[0], before[0], "at turn {turn} the task woke itself");
        assert!(turn == 0 || before[1] < came[1], "at turn {turn} the task did not wake the other");
    }
}

/// Counts wakes.
struct Counts(Arc<AtomicUsize>);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn ch05_the_newest_comes_first_and_everybody_has_turns() {
    let mut order = NewestFirst::default();
    let mut list = ReadyList::from([0, 1, 2, 3, 4, 5]);
    let taken: Vec<_> = std::iter::from_fn(|| order.take(&mut list)).collect();
    assert_eq!(taken, [5, 4, 3, 0, 2, 1], "three times the newest, then the oldest, and so on");
    let mut order = NewestFirst::default();
    let turns = count(three(), 100, |list| order.take(list));
    assert!(turns.iter().all(|turns| 10 <= *turns), "somebody is left out: {turns:?}");
}
