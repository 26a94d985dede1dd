//! Turns the promises about outcomes that nobody awaits into checks: callbacks are called, failures end what they should.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::sync::{Mutex, RwLock, Semaphore, mpsc};
use wheelwright::{
    JoinHandle, Runtime, Schedule, Unhandled, block_on, inspect, spawn, spawn_blocking, time, yield_now,
};

use crate::support::{OnDrop, message_of};

/// What was done, in its order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: impl Into<String>) {
        self.0.borrow_mut().push(what.into());
    }

    /// Something that says so when it is dropped.
    fn guard(&self, what: &str) -> OnDrop<impl FnMut() + use<>> {
        let (log, what) = (self.clone(), what.to_owned());
        OnDrop(move || log.add(&*what))
    }

    fn taken(&self) -> Vec<String> {
        self.0.take()
    }
}

#[test]
fn a_callback_is_called_after_the_task_and_not_within_it() {
    let log = Log::default();
    block_on(async {
        let (task, callback, guard) = (log.clone(), log.clone(), log.guard("future gone"));
        spawn(async move {
            let _guard = guard;
            task.add("task");
            42
        })
        .on_done(move |outcome| callback.add(format!("called with {}", outcome.expect("it completes"))));
        log.add("root");
        for _ in 0..3 {
            yield_now().await;
        }
        log.add("root again");
    });
    assert_eq!(log.taken(), ["root", "task", "future gone", "called with 42", "root again"]);
}

#[test]
fn a_task_that_is_done_in_the_last_lap_still_reaches_its_callback() {
    let log = Log::default();
    block_on(async {
        let callback = log.clone();
        let task = spawn(async { 42 });
        let is_done = || task.is_finished();
        while !is_done() {
            yield_now().await;
        }
        task.on_done(move |outcome| callback.add(format!("called with {}", outcome.expect("it completes"))));
        log.add("the root ends");
    });
    assert_eq!(log.taken(), ["the root ends", "called with 42"]);
}

#[test]
fn a_task_that_the_end_cuts_short_reaches_its_callback_when_every_task_is_gone() {
    let log = Log::default();
    let parked = |name: &'static str, log: &Log| {
        let guard = log.guard(name);
        spawn(async move {
            let _guard = guard;
            pending::<u8>().await
        })
    };
    block_on(async {
        let (first, second) = (log.clone(), log.clone());
        let before = parked("before", &log);
        parked("watched", &log).on_done(move |outcome| {
            first.add(format!("cancelled: {}", outcome.expect_err("it never ends").is_cancelled()));
        });
        // Its slot comes before that of its callback's, and `before` has one before both.
        before.on_done(move |_| second.add("the other"));
        drop(parked("after", &log));
        yield_now().await;
    });
    let log = log.taken();
    let at = |what: &str| log.iter().position(|line| line == what).unwrap_or_else(|| panic!("no {what} in {log:?}"));
    assert!(log.len() == 5 && log[..3].iter().all(|line| ["before", "watched", "after"].contains(&line.as_str())));
    assert!(2 < at("cancelled: true") && 2 < at("the other"));
}

#[test]
fn a_callback_is_called_once_in_every_order() {
    let calls = Rc::new(Cell::new(0));
    let runs = Runtime::builder().paused().schedule(Schedule::Exhaustive { max: 5000 }).explore(async || {
        let note = Rc::clone(&calls);
        spawn(yield_now()).on_done(move |_| note.set(note.get() + 1));
        let note = Rc::clone(&calls);
        spawn(time::sleep(Duration::from_secs(1))).on_done(move |_| note.set(note.get() + 1));
        yield_now().await;
        yield_now().await;
    });
    assert!(1 < runs && runs < 5000);
    assert_eq!(calls.get(), 2 * runs);
}

#[test]
fn a_callback_for_what_has_ended_is_called_at_once() {
    let log = Log::default();
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.spawn(async { 7 });
    runtime.block_on(yield_now());
    drop(runtime);
    let callback = log.clone();
    task.on_done(move |outcome| callback.add(outcome.expect("it completed").to_string()));
    assert_eq!(log.taken(), ["7"]);
}

#[test]
fn a_callback_that_is_attached_while_the_runtime_ends_is_called() {
    let log = Log::default();
    let runtime = Runtime::builder().build().expect("a loop");
    let (own, held) = (log.clone(), Rc::new(Cell::new(None::<JoinHandle<u8>>)));
    let taken = Rc::clone(&held);
    drop(runtime.spawn(async move {
        let _guard = OnDrop(move || {
            let (first, second) = (own.clone(), own.clone());
            let refused = spawn(async { 1 });
            refused.on_done(move |outcome| first.add(format!("refused: {}", outcome.is_err())));
            let later = taken.take().expect("it was put there");
            later.on_done(move |outcome| second.add(format!("cut short: {}", outcome.is_err())));
        });
        pending::<()>().await;
    }));
    // In a slot behind, so not cancelled yet when the first one is.
    held.set(Some(runtime.spawn(pending())));
    runtime.block_on(yield_now());
    drop(runtime);
    assert_eq!(log.taken(), ["refused: true", "cut short: true"]);
}

#[test]
fn a_callback_that_panics_harms_nobody() {
    block_on(async {
        spawn(async {}).on_done(|_| panic!("in the callback"));
        for _ in 0..3 {
            yield_now().await;
        }
        assert_eq!(spawn(async { 2 }).await.expect("the loop lives"), 2);
        spawn(pending::<()>()).on_done(|_| panic!("in the callback, at the end"));
    });
    assert_eq!(block_on(async { 3 }), 3, "the thread can run another runtime");
}

fn shutting_down() -> Runtime {
    Runtime::builder().unhandled(Unhandled::ShutDown).build().expect("a loop")
}

#[test]
fn a_panic_nobody_joins_ends_the_run_if_that_is_asked_for() {
    let runtime = shutting_down();
    let text = message_of(|| {
        runtime.block_on(async {
            spawn(async { panic!("it broke") }).detach();
            pending::<()>().await;
        });
    });
    assert!(text.contains("task 2 spawned at tests/it/lost.rs:") && text.contains("it broke"), "{text}");
    assert_eq!(runtime.block_on(async { 4 }), 4, "it can be run again");
    // A root that is done in that very lap, and one whose own end leaves the failure unread.
    for laps in [1, 2] {
        let text = message_of(|| {
            runtime.block_on(async {
                let task = spawn(async { panic!("it broke too") });
                for _ in 0..laps {
                    yield_now().await;
                }
                drop(task);
            });
        });
        assert!(text.contains("it broke too"), "{text}");
    }
}

#[test]
fn a_result_nobody_reads_ends_the_run_if_that_is_asked_for() {
    let runtime = shutting_down();
    runtime.block_on(async {
        assert!(spawn(async { Err::<(), _>("read") }).await.expect("it completes").is_err());
        spawn(async { Err::<(), _>("logged") }).detach_logged();
        spawn(async { Err::<(), _>("handed over") }).on_done(drop);
        let aborted = spawn(async { Err::<(), _>("not wanted") });
        time::sleep(Duration::from_millis(1)).await;
        aborted.abort();
    });
    let text = message_of(|| {
        runtime.block_on(async {
            drop(spawn(async { Err::<(), _>("lost") }));
            pending::<()>().await;
        });
    });
    assert!(text.contains("gave a Result<(), &str> that nobody read"), "{text}");
}

#[test]
fn a_blocking_job_that_panics_unheard_ends_the_run_if_that_is_asked_for() {
    let runtime = shutting_down();
    let text = message_of(|| {
        runtime.block_on(async {
            drop(spawn_blocking(|| panic!("on its thread")));
            pending::<()>().await;
        });
    });
    assert!(text.contains("a blocking job") && text.contains("on its thread"), "{text}");
}

#[test]
fn by_default_a_failure_ends_nothing() {
    let outcome = block_on(async {
        spawn(async { panic!("it broke") }).detach();
        drop(spawn(async { Err::<(), _>("lost") }));
        yield_now().await;
        yield_now().await;
        5
    });
    assert_eq!(outcome, 5);
}

#[test]
fn waits_that_are_dropped_unpolled_are_counted_and_no_others() {
    wheelwright::test(async || {
        let (mutex, semaphore, lock) = (Mutex::new(()), Semaphore::new(1), RwLock::new(()));
        let before = inspect::unpolled();
        drop(time::sleep(Duration::from_secs(1)));
        drop(mutex.lock());
        drop(semaphore.acquire());
        drop(lock.read());
        assert_eq!(inspect::unpolled() - before, 4);
        // Ready at once, after a wait, and given up in the middle.
        let held = mutex.lock().await;
        time::sleep(Duration::from_secs(1)).await;
        time::sleep(Duration::ZERO).await;
        assert!(time::timeout(Duration::from_secs(1), mutex.lock()).await.is_err());
        assert!(time::timeout(Duration::from_secs(1), time::sleep(Duration::from_secs(2))).await.is_err());
        drop(held);
        drop(mutex.lock().await);
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send(1).await.expect("there is room");
        assert_eq!(receiver.recv().await, Some(1));
        assert_eq!(inspect::unpolled() - before, 4);
    });
}
