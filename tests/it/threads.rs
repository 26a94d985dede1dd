//! Turns the promises about other threads into facts: handles, remote wakes, the pool.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::{Handle, Runtime, block_on, spawn, spawn_blocking, time, yield_now};

#[test]
fn a_factory_sent_by_a_handle_runs_on_the_loops_thread() {
    let home = thread::current().id();
    block_on(async {
        let handle = Handle::current();
        let sent = thread::spawn(move || handle.spawn(async || thread::current().id()).expect("the loop runs"));
        let task = sent.join().expect("the thread does not panic");
        assert_eq!(task.await.expect("it completes"), home);
    });
}

#[test]
fn a_stale_handle_never_runs_its_factory_in_the_next_runtime() {
    let handle = block_on(async { Handle::current() });
    let ran = Arc::new(AtomicUsize::new(0));
    // The next runtime of this thread takes the same id.
    block_on(async {
        let counting = Arc::clone(&ran);
        let refused = thread::spawn(move || {
            let factory = async move || {
                counting.fetch_add(1, Ordering::Relaxed);
            };
            let error = handle.spawn(factory).expect_err("its runtime has ended");
            assert!(!error.is_full() && error.to_string().contains("has ended"));
            drop(error.into_factory());
        });
        spawn_blocking(|| refused.join()).await.expect("the job does not panic").expect("the thread does not panic");
        yield_now().await;
    });
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn a_full_inbox_gives_the_factory_back() {
    let runtime = Runtime::builder().inbox_capacity(1).build().expect("a loop");
    let handle = runtime.handle();
    let first = handle.spawn(async || 1).expect("there is room");
    let error = handle.spawn(async || 2).expect_err("there is no room");
    assert!(error.is_full());
    assert_eq!(runtime.block_on(first).expect("it completes"), 1);
    let again = handle.spawn(error.into_factory()).expect("there is room again");
    assert_eq!(runtime.block_on(again).expect("it completes"), 2);
}

#[test]
fn what_was_sent_to_a_runtime_that_ends_is_cancelled() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.handle().spawn(async || ()).expect("the inbox is open");
    drop(runtime);
    assert!(task.wait().expect_err("it never ran").is_cancelled());
}

#[test]
fn a_panic_of_a_sent_factory_is_delivered() {
    block_on(async {
        let task = Handle::current().spawn(async || panic!("on the loop")).expect("the loop runs");
        let error: wheelwright::JoinError = task.await.expect_err("it panicked");
        assert!(error.is_panic() && error.to_string().contains("on the loop"), "{error}");
    });
}

#[test]
fn no_wake_is_lost_under_a_storm_from_threads() {
    block_on(async {
        let jobs = (0..2000_usize).map(|n| async move { spawn_blocking(move || n).await.expect("it does not panic") });
        let sum: usize = wheelwright::join_all(jobs).await.into_iter().sum();
        assert_eq!(sum, 1999 * 1000);
    });
}

#[test]
fn no_more_threads_run_than_the_bound_and_the_queue_has_one_too() {
    let runtime = Runtime::builder().max_blocking_threads(2).max_blocking_queue(3).build().expect("a loop");
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(std::sync::Mutex::new(gate));
    runtime.block_on(async {
        let job = || {
            let (running, most, gate) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&gate));
            spawn_blocking(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                gate.lock().expect("nobody panics").recv().expect("the test opens the gate");
                running.fetch_sub(1, Ordering::SeqCst);
            })
        };
        let begun: Vec<_> = (0..2).map(|_| job()).collect();
        while running.load(Ordering::SeqCst) < 2 {
            time::sleep(Duration::from_millis(1)).await;
        }
        let queued: Vec<_> = (0..3).map(|_| job()).collect();
        let refused = job().await.expect_err("the queue is full");
        assert!(refused.is_refused() && refused.to_string().contains("start fewer"), "{refused}");
        (0..5).for_each(|_| open.send(()).expect("the jobs listen"));
        for handle in begun.into_iter().chain(queued) {
            handle.await.expect("it does not panic");
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[test]
fn a_panic_of_a_blocking_job_is_delivered() {
    let error = block_on(async { spawn_blocking(|| panic!("in the job")).await.expect_err("it panicked") });
    assert!(
        error.is_panic() && error.to_string().contains("in the job") && error.to_string().contains("threads.rs"),
        "{error}"
    );
}

#[test]
fn the_end_cancels_jobs_that_wait_and_waits_for_those_that_began() {
    let runtime = Runtime::builder().max_blocking_threads(1).build().expect("a loop");
    let ended = Arc::new(AtomicUsize::new(0));
    let (begun, has_begun) = mpsc::channel();
    let counting = Arc::clone(&ended);
    let (first, second) = runtime.block_on(async {
        let first = spawn_blocking(move || {
            begun.send(()).expect("the test listens");
            thread::sleep(Duration::from_millis(50));
            counting.fetch_add(1, Ordering::SeqCst);
        });
        let counting = Arc::clone(&ended);
        let second = spawn_blocking(move || counting.fetch_add(100, Ordering::SeqCst));
        (first, second)
    });
    has_begun.recv().expect("the first job begins");
    drop(runtime);
    assert_eq!(ended.load(Ordering::SeqCst), 1, "the one that began ended, the other never began");
    assert!(first.is_finished() && second.is_finished());
    let outcome = block_on(second);
    assert!(outcome.expect_err("it never began").is_cancelled());
}

#[test]
#[expect(clippy::async_yields_async, reason = "the handle outlives its runtime")]
fn shutdown_timeout_leaves_a_job_that_has_begun_behind() {
    let runtime = Runtime::builder().build().expect("a loop");
    let (open, gate) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let (ended, has_ended) = mpsc::channel();
    let job = runtime.block_on(async move {
        spawn_blocking(move || {
            begun.send(()).expect("the test listens");
            gate.recv().expect("the test opens the gate");
            ended.send(()).expect("the test listens");
        })
    });
    has_begun.recv().expect("the job begins");
    // Without a limit this would wait for ever.
    runtime.shutdown_timeout(Duration::from_millis(5));
    assert!(has_ended.try_recv().is_err() && !job.is_finished());
    assert_eq!(block_on(async { 5 }), 5, "the thread is free for another runtime");
    open.send(()).expect("the job listens");
    has_ended.recv().expect("the job ends by itself");
    block_on(job).expect("its handle hears of it");
}

#[test]
fn a_blocking_thread_ends_after_its_keep_alive() {
    let runtime = Runtime::builder().blocking_keep_alive(Duration::from_millis(1)).build().expect("a loop");
    let names = Rc::new(Cell::new(None));
    runtime.block_on(async {
        let first = spawn_blocking(|| thread::current().id()).await.expect("it does not panic");
        // A thread that was kept would take the next job; ids of threads are never used again.
        loop {
            time::sleep(Duration::from_millis(5)).await;
            let next = spawn_blocking(|| thread::current().id()).await.expect("it does not panic");
            if next != first {
                break names.set(Some(next));
            }
        }
    });
    assert!(names.get().is_some());
}

#[test]
fn a_storm_of_wakes_for_nobody_keeps_neither_timers_nor_sockets_waiting() {
    let stop = Arc::new(AtomicBool::new(false));
    block_on(async {
        let ended = spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
        let stale = ended.await.expect("it completes");
        let storms: Vec<_> = (0..2)
            .map(|_| {
                let (stale, stop) = (stale.clone(), Arc::clone(&stop));
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        stale.wake_by_ref();
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            time::sleep(Duration::from_millis(1)).await;
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("an address");
            let (accepted, connected) = wheelwright::join(listener.accept(), TcpStream::connect(address)).await;
            assert!(accepted.is_ok() && connected.is_ok());
        }
        stop.store(true, Ordering::Relaxed);
        for storm in storms {
            storm.join().expect("a storm of late wakes is harmless");
        }
    });
}

#[test]
fn a_paused_clock_does_not_wait_for_a_job_that_is_done() {
    let begin = std::time::Instant::now();
    wheelwright::test(async || {
        for _ in 0..2000 {
            spawn_blocking(|| ()).await.expect("it does not panic");
            time::sleep(Duration::from_secs(3600)).await;
        }
    });
    assert!(begin.elapsed() < Duration::from_secs(3600), "no hour was waited for");
}

#[test]
fn a_paused_clock_jumps_over_no_job_that_is_under_way() {
    wheelwright::test(async || {
        for n in 0..200_u64 {
            let job = spawn_blocking(move || thread::sleep(Duration::from_micros(n * 7)));
            time::timeout(Duration::from_secs(3600), job).await.expect("it is done sooner").expect("it does not panic");
        }
    });
}

#[test]
fn an_executor_of_others_is_not_stopped_by_a_budget_of_ours() {
    let runtime = Runtime::builder().build().expect("a loop");
    let (mut ours, theirs) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (accepted, connected) = wheelwright::join(listener.accept(), TcpStream::connect(address)).await;
        (accepted.expect("a connection").0, connected.expect("a connection"))
    });
    drop(theirs);
    // The end of a stream can be read any number of times; nobody runs the loop meanwhile.
    let mut cx = Context::from_waker(Waker::noop());
    for n in 0..1000 {
        let read = pin!(ours.read(&mut [0; 8])).poll(&mut cx);
        assert!(matches!(read, Poll::Ready(Ok(0))), "read {n}");
    }
}
