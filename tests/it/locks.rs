//! Turns what locks, events, barriers and shared values promise to tasks into facts, on a real loop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use wheelwright::inspect::TaskState;
use wheelwright::sync::{Barrier, Closed, Event, Mutex, Notify, OnceCell, RwLock, Semaphore};
use wheelwright::time::{now, sleep, timeout};
use wheelwright::{block_on, join, join_all, spawn, yield_now};

use crate::support::{dropped_at_every_step, parked};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_task_aborted_with_the_guard_in_its_hands_lets_the_next_in() {
    wheelwright::test(async || {
        let value = Rc::new(Mutex::new(0));
        let holder = spawn({
            let value = Rc::clone(&value);
            async move {
                let mut guard = value.lock().await;
                *guard = 1;
                sleep(SECOND * 3600).await;
            }
        });
        yield_now().await;
        assert!(timeout(SECOND, value.lock()).await.is_err());
        holder.abort();
        let begin = now();
        assert_eq!(*value.lock().await, 1, "as it was left");
        assert_eq!(now(), begin);
    });
}

#[test]
fn every_increment_under_a_mutex_counts_though_each_is_interrupted() {
    block_on(async {
        let count = Rc::new(Mutex::new(0));
        let tasks = (0..50).map(|_| {
            let count = Rc::clone(&count);
            spawn(async move {
                for _ in 0..20 {
                    let mut count = count.lock().await;
                    let before = *count;
                    yield_now().await;
                    *count = before + 1;
                }
            })
        });
        assert!(join_all(tasks.collect::<Vec<_>>()).await.iter().all(Result::is_ok));
        assert_eq!(count.try_lock().map(|count| *count), Some(1000));
    });
}

#[test]
fn a_writer_gets_its_turn_among_readers_who_come_all_the_time() {
    wheelwright::test(async || {
        let lock = Rc::new(RwLock::new(0));
        let read = |lock: Rc<RwLock<i32>>| async move {
            for _ in 0..10 {
                let _guard = lock.read().await;
                sleep(SECOND).await;
            }
        };
        let readers = [spawn(read(Rc::clone(&lock))), spawn(read(Rc::clone(&lock)))];
        sleep(SECOND / 2).await;
        let begin = now();
        *lock.write().await += 1;
        assert!(now() - begin <= SECOND, "those who read when it came, and nobody after them");
        assert!(join_all(readers).await.iter().all(Result::is_ok));
    });
}

#[test]
fn waits_dropped_at_any_step_leave_everything_as_it_was() {
    wheelwright::test(async || {
        let semaphore = Semaphore::new(2);
        let steps = dropped_at_every_step(|| async {
            let first = semaphore.acquire_many(2).await;
            join(async { drop(semaphore.acquire().await) }, sleep_and_drop(first)).await
        });
        assert!(1 < steps.await);
        assert_eq!(semaphore.available_permits(), 2);

        let mutex = Mutex::new(());
        let steps = dropped_at_every_step(|| async {
            let first = mutex.lock().await;
            join(async { drop(mutex.lock().await) }, sleep_and_drop(first)).await
        });
        assert!(1 < steps.await && mutex.try_lock().is_some());

        let lock = RwLock::new(());
        let steps = dropped_at_every_step(|| async {
            let first = lock.read().await;
            let others = join(async { drop(lock.write().await) }, async { drop(lock.read().await) });
            join(others, sleep_and_drop(first)).await
        });
        assert!(1 < steps.await && lock.try_write().is_some());
    });
}

async fn sleep_and_drop<T>(it: T) {
    sleep(SECOND).await;
    drop(it);
}

#[test]
fn news_waited_for_and_dropped_at_any_step_leave_everything_as_it_was() {
    wheelwright::test(async || {
        let event = Event::new();
        let steps = dropped_at_every_step(|| async {
            event.clear();
            join(event.wait(), async {
                sleep(SECOND).await;
                event.set();
            })
            .await
        });
        assert!(1 < steps.await);
        assert!(format!("{event:?}").contains("waiting: 0"));

        let notify = Notify::new();
        let steps = dropped_at_every_step(|| async {
            join(notify.notified(), async {
                sleep(SECOND).await;
                notify.notify_one();
            })
            .await
        });
        assert!(1 < steps.await);
        assert!(format!("{notify:?}").contains("waiting: 0"));

        let barrier = Barrier::new(2);
        let late = async || {
            sleep(SECOND).await;
            barrier.wait().await
        };
        assert!(1 < dropped_at_every_step(|| join(barrier.wait(), late())).await);
        assert!(format!("{barrier:?}").contains("waiting: 0"));
    });
}

#[test]
fn a_maker_dropped_at_any_step_is_gone() {
    wheelwright::test(async || {
        let attempts = Cell::new(0);
        let steps = dropped_at_every_step(|| async {
            let cell = OnceCell::new();
            let make = async || {
                attempts.set(attempts.get() + 1);
                sleep(SECOND).await;
            };
            join(cell.get_or_init(make), cell.get_or_init(make)).await;
        });
        let steps = steps.await;
        assert!(1 < steps);
        assert_eq!(attempts.get(), steps, "one maker each time, but when it was dropped unpolled");
    });
}

#[test]
fn a_lost_maker_of_a_value_is_replaced_by_the_next_task() {
    wheelwright::test(async || {
        let cell = Rc::new(OnceCell::new());
        let makers = Rc::new(RefCell::new(Vec::new()));
        let task = |number: usize| {
            let (cell, makers) = (Rc::clone(&cell), Rc::clone(&makers));
            spawn(async move {
                let make = async || {
                    makers.borrow_mut().push(number);
                    sleep(SECOND).await;
                    assert!(number != 1, "on purpose");
                    number
                };
                *cell.get_or_init(make).await
            })
        };
        let tasks = [task(0), task(1), task(2), task(3)];
        yield_now().await;
        tasks[0].abort();
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::ok).collect();
        assert_eq!(outcomes, [None, None, Some(2), Some(2)]);
        assert_eq!(*makers.borrow(), [0, 1, 2]);
    });
}

#[test]
fn tasks_told_that_a_semaphore_closed_end() {
    block_on(async {
        let work = Rc::new(Semaphore::new(0));
        let workers = (0..3).map(|_| {
            let work = Rc::clone(&work);
            spawn(async move {
                loop {
                    work.acquire().await?.forget();
                    yield_now().await;
                }
                #[expect(unreachable_code, reason = "it says what the question mark returns")]
                Ok::<(), Closed>(())
            })
        });
        let workers: Vec<_> = workers.collect();
        work.add_permits(5);
        for _ in 0..3 {
            yield_now().await;
        }
        work.close();
        assert!(join_all(workers).await.into_iter().all(|outcome| outcome.expect("no worker panics") == Err(Closed)));
        assert_eq!(work.available_permits(), 0);
    });
}

async fn make_for_ever(cell: Rc<OnceCell<()>>) {
    cell.get_or_init(std::future::pending).await;
}

#[test]
fn a_dump_names_each_primitive_and_the_line_that_waits() {
    block_on(async {
        let (mutex, lock, event) = (Mutex::new(()), RwLock::new(()), Event::new());
        let (notify, barrier, cell) = (Notify::new(), Barrier::new(2), Rc::new(OnceCell::new()));
        let _tasks = [
            spawn(async move { drop((mutex.lock().await, mutex.lock().await)) }),
            spawn(async move { drop((lock.read().await, lock.write().await)) }),
            spawn(async move { event.wait().await }),
            spawn(async move { notify.notified().await }),
            spawn(async move { _ = barrier.wait().await }),
            spawn(make_for_ever(Rc::clone(&cell))),
            spawn(make_for_ever(cell)),
        ];
        let waits = parked().await.into_iter().filter_map(|task| match task.state {
            TaskState::Parked { what, at: Some(at), .. } => Some((what, at.file())),
            _ => None,
        });
        let waits: Vec<_> = waits.collect();
        for word in ["mutex ", "lock ", "event ", "notification ", "barrier ", "value of cell "] {
            assert!(waits.iter().any(|(what, file)| what.contains(word) && *file == file!()), "{word}: {waits:?}");
        }
    });
}
