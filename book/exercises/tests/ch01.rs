//! Turns the exercise of chapter 1 into a verdict.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use exercises::ch01::{ask_all, compute_all};
use wheelwright::{Runtime, block_on, spawn, time};

fn milliseconds(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn ch01_all_answers_take_as_long_as_the_slowest_and_come_in_order() {
    let runtime = Runtime::builder().paused().build().expect("this thread has no other");
    runtime.block_on(async {
        let begun = time::now();
        let answers = ask_all(vec![("a", milliseconds(300)), ("b", milliseconds(100)), ("c", milliseconds(200))]).await;
        assert_eq!(answers, ["a answers", "b answers", "c answers"]);
        assert_eq!(time::now() - begun, milliseconds(300), "the slowest takes 300 ms");
    });
}

#[test]
fn ch01_what_computes_is_not_on_the_thread_of_the_loop() {
    let results = block_on(compute_all(vec![3, 1, 2], |number| (number * number, thread::current().id())));
    assert_eq!(results.iter().map(|(square, _)| *square).collect::<Vec<_>>(), [9, 1, 4], "in the order of the numbers");
    assert!(results.iter().all(|(_, at)| *at != thread::current().id()), "it was computed on the thread of the loop");
}

#[test]
fn ch01_other_tasks_go_on_while_it_computes() {
    static HAD_A_TURN: Signal = Signal::new();
    let seen = block_on(async {
        spawn(async { HAD_A_TURN.give() }).detach();
        compute_all(vec![0], |_| HAD_A_TURN.comes()).await
    });
    assert!(seen[0], "another task had no turn while this computed: does its thread wait for the results?");
}

#[test]
fn ch01_all_numbers_are_computed_at_once() {
    static STARTED: [Signal; 2] = [Signal::new(), Signal::new()];
    let met = block_on(compute_all(vec![0, 1], |number| {
        STARTED[number as usize].give();
        STARTED[1 - number as usize].comes()
    }));
    assert!(met == [true, true], "the second was not begun before the first had ended");
}

/// Something that one thread says and others wait for, but not for ever: a fault fails, and does not hang.
struct Signal {
    given: Mutex<bool>,
    news: Condvar,
}

impl Signal {
    const fn new() -> Self {
        Self { given: Mutex::new(false), news: Condvar::new() }
    }

    fn give(&self) {
        *self.given.lock().expect("nobody panics here") = true;
        self.news.notify_all();
    }

    fn comes(&self) -> bool {
        let given = self.given.lock().expect("nobody panics here");
        let limit = Duration::from_secs(5);
        *self.news.wait_timeout_while(given, limit, |given| !*given).expect("nobody panics here").0
    }
}
