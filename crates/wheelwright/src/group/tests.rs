//! Turns the group's promises into checks.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use super::Group;
use crate::test_waker::CountingWaker;
use crate::time::sleep;
use crate::{Runtime, block_on, for_each_concurrent, join_all, map_concurrent, race, ready, spawn, yield_now};

#[test]
fn children_that_are_ready_at_once_take_no_slot_of_their_own() {
    block_on(async {
        let before = ready::live();
        let mut group = Group::new();
        for n in 0..100 {
            group.insert(async move { n });
        }
        assert!(group.join_next().await.is_some());
        assert_eq!(ready::live(), before + 1, "one slot is held ready");
        while group.join_next().await.is_some() {}
        assert_eq!(ready::live(), before + 1);
        drop(group);
        assert_eq!(ready::live(), before);
    });
}

#[test]
fn only_woken_children_are_polled() {
    let polls = Rc::new(Cell::new(0));
    crate::test(async || {
        let child = |n: u64| {
            let polls = Rc::clone(&polls);
            let mut sleep = Box::pin(sleep(Duration::from_secs(n + 1)));
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                sleep.as_mut().poll(cx)
            })
        };
        join_all((0..1000).map(child)).await;
    });
    assert_eq!(polls.get(), 2000, "once to start, once when woken");
}

#[test]
fn a_child_runs_in_the_lap_of_its_wake() {
    let order = Rc::new(RefCell::new(Vec::new()));
    block_on(async {
        let waker = Rc::new(RefCell::new(None));
        let child = {
            let (waker, order) = (Rc::clone(&waker), Rc::clone(&order));
            let mut was_polled = false;
            poll_fn(move |cx| {
                if std::mem::replace(&mut was_polled, true) {
                    order.borrow_mut().push("child");
                    return Poll::Ready(());
                }
                *waker.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            })
        };
        let parent = spawn(async move { join_all([child]).await });
        let yields = |times: usize, name: &'static str| {
            let order = Rc::clone(&order);
            spawn(async move {
                for _ in 0..times {
                    crate::future::yield_now().await;
                }
                order.borrow_mut().push(name);
            })
        };
        let waking = Rc::clone(&waker);
        spawn(async move { waking.borrow_mut().take().expect("the child was polled").wake() }).await.expect("it wakes");
        yields(1, "two laps later").await.expect("it is not cancelled");
        parent.await.expect("it is not cancelled");
    });
    assert_eq!(*order.borrow(), ["child", "two laps later"]);
}

/// One that yields once, and then says so.
async fn yielding(order: Rc<RefCell<Vec<&'static str>>>) {
    yield_now().await;
    order.borrow_mut().push("child");
}

#[test]
fn a_child_that_yields_lets_the_other_tasks_run_also_when_a_sibling_is_ready_last() {
    block_on(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let (first, second) = (Rc::clone(&order), Rc::clone(&order));
        let joining = spawn(async move {
            let ready = async {};
            join_all([yielding(first).left(), ready.right()]).await;
        });
        let other = spawn(async move { second.borrow_mut().push("other") });
        joining.await.expect("no panic");
        other.await.expect("no panic");
        assert_eq!(*order.borrow(), ["other", "child"]);
    });
}

#[test]
fn children_that_yield_are_not_starved_by_those_that_are_ready_at_once() {
    block_on(async {
        let order = Rc::new(RefCell::new(Vec::new()));
        let after = Cell::new(0);
        map_concurrent(2, 0..10_000, async |n| {
            if n == 0 {
                yielding(Rc::clone(&order)).await;
            } else if order.borrow().is_empty() {
                after.set(after.get() + 1);
            }
        })
        .await;
        assert!(after.get() <= 256, "it ran only after {} others", after.get());
    });
}

#[test]
fn a_group_polled_under_another_runtime_takes_new_slots() {
    let mut group = Group::new();
    let gone = Rc::new(Cell::new(false));
    let flag = Rc::clone(&gone);
    group.insert(poll_fn(move |cx| {
        cx.waker().wake_by_ref();
        if flag.get() { Poll::Ready(5) } else { Poll::Pending }
    }));
    block_on(poll_fn(|cx| {
        assert!(group.poll_join_next(cx).is_pending());
        Poll::Ready(())
    }));
    gone.set(true);
    let runtime = Runtime::builder().build().expect("a loop");
    let bystander = runtime.spawn(std::future::pending::<()>());
    assert_eq!(runtime.block_on(group.join_next()), Some(5));
    drop(group);
    assert!(!bystander.is_finished());
}

#[test]
fn a_group_dropped_under_another_runtime_frees_none_of_its_slots() {
    let mut group = Group::new();
    for _ in 0..10 {
        group.insert(std::future::pending::<()>());
    }
    block_on(poll_fn(|cx| {
        assert!(group.poll_join_next(cx).is_pending());
        Poll::Ready(())
    }));
    block_on(async {
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                spawn(async move {
                    crate::future::yield_now().await;
                    n
                })
            })
            .collect();
        let live = ready::live();
        drop(group);
        assert_eq!(ready::live(), live);
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.expect("it is not cancelled"), n);
        }
    });
}

#[test]
fn a_crowd_of_children_lets_others_run() {
    let laps = Rc::new(Cell::new(0));
    let counting = Rc::clone(&laps);
    block_on(async {
        let heartbeat = spawn(async move {
            loop {
                counting.set(counting.get() + 1);
                crate::future::yield_now().await;
            }
        });
        for_each_concurrent(10, 0..2560, async |_| {}).await;
        heartbeat.abort();
    });
    assert!(9 <= laps.get(), "after 256 children the others had a turn: {} laps", laps.get());
}

#[test]
fn at_most_so_many_run_at_a_time_and_results_keep_their_order() {
    let (running, most) = (Cell::new(0), Cell::new(0));
    let results = crate::test(async || {
        map_concurrent(7, 0..100_u64, async |n| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            sleep(Duration::from_millis(1 + n * 7919 % 100)).await;
            running.set(running.get() - 1);
            n
        })
        .await
    });
    assert_eq!(results, (0..100).collect::<Vec<_>>());
    assert_eq!(most.get(), 7);
}

#[test]
fn a_child_inserted_later_wakes_the_parent_that_waits() {
    let group = Rc::new(RefCell::new(Group::new()));
    block_on(async {
        group.borrow_mut().insert(std::future::pending().left());
        let waiting = Rc::clone(&group);
        let parent = spawn(poll_fn(move |cx| waiting.borrow_mut().poll_join_next(cx)));
        crate::future::yield_now().await;
        group.borrow_mut().insert(std::future::ready(9).right());
        assert_eq!(parent.await.expect("it is not cancelled"), Some((1, 9)));
    });
}

#[test]
fn children_that_wake_themselves_and_are_ready_leave_no_line_that_grows() {
    block_on(async {
        let mut group = Group::new();
        for n in 0..20_000_u32 {
            // The yield wakes, and then loses the race.
            group.insert(race(yield_now(), async {}));
            group.join_next().await.expect("one is under way");
            if n % 1000 == 0 {
                yield_now().await;
            }
            let lines = (group.batch.len(), group.list.seats.borrow().len());
            assert!(lines.0 + lines.1 <= 1100, "after {n} children with one seat: {lines:?}");
        }
    });
}

#[test]
fn a_child_that_yields_for_long_leaves_no_line_that_grows() {
    block_on(async {
        let mut group = Group::new();
        group.insert(async {
            for _ in 0..1000 {
                yield_now().await;
            }
        });
        poll_fn(|cx| {
            let polled = group.poll_join_next(cx);
            assert!(group.batch.len() <= 4, "{} places for one child", group.batch.len());
            polled
        })
        .await;
    });
}

#[test]
fn a_group_that_waits_wakes_again_for_those_woken_before_its_last_output() {
    block_on(async {
        let (waker, count) = CountingWaker::new();
        let mut cx = std::task::Context::from_waker(&waker);
        let mut group = Group::new();
        group.insert(yield_now().left());
        group.insert(std::future::ready(()).right());
        assert!(group.poll_join_next(&mut cx).is_ready());
        // Another library's combinator has done with the wakes so far, and asks for more.
        let before = count.wakes();
        assert!(group.poll_join_next(&mut cx).is_pending());
        assert!(before < count.wakes());
    });
}

#[test]
fn children_are_polls_of_the_loop_and_have_budgets_of_their_own() {
    block_on(async {
        let left = ready::budget();
        ready::reset_polls();
        join_all((0..10).map(|_| poll_fn(|cx| ready::poll_budget(cx)))).await;
        assert_eq!((ready::count_poll(), ready::budget()), (11, left));
    });
}

/// Another library's way to block on a future, on a thread of its own or, as here, on the loop's.
fn block_elsewhere<F: Future>(future: F) -> F::Output {
    let (waker, count) = CountingWaker::new();
    let mut future = std::pin::pin!(future);
    for polls in 1..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            return output;
        }
        assert!(polls <= count.wakes(), "nobody wakes it any more");
    }
    panic!("it wakes itself for ever");
}

#[test]
fn a_group_that_another_executor_polls_within_a_lap_goes_on() {
    block_on(async {
        let outputs = block_elsewhere(join_all([0, 1, 2].map(async |n| {
            for _ in 0..n {
                yield_now().await;
            }
            n
        })));
        assert_eq!(outputs, [0, 1, 2]);
        block_elsewhere(crate::scope(async |s| {
            s.spawn(async { yield_now().await });
            yield_now().await;
        }));
    });
}

/// Two futures of one type.
trait Either: Future + Sized + 'static {
    fn left(self) -> std::pin::Pin<Box<dyn Future<Output = Self::Output>>> {
        Box::pin(self)
    }
    fn right(self) -> std::pin::Pin<Box<dyn Future<Output = Self::Output>>> {
        Box::pin(self)
    }
}
impl<F: Future + 'static> Either for F {}
