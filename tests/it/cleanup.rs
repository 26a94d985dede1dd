//! Turns the promises about cancelling into facts: whatever is dropped in the middle leaves nothing behind.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wheelwright::sync::CancellationToken;
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{
    for_each_concurrent, inspect, join, join_all, map_concurrent, shield, spawn, spawn_blocking, try_join,
    try_join_all, with_resource, yield_now,
};

use crate::support::{OnDrop, dropped_at_every_step, message_of};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn combinators_dropped_at_any_step_leave_neither_children_nor_timers() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| join_all((1..4).map(|n| sleep(SECOND * n)))).await;
        assert_eq!(steps, 4, "one poll to begin, one for each sleep");
        let steps = dropped_at_every_step(|| map_concurrent(2, 1..5, async |n| sleep(SECOND * n).await)).await;
        assert!(3 < steps);
        let steps = dropped_at_every_step(|| for_each_concurrent(1, 1..4, async |n| sleep(SECOND * n).await)).await;
        assert!(3 < steps);
        let steps = dropped_at_every_step(|| join(sleep(SECOND), timeout(SECOND * 2, sleep(SECOND * 3)))).await;
        assert_eq!(steps, 3);
        let after = async |n| {
            sleep(SECOND * n).await;
            if n == 3 { Err(n) } else { Ok(n) }
        };
        assert_eq!(dropped_at_every_step(|| try_join_all([1, 2, 3, 4].map(after))).await, 4);
        assert_eq!(dropped_at_every_step(|| try_join(after(1), after(3))).await, 3);
        let token = CancellationToken::new();
        let cancelled = dropped_at_every_step(|| token.run_until_cancelled(sleep(SECOND)));
        assert_eq!(cancelled.await, 2);
    });
}

#[test]
fn handles_dropped_at_any_step_detach_what_ends_by_itself() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| spawn(yield_now())).await;
        assert_eq!(steps, 2);
        assert!(1 < dropped_at_every_step(|| spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)))).await);
    });
}

#[test]
fn what_is_shielded_goes_on_when_its_waiter_is_gone() {
    wheelwright::test(async || {
        let log = Log::default();
        let work = {
            let log = log.clone();
            async move {
                sleep(SECOND * 2).await;
                log.note("done");
                5
            }
        };
        assert!(timeout(SECOND, shield(work)).await.is_err());
        sleep(SECOND * 2).await;
        assert_eq!(log.taken(), ["done"]);
        assert_eq!(shield(async { 6 }).await, 6);
        assert_eq!(dropped_at_every_step(|| shield(yield_now())).await, 2);
    });
}

#[test]
fn a_panic_of_what_is_shielded_comes_out_of_the_wait() {
    let text = message_of(|| wheelwright::test(async || shield(async { panic!("the work's own") }).await));
    assert_eq!(text, "the work's own");
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }

    fn taken(&self) -> Vec<&'static str> {
        self.0.take()
    }
}

/// Opens, runs and closes, waits in each, and notes it.
async fn used(log: &Log, body: Result<u8, &'static str>, close: Result<(), &'static str>) -> Result<u8, &'static str> {
    let used = with_resource(
        async {
            sleep(SECOND).await;
            log.note("open");
            Ok(log.clone())
        },
        async |log| {
            sleep(SECOND).await;
            log.note("body");
            body
        },
        async move |log| {
            yield_now().await;
            log.note("close");
            close
        },
        SECOND * 10,
    );
    used.await
}

#[test]
fn a_resource_is_closed_before_the_outcome_comes_out() {
    wheelwright::test(async || {
        let log = Log::default();
        for (body, close, outcome) in [
            (Ok(1), Ok(()), Ok(1)),
            (Err("body"), Ok(()), Err("body")),
            (Ok(1), Err("close"), Err("close")),
            (Err("body"), Err("close"), Err("body")),
        ] {
            assert_eq!(used(&log, body, close).await, outcome);
            assert_eq!(log.taken(), ["open", "body", "close"]);
        }
    });
}

#[test]
fn a_resource_is_closed_when_its_body_panics_and_the_panic_comes_out_then() {
    let log = Log::default();
    let panicking = with_resource(
        async { Ok::<_, String>(log.clone()) },
        async |log| {
            let _guard = OnDrop(|| log.note("body dropped"));
            yield_now().await;
            panic!("the body's own")
        },
        async |log: Log| {
            sleep(SECOND).await;
            log.note("closed");
            Ok(())
        },
        SECOND * 2,
    );
    let text = message_of(|| {
        let outcome: Result<(), _> = wheelwright::test(async || panicking.await);
        drop(outcome);
    });
    assert_eq!((text.as_str(), log.taken()), ("the body's own", vec!["body dropped", "closed"]));
}

#[test]
fn a_resource_dropped_at_any_step_is_closed_once_if_it_was_opened() {
    wheelwright::test(async || {
        let log = Log::default();
        // Each is waited for until its close, as a task if need be, has ended.
        let steps = dropped_at_every_step(|| async {
            let before = log.taken();
            assert!(before.is_empty() || before.ends_with(&["close"]), "{before:?}");
            assert_eq!(before.iter().filter(|what| **what == "close").count(), before.len().min(1));
            used(&log, Ok(1), Ok(())).await
        });
        assert_eq!(steps.await, 4);
        assert_eq!(log.taken(), ["open", "body", "close"]);
    });
}

#[test]
fn a_close_that_was_left_alone_is_given_up_after_its_limit() {
    wheelwright::test(async || {
        let before = inspect::live();
        let log = Log::default();
        let endless = with_resource(
            async { Ok::<_, String>(log.clone()) },
            async |_| pending::<Result<(), _>>().await,
            async |log: Log| {
                log.note("closing");
                let _guard = OnDrop(|| log.note("given up"));
                pending().await
            },
            SECOND * 5,
        );
        assert!(timeout(SECOND, endless).await.is_err());
        let begun = now();
        while inspect::live() != before {
            sleep(SECOND / 10).await;
        }
        assert_eq!(log.taken(), ["closing", "given up"]);
        assert!(SECOND * 4 < now() - begun && now() - begun < SECOND * 6);
    });
}

#[test]
fn a_close_that_panics_comes_out_and_is_not_begun_again() {
    let log = Log::default();
    let panicking = with_resource(
        async { Ok::<_, String>(log.clone()) },
        async |_| Ok(()),
        async |log: Log| {
            log.note("closing");
            panic!("the close's own")
        },
        SECOND,
    );
    let text = message_of(|| drop(wheelwright::test(async || panicking.await)));
    assert_eq!((text.as_str(), log.taken()), ("the close's own", vec!["closing"]));
}

#[test]
fn drop_of_a_resource_outside_a_runtime_is_harmless() {
    let log = Log::default();
    let mut left = Box::pin(with_resource(
        async { Ok::<_, String>(log.clone()) },
        async |_| pending::<Result<(), _>>().await,
        async |log: Log| {
            log.note("closed");
            Ok(())
        },
        SECOND,
    ));
    wheelwright::block_on(async { assert!(poll_fn(|cx| Poll::Ready(left.as_mut().poll(cx))).await.is_pending()) });
    drop(left);
    assert!(log.taken().is_empty(), "nothing can be awaited any more");
}

#[test]
fn a_close_that_panics_before_it_is_awaited_does_not_abort_a_drop_in_a_panic() {
    let text = message_of(|| {
        wheelwright::test(async || {
            let body = async |_: &mut ()| pending::<Result<(), String>>().await;
            let close = |()| -> std::future::Ready<Result<(), String>> { panic!("no future is made") };
            let panicking = async {
                yield_now().await;
                panic!("a neighbour's")
            };
            let ((), _) = join(panicking, with_resource(async { Ok(()) }, body, close, SECOND)).await;
        });
    });
    assert_eq!(text, "a neighbour's");
}
