//! Turns what join, race, select and yield_now promise into facts, on a real loop.

use std::cell::RefCell;
use std::future::{pending, ready};
use std::rc::Rc;
use std::time::Duration;

use wheelwright::time::{now, sleep, timeout};
use wheelwright::{Either, block_on, inspect, join, race, select, spawn, try_join, try_join_all, yield_now};

const SECOND: Duration = Duration::from_secs(1);

/// Writes its name down when it is dropped.
struct Guard {
    name: &'static str,
    log: Rc<RefCell<Vec<&'static str>>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.log.borrow_mut().push(self.name);
    }
}

#[test]
fn join_takes_as_long_as_the_longer_of_the_two() {
    wheelwright::test(async || {
        let begun = now();
        join(sleep(SECOND), sleep(SECOND * 3)).await;
        let both = now() - begun;
        assert!(SECOND * 3 <= both && both < SECOND * 4, "{both:?}");
    });
}

#[test]
fn join_can_be_nested_and_takes_futures_that_borrow() {
    wheelwright::test(async || {
        let numbers = [1, 2, 3, 4];
        let sum = async |part: &[u32]| {
            sleep(SECOND).await;
            part.iter().sum::<u32>()
        };
        let ((first, second), third) = join(join(sum(&numbers[..1]), sum(&numbers[1..2])), sum(&numbers[2..])).await;
        assert_eq!([first, second, third], [1, 2, 7]);
    });
}

#[test]
fn join_drops_the_first_to_finish_before_the_other_goes_on() {
    wheelwright::test(async || {
        let log = Rc::new(RefCell::new(Vec::new()));
        let guard = Guard { name: "the first is dropped", log: Rc::clone(&log) };
        let first = async {
            let _guard = guard;
            yield_now().await;
        };
        let second = async {
            sleep(SECOND).await;
            log.borrow_mut().push("the second goes on");
        };
        join(first, second).await;
        assert_eq!(*log.borrow(), ["the first is dropped", "the second goes on"]);
    });
}

#[test]
fn a_panic_in_one_side_of_a_join_drops_the_other() {
    block_on(async {
        let log = Rc::new(RefCell::new(Vec::new()));
        let guard = Guard { name: "dropped", log: Rc::clone(&log) };
        let task = spawn(async {
            let other = async move {
                let _guard = guard;
                pending::<()>().await;
            };
            let panics = async {
                yield_now().await;
                panic!("on purpose");
            };
            join(other, panics).await;
        });
        assert!(task.await.is_err_and(|error| error.is_panic()));
        assert_eq!(*log.borrow(), ["dropped"]);
    });
}

#[test]
fn race_ends_with_the_faster_and_has_dropped_the_slower() {
    wheelwright::test(async || {
        let log = Rc::new(RefCell::new(Vec::new()));
        let guard = Guard { name: "the slower", log: Rc::clone(&log) };
        let slower = async {
            let _guard = guard;
            sleep(SECOND * 3600).await;
            "slower"
        };
        let faster = async {
            sleep(SECOND).await;
            "faster"
        };
        let begun = now();
        assert_eq!(race(slower, faster).await, "faster");
        assert_eq!(*log.borrow(), ["the slower"]);
        assert!(now() - begun < SECOND * 3600);
    });
}

#[test]
fn select_on_a_borrowed_future_can_go_on_with_the_loser() {
    wheelwright::test(async || {
        let mut work = spawn(async {
            sleep(SECOND * 5).await;
            "done"
        });
        let mut ticks = 0;
        let outcome = loop {
            match select(&mut work, sleep(SECOND * 2)).await {
                Either::Left(outcome) => break outcome,
                Either::Right(()) => ticks += 1,
            }
        };
        assert_eq!((outcome.expect("the work ends well"), ticks), ("done", 2));
    });
}

#[test]
fn a_timeout_inside_a_race_is_dropped_with_it() {
    wheelwright::test(async || {
        let winner = race(timeout(SECOND * 60, pending::<()>()), timeout(SECOND, pending())).await;
        assert!(winner.is_err());
        let begun = now();
        sleep(SECOND).await;
        assert!(now() - begun < SECOND * 2);
    });
}

#[test]
fn try_join_ends_with_the_first_error_and_drops_the_other() {
    wheelwright::test(async || {
        let before = inspect::live();
        let failing = async || {
            sleep(SECOND).await;
            Err::<(), _>("failed")
        };
        let lasting = async || {
            sleep(SECOND * 9).await;
            Ok::<_, &str>(9)
        };
        let begun = now();
        let mut left = Box::pin(try_join(failing(), lasting()));
        assert_eq!(left.as_mut().await, Err("failed"));
        assert_eq!(inspect::live(), before, "dropped before the future itself is");
        let mut right = Box::pin(try_join(lasting(), failing()));
        assert_eq!(right.as_mut().await, Err("failed"));
        assert_eq!(inspect::live(), before, "as on the other side");
        assert!(now() - begun < SECOND * 3);
        assert_eq!(try_join(lasting(), ready(Ok(1))).await, Ok((9, 1)));
        assert_eq!(try_join(ready(Err::<(), _>("left")), ready(Err::<(), _>("right"))).await, Err("left"));
    });
}

#[test]
fn try_join_all_ends_with_the_first_error_and_drops_the_others() {
    wheelwright::test(async || {
        let before = inspect::live();
        let begun = now();
        let after = async |n: u32| {
            sleep(SECOND * n).await;
            if n == 2 { Err(n) } else { Ok(n) }
        };
        let mut all = try_join_all([3, 2, 1, 4].map(after));
        assert_eq!((&mut all).await, Err(2));
        assert_eq!(inspect::live(), before, "dropped before the future itself is");
        assert!(now() - begun < SECOND * 3);
        assert_eq!(try_join_all([3, 1, 4].map(after)).await, Ok(vec![3, 1, 4]));
        assert_eq!(try_join_all(None::<std::future::Ready<Result<(), ()>>>).await, Ok(vec![]));
    });
}

#[test]
fn tasks_that_yield_take_turns() {
    block_on(async {
        let log = Rc::new(RefCell::new(Vec::new()));
        let speaker = |name: &'static str| {
            let log = Rc::clone(&log);
            async move {
                for _ in 0..3 {
                    log.borrow_mut().push(name);
                    yield_now().await;
                }
            }
        };
        let (ping, pong) = (spawn(speaker("ping")), spawn(speaker("pong")));
        let (one, other) = join(ping, pong).await;
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(*log.borrow(), ["ping", "pong", "ping", "pong", "ping", "pong"]);
    });
}

#[test]
fn yield_now_lets_everybody_run_who_was_ready() {
    block_on(async {
        let tasks: Vec<_> = (0..100).map(|number| spawn(async move { number })).collect();
        assert!(tasks.iter().all(|task| !task.is_finished()));
        yield_now().await;
        assert!(tasks.iter().all(|task| task.is_finished()));
        drop(tasks);
    });
}
