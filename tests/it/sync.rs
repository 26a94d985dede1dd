//! Turns what the semaphore and the cancellation token promise to tasks into facts, on a real loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use wheelwright::sync::{CancellationToken, OwnedPermit, Semaphore};
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{JoinHandle, block_on, join, spawn, yield_now};

const SECOND: Duration = Duration::from_secs(1);
const OPEN: &str = "nobody closes it";

/// Spawns a task for each number and waits until each has had a turn.
async fn spawn_each<F: Future + 'static>(count: usize, task: impl Fn(usize) -> F) -> Vec<JoinHandle<F::Output>> {
    let handles = (0..count).map(|number| spawn(task(number))).collect();
    yield_now().await;
    handles
}

/// Does something when it is dropped, however its task ends.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn tasks_hold_all_permits_and_never_more() {
    wheelwright::test(async || {
        let limit = Rc::new(Semaphore::new(5));
        let (inside, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let calls = spawn_each(50, |number| {
            let (limit, inside, most) = (Rc::clone(&limit), Rc::clone(&inside), Rc::clone(&most));
            async move {
                let _permit = limit.acquire().await.expect(OPEN);
                inside.set(inside.get() + 1);
                most.set(most.get().max(inside.get()));
                sleep(SECOND * (1 + number as u32 % 3)).await;
                inside.set(inside.get() - 1);
            }
        });
        for call in calls.await {
            call.await.expect("a call ends well");
        }
        assert_eq!((most.get(), inside.get(), limit.available_permits()), (5, 0, 5));
    });
}

#[test]
fn tasks_are_served_in_the_order_in_which_they_asked() {
    block_on(async {
        let limit = Rc::new(Semaphore::new(3));
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks = spawn_each(20, |number| {
            let (limit, order) = (Rc::clone(&limit), Rc::clone(&order));
            async move {
                let _permits = limit.acquire_many(1 + number % 3).await.expect(OPEN);
                order.borrow_mut().push(number);
                yield_now().await;
            }
        });
        for task in tasks.await {
            task.await.expect("a task ends well");
        }
        assert_eq!(*order.borrow(), (0..20).collect::<Vec<_>>());
    });
}

#[test]
fn a_released_permit_is_not_taken_back_while_others_wait() {
    block_on(async {
        let limit = Rc::new(Semaphore::new(1));
        let order = Rc::new(RefCell::new(Vec::new()));
        let tasks = spawn_each(2, |number| {
            let (limit, order) = (Rc::clone(&limit), Rc::clone(&order));
            async move {
                for _ in 0..3 {
                    let _permit = limit.acquire().await.expect(OPEN);
                    order.borrow_mut().push(number);
                    yield_now().await;
                }
            }
        });
        for task in tasks.await {
            task.await.expect("a task ends well");
        }
        assert_eq!(*order.borrow(), [0, 1, 0, 1, 0, 1]);
    });
}

#[test]
fn an_aborted_task_gives_its_permit_or_its_place_to_the_next() {
    block_on(async {
        let limit = Rc::new(Semaphore::new(1));
        let served = Rc::new(RefCell::new(Vec::new()));
        let tasks = spawn_each(4, |number| {
            let (limit, served) = (Rc::clone(&limit), Rc::clone(&served));
            async move {
                let _permit = limit.acquire().await.expect(OPEN);
                served.borrow_mut().push(number);
                if number == 0 {
                    std::future::pending::<()>().await;
                }
            }
        });
        let mut tasks = tasks.await;
        // The first holds the permit, the third stands in the middle of the line.
        tasks[2].abort();
        tasks[0].abort();
        let outcomes = [tasks.remove(0).await, tasks.remove(0).await, tasks.remove(0).await, tasks.remove(0).await];
        assert_eq!(outcomes.map(|outcome| outcome.is_ok()), [false, true, false, true]);
        assert_eq!(*served.borrow(), [0, 1, 3]);
        assert_eq!(limit.available_permits(), 1);
    });
}

#[test]
fn a_task_aborted_between_grant_and_poll_passes_the_permit_on() {
    block_on(async {
        let limit = Rc::new(Semaphore::new(1));
        let held = limit.acquire_owned().await.expect(OPEN);
        let mut tasks = spawn_each(2, |_| {
            let limit = Rc::clone(&limit);
            async move { drop(limit.acquire().await) }
        })
        .await;
        drop(held);
        tasks[0].abort();
        assert!(tasks.remove(1).await.is_ok());
        assert!(tasks.remove(0).await.is_err());
        assert_eq!(limit.available_permits(), 1);
    });
}

#[test]
fn permits_are_whole_again_after_any_mix_of_aborts() {
    wheelwright::test(async || {
        let limit = Rc::new(Semaphore::new(7));
        let held = Rc::new(Cell::new(0));
        // Whoever is aborted, and when, follows from the numbers alone: the same in each run, and in no order.
        let moment = |number: usize, salt: usize| Duration::from_millis((number * 7919 + salt * 104_729) as u64 % 500);
        let tasks = spawn_each(300, |number| {
            let (limit, held) = (Rc::clone(&limit), Rc::clone(&held));
            async move {
                sleep(moment(number, 1)).await;
                let wants = 1 + number % 4;
                let _permits = limit.acquire_many(wants).await.expect(OPEN);
                held.set(held.get() + wants);
                assert!(held.get() <= 7);
                let _guard = OnDrop(|| held.set(held.get() - wants));
                sleep(moment(number, 2) / 50).await;
            }
        });
        let aborts = tasks.await.into_iter().enumerate().map(|(number, task)| {
            spawn(async move {
                sleep(moment(number, 3)).await;
                task.abort();
                task.await.inspect_err(|error| assert!(error.is_cancelled(), "{error}")).is_ok()
            })
        });
        let mut ended = 0;
        for abort in aborts.collect::<Vec<_>>() {
            ended += usize::from(abort.await.expect("no assertion fails"));
        }
        assert!(0 < ended && ended < 300, "the mix is one: {ended} of 300 came to their end");
        assert_eq!((limit.available_permits(), held.get()), (7, 0));
        assert!(limit.try_acquire().is_some(), "nobody stands in line");
    });
}

#[test]
fn a_task_that_panics_gives_its_permit_back() {
    block_on(async {
        let limit = Rc::new(Semaphore::new(1));
        let permit: OwnedPermit = limit.acquire_owned().await.expect(OPEN);
        let task = spawn(async move {
            let _permit = permit;
            panic!("on purpose");
        });
        assert!(task.await.is_err_and(|error| error.is_panic()));
        assert_eq!(limit.available_permits(), 1);
    });
}

#[test]
fn a_wait_that_times_out_leaves_the_line() {
    wheelwright::test(async || {
        let limit = Semaphore::new(2);
        let held = limit.acquire().await.expect(OPEN);
        let (large, small) = join(timeout(SECOND, limit.acquire_many(2)), async {
            yield_now().await;
            let begun = now();
            let _permit = limit.acquire().await.expect(OPEN);
            now() - begun
        })
        .await;
        assert!(large.is_err());
        assert!(SECOND <= small, "one permit was free all the time, but for someone else in front");
        drop(held);
        assert_eq!(limit.available_permits(), 2);
    });
}

#[test]
fn a_semaphore_serves_one_runtime_after_another() {
    let limit = Rc::new(Semaphore::new(1));
    let permit = block_on(limit.acquire_owned()).expect(OPEN);
    block_on(async {
        let (waiting, ()) = join(limit.acquire(), async { drop(permit) }).await;
        drop(waiting);
    });
    assert_eq!(limit.available_permits(), 1);
}

#[test]
fn tasks_left_in_line_when_their_runtime_ends_are_out_of_it() {
    let limit = Rc::new(Semaphore::new(1));
    let permit = block_on(async {
        let permit = limit.acquire_owned().await.expect(OPEN);
        let waiting = spawn_each(3, |_| {
            let limit = Rc::clone(&limit);
            async move { drop(limit.acquire().await) }
        });
        drop(waiting.await);
        permit
    });
    drop(permit);
    assert!(limit.try_acquire().is_some());
    assert_eq!(Rc::strong_count(&limit), 1);
}

#[test]
fn cancel_reaches_every_task_that_waits_for_it() {
    wheelwright::test(async || {
        let stop = CancellationToken::new();
        let workers = spawn_each(10, |number| {
            let stop = if number % 2 == 0 { stop.clone() } else { stop.child_token() };
            async move { stop.run_until_cancelled(sleep(SECOND * 3600)).await }
        });
        let workers = workers.await;
        let begun = now();
        stop.cancel();
        for worker in workers {
            assert_eq!(worker.await.expect("a worker ends well"), None);
        }
        assert!(now() - begun < SECOND);
    });
}

#[test]
fn a_worker_finishes_what_it_was_doing_before_it_looks_at_the_token() {
    wheelwright::test(async || {
        let stop = CancellationToken::new();
        let worker = spawn({
            let stop = stop.clone();
            async move {
                let mut rounds = 0;
                while !stop.is_cancelled() {
                    sleep(SECOND).await;
                    rounds += 1;
                }
                rounds
            }
        });
        sleep(SECOND * 5 / 2).await;
        stop.cancel();
        assert_eq!(worker.await.expect("the worker ends well"), 3);
    });
}

#[test]
fn a_task_may_cancel_the_token_it_waits_for() {
    block_on(async {
        let stop = CancellationToken::new();
        join(stop.cancelled(), async {
            yield_now().await;
            stop.cancel();
        })
        .await;
        assert!(stop.is_cancelled());
    });
}

#[test]
fn an_aborted_task_no_longer_waits_for_the_token() {
    block_on(async {
        let stop = CancellationToken::new();
        let mut tasks = spawn_each(1, |_| {
            let stop = stop.clone();
            async move { stop.cancelled().await }
        })
        .await;
        assert!(format!("{stop:?}").contains("waiting: 1"), "{stop:?}");
        tasks[0].abort();
        assert!(tasks.remove(0).await.is_err());
        assert!(format!("{stop:?}").contains("waiting: 0"), "{stop:?}");
    });
}
