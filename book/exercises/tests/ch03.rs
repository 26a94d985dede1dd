//! Turns the exercise of chapter 3 into facts about its state machine.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use exercises::ch03::{Later, Product, product};

/// What each poll gave, up to the output.
fn polls(future: impl Future<Output = u32>) -> Vec<Poll<u32>> {
    let mut future = pin!(future);
    let mut polls = Vec::new();
    while !polls.last().is_some_and(Poll::is_ready) {
        polls.push(future.as_mut().poll(&mut Context::from_waker(Waker::noop())));
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
        assert_eq!(polls(Product::new(first, second)), polls(product(first_too, second_too)), "{numbers:?}");
    }
}

#[test]
fn ch03_after_a_zero_the_second_is_not_polled() {
    let (first, second) = pair([1, 0, 5, 3]);
    assert_eq!(polls(Product::new(first, second)), [Poll::Pending, Poll::Ready(0)]);
}

#[test]
#[should_panic(expected = "after it had returned")]
fn ch03_whoever_polls_it_after_its_end_is_told() {
    let (first, second) = pair([0, 2, 0, 3]);
    let mut product = pin!(Product::new(first, second));
    let cx = &mut Context::from_waker(Waker::noop());
    let _ = product.as_mut().poll(cx);
    let _ = product.as_mut().poll(cx);
}
