//! Turns the promises about a runtime's life into facts: before its first run, between two, at its end and after.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use wheelwright::{JoinHandle, Runtime, block_on, spawn, spawn_blocking, yield_now};

use crate::support::{OnDrop, waker_out};

#[test]
#[expect(clippy::async_yields_async, reason = "the handle outlives its runtime")]
fn a_waker_outlives_its_runtime_on_any_thread() {
    let (out, wakers) = mpsc::channel();
    let task = block_on(async {
        let task = spawn(waker_out(out));
        yield_now().await;
        task
    });
    let waker = wakers.recv().expect("the task was polled");
    waker.wake_by_ref();
    thread::spawn(move || waker.wake()).join().expect("a late wake is harmless");
    assert!(task.is_finished(), "the end of the runtime cancelled it");
}

#[test]
fn a_runtime_that_takes_a_used_id_is_woken_as_ever() {
    for _ in 0..200 {
        block_on(async { spawn_blocking(|| ()).await.expect("the job does not panic") });
    }
}

#[test]
fn a_storm_of_late_wakes_does_not_hurt_the_next_runtime_of_the_id() {
    let (out, wakers) = mpsc::channel();
    block_on(async {
        let task = spawn(waker_out(out));
        yield_now().await;
        drop(task);
    });
    let stale = wakers.recv().expect("the task was polled");
    let (stop, stopped) = mpsc::channel::<()>();
    let storm = thread::spawn(move || {
        while let Err(mpsc::TryRecvError::Empty) = stopped.try_recv() {
            stale.wake_by_ref();
        }
    });
    for _ in 0..100 {
        // Every task of every new runtime is woken from a thread, through the same mailbox.
        let sum: u32 = block_on(async {
            let mut sum = 0;
            for n in 0..10 {
                sum += spawn_blocking(move || n).await.expect("the job does not panic");
            }
            sum
        });
        assert_eq!(sum, 45);
    }
    drop(stop);
    storm.join().expect("a storm of late wakes is harmless");
}

#[test]
fn a_spawn_in_a_destructor_at_shutdown_is_cancelled() {
    let outcome = Rc::new(RefCell::new(None));
    let note = Rc::clone(&outcome);
    block_on(async move {
        spawn(async move {
            let _guard =
                OnDrop(move || *note.borrow_mut() = Some(spawn(async { unreachable!("nothing starts any more") })));
            pending::<()>().await;
        })
        .detach();
        yield_now().await;
    });
    let task: JoinHandle<()> = outcome.borrow_mut().take().expect("the destructor ran");
    assert!(task.is_finished());
    let error = match pin!(task).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.expect_err("it was refused"),
        Poll::Pending => panic!("it is finished"),
    };
    assert!(error.is_cancelled());
}

#[test]
fn a_spawn_before_the_first_block_on_waits_for_it() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.spawn(async { 5 });
    assert!(!task.is_finished());
    assert_eq!(runtime.block_on(task).expect("it ran"), 5);
}

#[test]
fn tasks_wait_between_two_calls_of_block_on() {
    let runtime = Runtime::builder().build().expect("a loop");
    let counter = Rc::new(Cell::new(0));
    let counting = Rc::clone(&counter);
    runtime
        .spawn(async move {
            loop {
                counting.set(counting.get() + 1);
                yield_now().await;
            }
        })
        .detach();
    runtime.block_on(yield_now());
    let before = counter.get();
    assert!(0 < before);
    runtime.block_on(yield_now());
    assert!(before < counter.get());
}

#[test]
fn the_root_is_dropped_before_the_tasks_and_both_within_the_runtime() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let (by_root, by_task) = (Rc::clone(&order), Rc::clone(&order));
    block_on(async move {
        let _guard = OnDrop(move || {
            by_root.borrow_mut().push(("root", wheelwright::Handle::current().spawn(async || {}).is_ok()))
        });
        spawn(async move {
            let _guard = OnDrop(move || {
                by_task.borrow_mut().push(("task", wheelwright::Handle::current().spawn(async || {}).is_ok()))
            });
            pending::<()>().await;
        })
        .detach();
        yield_now().await;
    });
    assert_eq!(*order.borrow(), [("root", true), ("task", false)], "the inbox closes before the tasks end");
}
