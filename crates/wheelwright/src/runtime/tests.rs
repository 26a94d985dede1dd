//! Turns the loop's promises into checks that need to see inside.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::test_waker::{CountingWaker, poll_with};
use crate::{Runtime, block_on, spawn, time};

#[test]
fn a_task_gives_its_output() {
    assert_eq!(block_on(async { spawn(async { 40 + 2 }).await.expect("it is not cancelled") }), 42);
}

#[test]
fn tasks_run_in_the_order_they_were_spawned() {
    let order = Rc::new(RefCell::new(Vec::new()));
    block_on(async {
        let handles: Vec<_> = (0..10)
            .map(|n| {
                let order = Rc::clone(&order);
                spawn(async move { order.borrow_mut().push(n) })
            })
            .collect();
        for handle in handles {
            handle.await.expect("it is not cancelled");
        }
    });
    assert_eq!(*order.borrow(), (0..10).collect::<Vec<_>>());
}

#[test]
fn sleeps_end_in_the_order_of_their_deadlines() {
    let order = Rc::new(RefCell::new(Vec::new()));
    crate::test(async || {
        let handles: Vec<_> = [30, 10, 20]
            .map(|n| {
                let order = Rc::clone(&order);
                spawn(async move {
                    time::sleep(Duration::from_secs(n)).await;
                    order.borrow_mut().push(n);
                })
            })
            .into();
        for handle in handles {
            handle.await.expect("it is not cancelled");
        }
    });
    assert_eq!(*order.borrow(), [10, 20, 30]);
}

#[test]
fn a_blocking_job_wakes_its_loop() {
    let sum = block_on(async { crate::spawn_blocking(|| 1 + 1).await.expect("it does not panic") });
    assert_eq!(sum, 2);
}

#[test]
fn a_runtime_runs_again_after_its_root_panicked() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.spawn(async { 7 });
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(async { panic!("root") })));
    assert!(panicked.is_err());
    assert_eq!(runtime.block_on(task).expect("it is not cancelled"), 7);
}

#[test]
fn a_computation_that_yields_after_slow_steps_lets_timers_fire_between_them() {
    block_on(async {
        let alarm = crate::spawn(time::sleep(Duration::from_millis(1)));
        let mut steps = 0;
        while !alarm.is_finished() {
            std::thread::sleep(Duration::from_millis(2));
            crate::yield_now().await;
            steps += 1;
        }
        // One to begin the sleep, one until it is due, and those after which nobody looks.
        assert!(steps < 8, "the alarm came after {steps} steps, each of them longer than its sleep");
    });
}

#[test]
fn a_loop_that_is_kept_from_sleeping_looks_at_the_clock_all_the_same() {
    block_on(async {
        let (waker, counter) = CountingWaker::new();
        let mut sleeping = time::sleep(Duration::from_millis(1));
        assert!(poll_with(&mut sleeping, &waker).is_pending());
        std::thread::sleep(Duration::from_millis(5));
        super::current(|event_loop| {
            for _ in 0..super::POLLS_PER_TURN {
                // As if a wake for nobody came each time the loop is about to sleep.
                event_loop.mailbox.ring();
                event_loop.park();
            }
        });
        assert_eq!(counter.wakes(), 1);
    });
}
