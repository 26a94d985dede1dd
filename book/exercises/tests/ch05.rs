//! Turns the exercise of chapter 5 into facts about who has a turn.

use std::future::poll_fn;
use std::task::Poll;

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
    assert_eq!(turns[0], 0, "{turns:?}");
    assert_eq!(turns.iter().sum::<usize>(), 100, "they go on for ever");
    for one in conspirators() {
        assert_eq!(count(vec![one], 10, ReadyList::pop_front), [1], "neither wakes itself");
    }
    let turns = count(three(), 100, ReadyList::pop_front);
    assert!(turns.iter().all(|turns| 20 <= *turns), "the oldest first leaves nobody out: {turns:?}");
}

#[test]
fn ch05_the_newest_comes_first_and_everybody_has_turns() {
    let mut order = NewestFirst::default();
    let mut list = ReadyList::from([0, 1, 2, 3, 4, 5]);
    let taken: Vec<_> = std::iter::from_fn(|| order.take(&mut list)).collect();
    assert_eq!(taken, [5, 4, 3, 0, 2, 1]);
    let mut order = NewestFirst::default();
    let turns = count(three(), 100, |list| order.take(list));
    assert!(turns.iter().all(|turns| 10 <= *turns), "{turns:?}");
}
