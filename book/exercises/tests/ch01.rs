//! Turns the exercise of chapter 1 into a verdict.

use std::thread;
use std::time::Duration;

use exercises::ch01::{ask_all, compute_all};
use wheelwright::{Runtime, block_on, time};

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
    assert!(results.iter().all(|(_, at)| *at != thread::current().id()), "the loop's thread is free meanwhile");
}
