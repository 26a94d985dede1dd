//! Turns the exercise of chapter 2 into a verdict.

use std::cell::Cell;

use exercises::ch02::{ANSWERS, add_up};
use exercises::puzzles::outputs;
use wheelwright::{Either, block_on, select, yield_now};

/// Says how many are missing or wrong, and not which.
fn check(number: usize) {
    let possible = outputs(number);
    let answers = ANSWERS[number - 1];
    let found = possible.iter().filter(|output| answers.contains(&output.as_str())).count();
    let wrong: Vec<_> = answers.iter().filter(|answer| !possible.iter().any(|output| output == *answer)).collect();
    assert!(wrong.is_empty(), "puzzle {number}: {wrong:?} cannot come");
    assert!(found == possible.len(), "puzzle {number}: you have {found} of {} that can come", possible.len());
}

#[test]
fn ch02_puzzle_1_nobody_runs_who_is_neither_awaited_nor_given_a_turn() {
    check(1);
}

#[test]
fn ch02_puzzle_2_tasks_that_are_ready_at_once_may_run_in_any_order() {
    check(2);
}

#[test]
fn ch02_puzzle_3_who_yields_goes_on_in_the_next_lap() {
    check(3);
}

#[test]
fn ch02_puzzle_4_who_holds_a_lock_lets_others_run_but_not_in() {
    check(4);
}

#[test]
fn ch02_puzzle_5_an_await_between_read_and_write_may_lose_an_update() {
    check(5);
}

#[test]
fn ch02_puzzle_6_the_earlier_deadline_comes_first_in_every_order() {
    check(6);
}

#[test]
fn ch02_others_have_a_turn_after_each_piece() {
    let turns = Cell::new(0);
    let count_turns = async {
        loop {
            turns.set(turns.get() + 1);
            yield_now().await;
        }
    };
    let seen = Cell::new(0);
    let weigh = |piece| {
        assert!(seen.replace(turns.get()) < turns.get() || piece == 1, "nobody else ran before piece {piece}");
        10 * piece
    };
    let sum = block_on(async {
        match select(add_up(vec![1, 2, 3, 4], weigh), count_turns).await {
            Either::Left(sum) => sum,
            Either::Right(()) => unreachable!("it counts for ever"),
        }
    });
    assert_eq!(sum, 100);
    assert!(seen.get() < turns.get(), "nobody else ran after the last piece");
}
