//! Turns a recorded run into the state of the loop at any of its events, and holds it against the loop itself.

mod wander; // a seed -> a run to be rebuilt

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::record::{self, Cause, Event, Kind, Outcome, Recording, State};
use wheelwright::sync::Notify;
use wheelwright::time::sleep;
use wheelwright::{Runtime, Schedule, spawn, spawn_blocking, spawn_named, yield_now};

/// States that a program found its loop in, each with the number of its mark.
type Found = Rc<RefCell<Vec<State>>>;

/// Marks the recording, and keeps how the loop stands there.
fn look(found: &Found) {
    record::mark("look", found.borrow().len() as u64);
    found.borrow_mut().push(record::state());
}

/// Blocking jobs are known to the recording alone.
fn without_jobs(mut state: State) -> State {
    state.jobs.clear();
    state
}

/// Goes through the events and holds the state against what was found; how many looks there were.
fn compare(recording: &Recording, found: &Found) -> usize {
    let mut state = recording.base().clone();
    let mut looks = 0;
    for event in recording.events() {
        state.apply(event);
        if event.kind == Kind::Mark {
            assert_eq!(recording.marks()[event.a as usize], "look");
            assert_eq!(without_jobs(state.clone()), found.borrow()[event.b as usize], "at look {}", event.b);
            looks += 1;
        }
    }
    looks
}

/// Runs the program of a seed, and keeps how the loop stood wherever it looked.
fn run(seed: u64, capacity: usize) -> (Recording, Found) {
    let found = Found::default();
    let there = Rc::clone(&found);
    (wander::run(seed, capacity, Rc::new(move || look(&there))), found)
}

#[test]
fn the_state_at_every_event_is_the_loops_own() {
    for seed in 0..200 {
        let (recording, found) = run(seed, 1 << 20);
        assert_eq!(recording.dropped(), 0);
        assert_eq!(*recording.base(), State::default());
        assert_eq!(compare(&recording, &found), found.borrow().len());
    }
}

#[test]
fn a_full_ring_forgets_the_oldest_events_and_knows_the_state_before_the_rest() {
    let mut dropped = 0;
    for seed in 0..100 {
        let (recording, found) = run(seed, 64);
        assert!(recording.events().len() <= 64);
        let looks = compare(&recording, &found);
        let last = recording.events().iter().rfind(|event| event.kind == Kind::Mark);
        assert!(last.is_none_or(|mark| mark.b as usize + 1 == found.borrow().len() && looks != 0));
        dropped += recording.dropped();
    }
    assert_ne!(dropped, 0);
}

#[test]
fn two_runs_of_one_program_are_recorded_alike() {
    for seed in 0..20 {
        let ((one, _), (other, _)) = (run(seed, 1 << 20), run(seed, 1 << 20));
        assert_eq!(one.events(), other.events());
        assert_eq!(one.base(), other.base());
    }
}

#[test]
fn how_polls_end_and_who_woke_whom_is_told() {
    let runtime = Runtime::builder().paused().recorded(10_000).build().expect("a runtime");
    let ids = runtime.block_on(async {
        let notify = Rc::new(Notify::new());
        let there = Rc::clone(&notify);
        let waiter = spawn(async move { there.notified().await });
        let parked = spawn(std::future::pending::<()>());
        let broken = spawn(async { panic!("planned") });
        let worker = spawn(async { spawn_blocking(|| ()).await });
        yield_now().await;
        notify.notify_one();
        parked.abort();
        let ids =
            [waiter.id(), parked.id(), broken.id(), worker.id()].map(|id| id.to_string().parse().expect("a number"));
        waiter.await.expect("it was told");
        assert!(parked.await.is_err() && broken.await.is_err() && worker.await.is_ok());
        ids
    });
    drop(runtime);
    let [waiter, parked, broken, worker]: [u32; 4] = ids;
    let recording = record::take().expect("it was recorded");
    let told = |kind, task| -> Vec<u8> {
        let of_task = recording.events().iter().filter(|event| event.kind == kind && event.task == task);
        of_task.map(|event| event.flags).collect()
    };
    let [pending, ready] = [Outcome::Pending as u8, Outcome::Ready as u8];
    assert_eq!(told(Kind::PollEnd, waiter), [pending, ready]);
    assert_eq!(told(Kind::PollEnd, parked), [pending, Outcome::Cancelled as u8]);
    assert_eq!(told(Kind::PollEnd, broken), [Outcome::Panicked as u8]);
    assert_eq!(told(Kind::Wake, waiter), [Cause::Task as u8]);
    assert_eq!(told(Kind::Wake, worker), [Cause::Job as u8]);
    assert_eq!(told(Kind::Cancel, parked).len(), 1);
    let jobs = recording.events().iter().filter(|event| matches!(event.kind, Kind::JobSent | Kind::JobDone));
    let jobs: Vec<(Kind, u64)> = jobs.map(|event| (event.kind, event.a)).collect();
    assert_eq!(jobs, [(Kind::JobSent, jobs[0].1), (Kind::JobDone, jobs[0].1)]);
    assert!(recording.state_after(usize::MAX).jobs.is_empty());
}

#[test]
fn a_recording_that_begins_in_the_middle_knows_what_was_there() {
    let found = Found::default();
    let runtime = Runtime::builder().paused().build().expect("a runtime");
    runtime.block_on(async {
        let sleeper = spawn_named("sleeper", sleep(Duration::from_secs(9)));
        yield_now().await;
        record::start(1000);
        yield_now().await;
        look(&found);
        sleeper.await.expect("it ends");
        look(&found);
    });
    let recording = record::take().expect("it was recorded");
    assert_eq!(compare(&recording, &found), 2);
    assert_eq!(recording.base().tasks.len(), 2);
    assert_eq!(recording.base().timers.len(), 1);
    assert!(recording.base().tasks.keys().any(|task| recording.name(*task) == Some("sleeper")));
}

#[test]
fn a_recording_that_begins_within_a_lap_knows_who_still_has_a_turn() {
    for seed in 0..20 {
        let found = Found::default();
        let runtime = Runtime::builder().paused().schedule(Schedule::Random(seed)).build().expect("a runtime");
        runtime.block_on(async {
            let there = Rc::clone(&found);
            let tasks = (0..4).map(|number| {
                let there = Rc::clone(&there);
                spawn(async move {
                    for round in 0..4 {
                        match (number, round) {
                            (2, 1) => record::start(1000),
                            (_, 0 | 1) => {}
                            _ => look(&there),
                        }
                        yield_now().await;
                    }
                })
            });
            let tasks: Vec<_> = tasks.collect();
            yield_now().await;
            yield_now().await;
            yield_now().await;
            look(&found);
            for task in tasks {
                task.await.expect("it ends");
            }
        });
        drop(runtime);
        let recording = record::take().expect("it was recorded");
        assert!(8 <= compare(&recording, &found), "seed {seed}");
    }
}

#[test]
fn an_observer_that_panics_is_called_no_more_and_takes_nobody_along() {
    let calls = Rc::new(RefCell::new(0));
    let runtime = Runtime::builder().build().expect("a runtime");
    runtime.block_on(async {
        let counter = Rc::clone(&calls);
        record::observe(move |_: &[Event]| {
            *counter.borrow_mut() += 1;
            assert!(*counter.borrow() < 3, "planned");
        });
        for _ in 0..10 {
            yield_now().await;
        }
    });
    assert_eq!(*calls.borrow(), 3);
}

#[test]
fn sockets_are_recorded_from_their_registration_to_their_end() {
    let found = Found::default();
    let runtime = Runtime::builder().recorded(10_000).build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let there = Rc::clone(&found);
        let server = spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut buf = [0; 16];
            while stream.read(&mut buf).await.expect("bytes") != 0 {
                look(&there);
                stream.write_all(b"pong").await.expect("the client reads");
            }
        });
        let mut stream = TcpStream::connect(addr).await.expect("it listens");
        for _ in 0..5 {
            stream.write_all(b"ping").await.expect("the server reads");
            let mut buf = [0; 4];
            while stream.read(&mut buf).await.expect("an answer") == 0 {}
            look(&found);
        }
        drop(stream);
        server.await.expect("it does not panic");
        look(&found);
    });
    drop(runtime);
    let recording = record::take().expect("it was recorded");
    assert_eq!(compare(&recording, &found), found.borrow().len());
    let count = |kind| recording.events().iter().filter(|event| event.kind == kind).count();
    assert_eq!(count(Kind::SourceRegistered), count(Kind::SourceDropped));
    assert!(found.borrow().iter().any(|state| 2 <= state.sources.len()), "the two ends of a connection");
    assert!(found.borrow().last().is_some_and(|state| state.sources.is_empty()));
    let woken =
        recording.events().iter().filter(|event| event.kind == Kind::Wake && event.flags == Cause::Kernel as u8);
    assert!(5 <= woken.count(), "each answer comes by the kernel");
}

/// Wakes whom it holds when it is dropped.
struct WakesLast(Option<Waker>);

impl Drop for WakesLast {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Waker::wake);
    }
}

thread_local! {
    static LAST: RefCell<WakesLast> = const { RefCell::new(WakesLast(None)) };
}

#[test]
fn a_thread_may_end_while_its_loop_is_recorded() {
    let thread = std::thread::spawn(|| {
        LAST.with(|_| ());
        let runtime = Runtime::builder().recorded(100).build().expect("a runtime");
        drop(runtime.spawn(poll_fn(|cx| {
            LAST.with_borrow_mut(|last| last.0 = Some(cx.waker().clone()));
            Poll::<()>::Pending
        })));
        runtime.block_on(yield_now());
        // It is never dropped, so that the recording is on when the thread's own values are.
        std::mem::forget(runtime);
    });
    thread.join().expect("a wake in a destructor at the thread's end is harmless");
}
