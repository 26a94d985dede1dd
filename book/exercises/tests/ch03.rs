//! Turns the exercise of chapter 3 into facts about its state machine.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use exercises::ch03::{Later, Product, product};

/// Counts its wakes. A [`Later`] asks for the next poll each time it is pending, so they tell how often one was polled.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What each poll gave, up to the output, and how many wakes there had been by then.
fn polls(future: impl Future<Output = u32>) -> Vec<(Poll<u32>, usize)> {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut future = pin!(future);
    let mut polls: Vec<(Poll<u32>, usize)> = Vec::new();
    while !polls.last().is_some_and(|(polled, _)| polled.is_ready()) {
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        polls.push((polled, wakes.0.load(Ordering::Relaxed)));
        assert!(polls.len() < 20, "it is polled and polled, and does not end: {polls:?}");
    }
    polls
}

fn pair([left, number, left_too, number_too]: [u32; 4]) -> (Later, Later) {
    (Later { left, number }, Later { left: left_too, number: number_too })
}

#[test]
fn ch03_by_hand_it_is_ready_at_the_same_poll_with_the_same_output() {
    for numbers in [[0, 2, 0, 3], [1, 2, 0, 3], [0, 2, 1, 3], [2, 6, 3, 7]] {
        let (first, second) = pair(numbers);
        let (first_too, second_too) = pair(numbers);
        let (by_hand, by_compiler) = (polls(Product::new(first, second)), polls(product(first_too, second_too)));
        assert_eq!(by_hand, by_compiler, "what each poll gives, and the wakes asked for by then, with {numbers:?}");
    }
}

#[test]
fn ch03_after_a_zero_the_second_is_not_polled() {
    let (first, second) = pair([1, 0, 5, 3]);
    let polls = polls(Product::new(first, second));
    assert_eq!(
        polls,
        [(Poll::Pending, 1), (Poll::Ready(0), 1)],
        "one wake, by the first: each of the second is one too many"
    );
}

#[test]
#[should_panic(expected = "after it had returned")]
fn ch03_whoever_polls_it_after_its_end_is_told() {
    poll_after_the_end(pair([0, 2, 0, 3]));
}

#[test]
#[should_panic(expected = "after it had returned")]
fn ch03_whoever_polls_it_after_a_zero_is_told_as_well() {
    poll_after_the_end(pair([0, 0, 0, 3]));
}

fn poll_after_the_end((first, second): (Later, Later)) {
    let mut product = pin!(Product::new(first, second));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(product.as_mut().poll(cx).is_ready(), "nothing here has to wait");
    let _ = product.as_mut().poll(cx);
}
