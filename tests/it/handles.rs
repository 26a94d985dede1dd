//! Turns the promises of a runtime's handle into facts: what other threads send runs, ends, or comes back.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use wheelwright::{Handle, Runtime, block_on, inspect, spawn_blocking, time, yield_now};

use crate::support::{OnDrop, message_of};

/// Runs on another thread while this one's loop goes on; what it panics with comes out here.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.expect("it does not panic")
}

#[test]
fn block_on_from_another_thread_gives_the_output_of_a_future_that_is_not_send() {
    block_on(async {
        let handle = Handle::current();
        let home = thread::current().id();
        let job = elsewhere(move || {
            let output = handle.block_on(async || {
                let local = std::rc::Rc::new(thread::current().id());
                time::sleep(Duration::from_millis(1)).await;
                *local
            });
            output.expect("the loop runs").expect("it completes")
        });
        assert_eq!(job.await, home);
    });
}

#[test]
fn block_on_from_a_loops_own_thread_panics_clearly() {
    block_on(async {
        let handle = Handle::current();
        assert!(message_of(|| drop(handle.block_on(async || ()))).contains("await the future instead"));
    });
}

#[test]
fn block_on_tells_of_a_panic_and_gives_the_factory_back_once_the_runtime_ended() {
    let runtime = Runtime::builder().build().expect("a loop");
    let handle = runtime.handle();
    let panicking = handle.clone();
    runtime.block_on(async {
        let outcome = elsewhere(move || panicking.block_on(async || panic!("on the loop"))).await;
        let error: wheelwright::JoinError = outcome.expect("the loop runs").expect_err("it panicked");
        assert!(error.is_panic() && error.to_string().contains("on the loop"), "{error}");
    });
    drop(runtime);
    let error = handle.block_on(async || 8).expect_err("the loop is gone");
    assert_eq!(block_on(error.into_factory()()), 8);
}

#[test]
fn block_on_ends_with_the_runtime() {
    let runtime = Runtime::builder().build().expect("a loop");
    let handle = runtime.handle();
    let (begun, has_begun) = mpsc::channel();
    let waiting = thread::spawn(move || {
        handle.block_on(async move || {
            begun.send(()).expect("the test listens");
            pending::<()>().await;
        })
    });
    runtime.block_on(async {
        while has_begun.try_recv().is_err() {
            yield_now().await;
        }
    });
    drop(runtime);
    let outcome = waiting.join().expect("it does not panic").expect("the inbox was open");
    assert!(outcome.expect_err("it never ended").is_cancelled());
}

#[test]
#[expect(clippy::async_yields_async, reason = "the handle outlives its runtime")]
fn a_blocking_job_that_blocks_on_the_loop_does_not_stop_its_end() {
    let runtime = Runtime::builder().build().expect("a loop");
    let handle = runtime.handle();
    let (begun, has_begun) = mpsc::channel();
    let job = runtime.block_on(async {
        let job = spawn_blocking(move || {
            handle.block_on(async move || {
                begun.send(()).expect("the test listens");
                pending::<()>().await;
            })
        });
        while has_begun.try_recv().is_err() {
            yield_now().await;
        }
        job
    });
    drop(runtime);
    let outcome = block_on(job).expect("it does not panic").expect("the inbox was open");
    assert!(outcome.expect_err("it never ended").is_cancelled());
}

#[test]
fn an_abort_from_another_thread_drops_the_task_on_its_loop() {
    let home = thread::current().id();
    let (out, dropped_on) = mpsc::channel();
    block_on(async {
        let before = inspect::live();
        let handle = Handle::current();
        let task = handle.spawn(async move || {
            let _guard = OnDrop(move || out.send(thread::current().id()).expect("the test listens"));
            pending::<()>().await;
        });
        let task = task.expect("the loop runs");
        time::sleep(Duration::from_millis(1)).await;
        assert!(!task.is_finished());
        let task = thread::spawn(move || {
            task.abort();
            task
        });
        let task = task.join().expect("it does not panic");
        time::sleep(Duration::from_millis(1)).await;
        assert!(task.is_finished());
        assert_eq!(inspect::live(), before);
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
    });
    assert_eq!(dropped_on.recv(), Ok(home));
}

#[test]
fn a_factory_aborted_before_the_loop_comes_round_is_never_called() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.handle().spawn(async || unreachable!("it was aborted")).expect("the inbox is open");
    task.abort();
    let other = runtime.handle().spawn(async || 1).expect("the inbox is open");
    assert_eq!(runtime.block_on(other).expect("it runs"), 1);
    let outcome: Result<(), _> = runtime.block_on(task);
    assert!(outcome.expect_err("it never ran").is_cancelled());
}

#[test]
fn an_abort_after_the_end_changes_nothing() {
    let runtime = Runtime::builder().build().expect("a loop");
    let mut task = runtime.handle().spawn(async || 2).expect("the inbox is open");
    runtime.block_on(async {
        while !task.is_finished() {
            yield_now().await;
        }
        task.abort();
        assert_eq!((&mut task).await.expect("it had ended"), 2);
    });
    assert!(task.is_finished());
}

/// What became of the factories of a storm.
#[derive(Default)]
struct Tally {
    ran: AtomicUsize,
    dropped: AtomicUsize,
}

#[test]
fn a_runtime_ended_in_a_storm_of_spawns_and_wakes_loses_no_factory() {
    for round in 0..20 {
        let tally = Arc::new(Tally::default());
        let runtime = Runtime::builder().inbox_capacity(64).build().expect("a loop");
        let storms: Vec<_> = (0..3)
            .map(|_| {
                let (handle, tally) = (runtime.handle(), Arc::clone(&tally));
                thread::spawn(move || storm(&handle, &tally))
            })
            .collect();
        // It ends at another moment each time, while all of them send.
        runtime.block_on(async {
            while tally.ran.load(Ordering::SeqCst) < round * 10 + 1 {
                yield_now().await;
            }
        });
        drop(runtime);
        let (mut sent, mut given_back, mut cancelled) = (0, 0, 0);
        for storm in storms {
            let counts = storm.join().expect("a storm does not panic");
            sent += counts[0];
            given_back += counts[1];
            cancelled += counts[2];
        }
        let (ran, dropped) = (tally.ran.load(Ordering::SeqCst), tally.dropped.load(Ordering::SeqCst));
        assert_eq!(ran + given_back + cancelled, sent, "each ran to its end, came back, or is told of as cancelled");
        assert_eq!(dropped, sent, "and nothing of any is left");
        assert!(given_back != 0, "the end came in the middle");
    }
}

/// Sends factories until the runtime has ended: how many were sent, how many came back, how many were cancelled.
fn storm(handle: &Handle, tally: &Arc<Tally>) -> [usize; 3] {
    let [mut sent, mut given_back, mut cancelled] = [0; 3];
    let mut tasks = Vec::new();
    loop {
        let (counted, dropped) = (Arc::clone(tally), Arc::clone(tally));
        let guard = OnDrop(move || {
            dropped.dropped.fetch_add(1, Ordering::SeqCst);
        });
        sent += 1;
        let task = handle.spawn(async move || {
            let _guard = guard;
            yield_now().await;
            counted.ran.fetch_add(1, Ordering::SeqCst);
        });
        match task {
            Ok(task) => {
                // Every third is aborted, from here, while it may be anywhere.
                if sent % 3 == 0 {
                    task.abort();
                }
                tasks.push(task);
            }
            Err(error) => {
                given_back += 1;
                if !error.is_full() {
                    break;
                }
                drop(error.into_factory());
                thread::yield_now();
            }
        }
    }
    for task in tasks {
        cancelled += usize::from(task.wait().is_err_and(|error| error.is_cancelled()));
    }
    [sent, given_back, cancelled]
}

#[test]
fn a_handle_that_gave_its_output_is_not_waited_for_in_vain() {
    let runtime = Runtime::builder().build().expect("a loop");
    let mut task = runtime.handle().spawn(async || 3).expect("the inbox is open");
    runtime.block_on(async { assert_eq!((&mut task).await.expect("it completes"), 3) });
    drop(runtime);
    assert!(message_of(|| drop(task.wait())).contains("after it gave its output"));
}
