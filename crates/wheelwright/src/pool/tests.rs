//! Turns the pool's promises into checks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;

fn pool(threads: usize, queue: usize, keep_alive: Duration) -> Pool {
    Pool::new(PoolLimits { threads, queue, keep_alive }, None)
}

fn job(work: impl FnOnce() + Send + 'static) -> Job {
    Job { kind: JobKind::Spawned, work: Box::new(work) }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

#[test]
fn a_thread_that_has_taken_a_job_is_not_counted_on_for_another() {
    let pool = pool(8, 0, Duration::from_secs(10));
    loop {
        pool.send(job(|| ())).expect("there is room");
        let counts = pool.crew.counts();
        if counts.queued == 0 {
            // The thread was faster than the test.
            continue;
        }
        // It takes the job, and cannot begin: that needs the lock.
        while !pool.crew.jobs.is_empty() {
            thread::yield_now();
        }
        assert!(counts.is_short(), "the next job needs another thread");
        break;
    }
    pool.close();
}

#[test]
fn a_thread_that_is_about_to_end_takes_the_job_that_comes() {
    let ran = Arc::new(AtomicUsize::new(0));
    let pool = pool(1, 1000, Duration::ZERO);
    for n in 1..1000 {
        let counting = Arc::clone(&ran);
        let count = move || assert!(counting.fetch_add(1, Ordering::SeqCst) < 1000);
        pool.send(job(count)).expect("there is room");
        while ran.load(Ordering::SeqCst) < n {
            thread::yield_now();
        }
    }
    pool.close();
}

#[test]
fn drop_of_a_cancelled_job_may_panic() {
    let pool = pool(1, 1000, Duration::from_secs(10));
    let (begun, has_begun) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    pool.send(job(move || {
        begun.send(()).expect("the test listens");
        assert!(gate.recv().is_err());
    }))
    .expect("there is room");
    has_begun.recv().expect("it runs");
    for _ in 0..3 {
        let bomb = Bomb;
        pool.send(job(move || drop(bomb))).expect("there is room");
    }
    // The thread takes the first of them while the pool is being closed, and drops it.
    let begin = Instant::now();
    drop(open);
    pool.close();
    assert_eq!(pool.unfinished(), 0);
    assert!(begin.elapsed() < Duration::from_secs(30), "no thread was lost to a panic");
}

#[test]
fn a_job_that_panics_leaves_its_thread_alive() {
    let pool = pool(1, 1000, Duration::from_secs(10));
    pool.send(job(|| panic!("a waker, say"))).expect("there is room");
    let (done, is_done) = mpsc::channel();
    pool.send(job(move || done.send(()).expect("the test listens"))).expect("there is room");
    is_done.recv().expect("it runs");
    pool.close();
    assert_eq!(pool.unfinished(), 0);
}

#[test]
fn so_many_jobs_wait_as_the_limit_says_besides_those_that_a_thread_is_about_to_take() {
    for _ in 0..100 {
        let pool = pool(2, 3, Duration::from_secs(10));
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let wait = || {
            let gate = Arc::clone(&gate);
            job(move || assert!(gate.lock().expect("no job panics").recv().is_err()))
        };
        let taken = (0..10).map(|_| pool.send(wait())).filter(Result::is_ok).count();
        assert_eq!(taken, 5, "two for the threads, three that wait");
        drop(open);
        pool.close();
    }
}
