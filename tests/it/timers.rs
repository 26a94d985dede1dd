//! Turns the promises about time into facts.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use wheelwright::net::TcpListener;
use wheelwright::time::{self, RateLimiter, sleep, sleep_until, timeout, timeout_at};
use wheelwright::{block_on, inspect, join_all, spawn, spawn_blocking, test, yield_now};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_timer_is_never_early() {
    block_on(async {
        let waits = (0..200_u32).map(|n| async move {
            let limit = Duration::from_micros(u64::from(n) * 137);
            let start = Instant::now();
            sleep(limit).await;
            (start.elapsed(), limit)
        });
        for (passed, limit) in join_all(waits).await {
            assert!(limit <= passed, "a sleep of {limit:?} took {passed:?}");
        }
    });
}

#[test]
fn an_hour_of_timers_takes_no_time_and_keeps_its_order() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let real = Instant::now();
    test(async || {
        let start = time::now();
        let sleeps = (0..3600_u64).map(|n| {
            let (order, seconds) = (Rc::clone(&order), n * 7919 % 3600);
            async move {
                sleep(Duration::from_secs(seconds)).await;
                order.borrow_mut().push(seconds);
            }
        });
        join_all(sleeps).await;
        assert_eq!(time::now() - start, Duration::from_secs(3599));
    });
    assert!(order.borrow().is_sorted());
    assert!(real.elapsed() < HOUR);
}

#[test]
fn a_paused_clock_runs_at_real_speed_while_a_blocking_job_is_awaited() {
    test(async || {
        let job = spawn_blocking(|| std::thread::sleep(Duration::from_millis(50)));
        let overtaken = timeout(HOUR, job).await;
        overtaken.expect("an hour of virtual time does not pass meanwhile").expect("it does not panic");
    });
}

#[test]
fn a_paused_clock_jumps_over_a_listener_that_waits() {
    test(async || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = spawn(async move { listener.accept().await.map(drop) });
        let start = time::now();
        sleep(HOUR).await;
        assert_eq!(time::now() - start, HOUR);
        server.abort();
    });
}

#[test]
fn a_timeout_of_something_ready_makes_no_timer() {
    test(async || {
        let mut limited = pin!(timeout(HOUR, async { 1 }));
        let polled = poll_fn(|cx| Poll::Ready(limited.as_mut().poll(cx))).await;
        assert_eq!(polled, Poll::Ready(Ok(1)));
        assert_eq!(inspect::live().timers, 0);
    });
}

#[test]
fn a_timeout_counts_from_its_first_pending_and_timeout_at_from_nowhere() {
    test(async || {
        let start = time::now();
        let (late, exact) = (timeout(HOUR, pending::<()>()), timeout_at(start + HOUR, pending::<()>()));
        sleep(HOUR / 2).await;
        assert!(exact.await.is_err());
        assert_eq!(time::now() - start, HOUR);
        assert!(late.await.is_err());
        assert_eq!(time::now() - start, 2 * HOUR);
    });
}

#[test]
fn a_timeout_that_passes_drops_what_it_limits() {
    test(async || {
        let kept = Rc::new(());
        let held = Rc::clone(&kept);
        let work = async move {
            let _held = held;
            pending::<()>().await;
        };
        assert!(timeout(HOUR, work).await.is_err());
        assert_eq!(Rc::strong_count(&kept), 1);
    });
}

#[test]
fn a_sleep_of_zero_lets_the_others_run_once() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let other = Rc::clone(&order);
    test(async || {
        let task = spawn(async move { other.borrow_mut().push("other") });
        sleep(Duration::ZERO).await;
        order.borrow_mut().push("slept");
        task.await.expect("it completes");
    });
    assert_eq!(*order.borrow(), ["other", "slept"]);
}

#[test]
fn a_sleep_without_end_and_a_deadline_that_passed_are_both_right() {
    test(async || {
        assert!(timeout(HOUR, sleep(Duration::MAX)).await.is_err());
        let now = time::now();
        sleep_until(now - Duration::from_nanos(1)).await;
        assert_eq!(time::now(), now);
    });
}

#[test]
fn a_dropped_sleep_leaves_no_timer() {
    test(async || {
        let before = inspect::live();
        {
            let mut sleeping = pin!(sleep(HOUR));
            assert!(poll_fn(|cx| Poll::Ready(sleeping.as_mut().poll(cx))).await.is_pending());
            assert_eq!(inspect::live().timers, before.timers + 1);
        }
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_sleep_moved_to_another_task_wakes_that_one() {
    test(async || {
        let mut sleeping = Box::pin(sleep(HOUR));
        assert!(poll_fn(|cx| Poll::Ready(sleeping.as_mut().poll(cx))).await.is_pending());
        spawn(sleeping).await.expect("it was woken");
    });
}

#[test]
fn a_sleep_that_is_reset_ends_at_its_new_deadline() {
    test(async || {
        let start = time::now();
        let mut sleeping = Box::pin(sleep(HOUR));
        assert!(poll_fn(|cx| Poll::Ready(sleeping.as_mut().poll(cx))).await.is_pending());
        sleeping.as_mut().reset(start + 2 * HOUR);
        sleeping.await;
        assert_eq!(time::now() - start, 2 * HOUR);
    });
}

#[test]
#[should_panic(expected = "the runtime this sleep belongs to has ended")]
fn a_sleep_that_outlives_its_runtime_panics_clearly() {
    let mut sleeping = Box::pin(sleep(HOUR));
    block_on(async {
        assert!(poll_fn(|cx| Poll::Ready(sleeping.as_mut().poll(cx))).await.is_pending());
    });
    block_on(sleeping);
}

#[test]
fn a_rate_limiter_spaces_starts_evenly_after_its_burst() {
    test(async || {
        let limiter = RateLimiter::per_second(10.0).burst(5);
        let start = time::now();
        let mut starts = Vec::new();
        for _ in 0..8 {
            limiter.acquire().await;
            starts.push((time::now() - start).as_millis());
        }
        assert_eq!(starts, [0, 0, 0, 0, 0, 100, 200, 300]);
        sleep(Duration::from_secs(10)).await;
        let after = time::now();
        for _ in 0..5 {
            limiter.acquire().await;
        }
        assert_eq!(time::now(), after, "after a pause the burst is there again, and no more");
        limiter.acquire().await;
        assert!(after < time::now());
    });
}

#[test]
fn a_start_that_is_dropped_gives_its_place_back_if_it_was_the_last() {
    test(async || {
        let limiter = RateLimiter::per_second(1.0);
        limiter.acquire().await;
        let start = time::now();
        assert!(timeout(Duration::from_millis(10), limiter.acquire()).await.is_err());
        limiter.acquire().await;
        assert_eq!((time::now() - start).as_secs(), 1, "the dropped one took no second of its own");
        yield_now().await;
    });
}

#[test]
fn a_start_that_is_dropped_in_the_middle_moves_nobody_behind_it() {
    test(async || {
        let limiter = Rc::new(RateLimiter::per_second(1.0));
        limiter.acquire().await;
        let start = time::now();
        let starts = [5, 5000, 5000].map(|patience| {
            let limiter = Rc::clone(&limiter);
            spawn(
                async move { timeout(Duration::from_millis(patience), limiter.acquire()).await.map(|()| time::now()) },
            )
        });
        // When the first of them has given up.
        sleep(Duration::from_millis(10)).await;
        limiter.acquire().await;
        assert_eq!((time::now() - start).as_secs(), 4, "behind all three");
        let seconds = join_all(starts).await.into_iter().map(|start| start.expect("no panic"));
        let seconds: Vec<_> = seconds.map(|at| at.ok().map(|at| (at - start).as_secs())).collect();
        assert_eq!(seconds, [None, Some(2), Some(3)]);
    });
}

#[test]
fn a_sleep_that_is_over_stays_over() {
    test(async || {
        let mut sleep = pin!(sleep(HOUR));
        sleep.as_mut().await;
        let again = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx)));
        assert!(again.await.is_ready());
    });
}
