//! Turns the promises of task groups into facts: who runs, who is heard of, and that nobody is left.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wheelwright::time::{now, sleep};
use wheelwright::{Runtime, TaskError, TaskGroup, block_on, inspect, spawn, yield_now};

use crate::support::{OnDrop, back_to, dropped_at_every_step, message_of};

mod nested;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn tasks_of_a_group_run_whatever_their_owner_awaits() {
    wheelwright::test(async || {
        let count = Rc::new(Cell::new(0));
        let mut group = TaskGroup::new();
        for n in 1..=3 {
            let count = Rc::clone(&count);
            group.spawn(async move {
                sleep(SECOND * n).await;
                count.set(count.get() + 1);
            });
        }
        sleep(SECOND * 5).await;
        assert_eq!((count.get(), group.len()), (3, 3), "they ran, and their outcomes wait to be taken");
        while let Some(outcome) = group.join_next().await {
            outcome.expect("it completed");
        }
        assert!(group.is_empty());
    });
}

#[test]
fn join_next_gives_outcomes_in_the_order_in_which_tasks_end() {
    wheelwright::test(async || {
        let mut group = TaskGroup::new();
        let mut order = Vec::new();
        for n in [5_u64, 1, 3] {
            group.spawn(async move {
                sleep(SECOND * n as u32).await;
                n
            });
        }
        order.push(group.join_next().await.expect("three").expect("it completes"));
        // Into the place of the one that is gone.
        group.spawn_named("late", async {
            sleep(SECOND).await;
            2
        });
        while let Some(outcome) = group.join_next().await {
            order.push(outcome.expect("it completes"));
        }
        assert_eq!(order, [1, 2, 3, 5]);
    });
}

#[test]
fn a_task_that_is_taken_leaves_no_slot_and_no_place_behind() {
    wheelwright::test(async || {
        let mut group = TaskGroup::new();
        let base = inspect::live().tasks;
        for round in 0..1000 {
            group.spawn(async move { round });
            assert_eq!(group.join_next().await.expect("one").expect("it completes"), round);
            assert_eq!((group.len(), inspect::live().tasks), (0, base));
        }
    });
}

#[test]
fn the_first_error_aborts_the_siblings_and_comes_out_when_they_are_gone() {
    wheelwright::test(async || {
        let before = inspect::live();
        let log = Rc::new(RefCell::new(Vec::new()));
        let group = TaskGroup::new();
        for n in 0..3 {
            let log = Rc::clone(&log);
            group.spawn(async move {
                let _guard = OnDrop(|| log.borrow_mut().push(n));
                sleep(SECOND * (n + 1)).await;
                if n == 1 { Err("the second") } else { Ok(n) }
            });
        }
        let begun = now();
        let error = group.join_all().await.expect_err("one fails");
        assert!(now() - begun < SECOND * 3, "nobody waited for the third");
        assert!(matches!(error.first, TaskError::Failed("the second")) && error.others.is_empty(), "{error}");
        assert_eq!((&**log.borrow(), inspect::live()), (&[0, 1, 2][..], before));
    });
}

#[test]
fn further_errors_and_panics_are_attached_and_none_is_lost() {
    wheelwright::test(async || {
        let group = TaskGroup::<Result<(), String>>::new();
        group.spawn(async {
            yield_now().await;
            Err("first".to_owned())
        });
        group.spawn(async {
            yield_now().await;
            Err("second".to_owned())
        });
        group.spawn(async {
            let _guard = OnDrop(|| panic!("in a destructor"));
            pending().await
        });
        group.spawn(pending());
        let error = group.join_all().await.expect_err("they fail");
        assert!(matches!(error.first, TaskError::Failed(_)));
        assert_eq!(error.others.len(), 2, "{error}");
        // In the order in which they came, whichever of the two was the first.
        let text = error.to_string().replace("second; and then: first;", "first; and then: second;");
        assert!(text.starts_with("first; and then: second; and then: task "), "{text}");
        assert!(text.contains("in a destructor") && text.contains("groups.rs"), "{text}");
    });
}

#[test]
fn a_panic_of_a_task_aborts_its_siblings_too() {
    wheelwright::test(async || {
        let group = TaskGroup::<Result<(), ()>>::new();
        group.spawn(async { panic!("the reason") });
        group.spawn(pending());
        let error = group.join_all().await.expect_err("one panics");
        assert!(matches!(&error.first, TaskError::Ended(error) if error.is_panic()));
        assert_eq!(error.others.len(), 0);
    });
}

#[test]
fn values_come_in_the_order_in_which_the_tasks_were_spawned() {
    wheelwright::test(async || {
        let group = TaskGroup::new();
        for n in [3, 1, 2] {
            group.spawn(async move {
                sleep(SECOND * n).await;
                Ok::<_, ()>(n)
            });
        }
        assert_eq!(group.join_all().await.expect("none fails"), [3, 1, 2]);
        assert_eq!(TaskGroup::<Result<(), ()>>::new().join_all().await.expect("nobody fails"), []);
    });
}

#[test]
fn dropping_a_group_aborts_its_tasks_and_those_of_groups_within() {
    wheelwright::test(async || {
        let before = inspect::live();
        let group = TaskGroup::new();
        group.spawn(async {
            let mut within = TaskGroup::new();
            within.spawn(async {
                let mut further = TaskGroup::new();
                further.spawn(pending::<()>());
                further.join_next().await;
            });
            within.join_next().await;
        });
        sleep(SECOND).await;
        assert_eq!(inspect::live().tasks, before.tasks + 3);
        drop(group);
        back_to(before).await;
    });
}

#[test]
fn shutdown_waits_until_nothing_of_the_tasks_is_left() {
    wheelwright::test(async || {
        let before = inspect::live();
        let group = TaskGroup::new();
        for n in 0..10 {
            group.spawn(sleep(SECOND * n));
        }
        sleep(SECOND).await;
        group.shutdown().await;
        assert_eq!(inspect::live(), before);
        let steps = dropped_at_every_step(|| {
            let group = TaskGroup::new();
            group.spawn(pending::<()>());
            group.shutdown()
        });
        assert_eq!(steps.await, 2);
    });
}

thread_local! {
    static SELF_POLLED: RefCell<(Option<TaskGroup<u8>>, Vec<u8>)> = const { RefCell::new((None, Vec::new())) };
}

/// Another executor, which polls the group from within the wake.
struct PollsInWake;

impl Wake for PollsInWake {
    fn wake(self: Arc<Self>) {
        let waker = Waker::from(self);
        SELF_POLLED.with_borrow_mut(|(group, outputs)| {
            let group = group.as_mut().expect("the test puts it there");
            let mut cx = Context::from_waker(&waker);
            while let Poll::Ready(Some(outcome)) = pin!(group.join_next()).poll(&mut cx) {
                outputs.push(outcome.expect("it completes"));
            }
        });
    }
}

#[test]
fn a_group_polled_from_within_a_wake_loses_no_outcome() {
    block_on(async {
        let group = TaskGroup::new();
        for n in 0..3 {
            group.spawn(async move {
                for _ in 0..n {
                    yield_now().await;
                }
                n
            });
        }
        SELF_POLLED.set((Some(group), Vec::new()));
        Arc::new(PollsInWake).wake();
        while SELF_POLLED.with_borrow(|(_, outputs)| outputs.len() < 3) {
            yield_now().await;
        }
        let (group, mut outputs) = SELF_POLLED.take();
        outputs.sort_unstable();
        assert_eq!((outputs, group.expect("it is there").len()), (vec![0, 1, 2], 0));
    });
}

#[test]
fn a_group_moves_to_another_task_and_wakes_that_one() {
    wheelwright::test(async || {
        let mut group = TaskGroup::new();
        group.spawn(sleep(SECOND));
        assert!(pin!(group.join_next()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let other = spawn(async move { group.join_next().await.expect("one").is_ok() });
        assert!(other.await.expect("it is woken"));
    });
}

#[test]
fn a_group_that_spawns_outside_a_runtime_panics_and_can_be_used_further() {
    let mut group = TaskGroup::new();
    assert!(message_of(|| _ = group.spawn_named("nowhere", async { 1 })).contains("inside wheelwright::block_on"));
    block_on(async {
        for n in 2..4 {
            group.spawn(async move { n });
        }
        let (one, other) = (group.join_next().await, group.join_next().await);
        let sum = one.expect("two").expect("it completes") + other.expect("two").expect("it completes");
        assert!(sum == 5 && group.join_next().await.is_none());
    });
}

#[test]
fn a_group_outlives_its_runtime_and_says_that_its_tasks_were_cancelled() {
    let runtime = Runtime::builder().build().expect("a loop");
    let mut group = runtime.block_on(async {
        let group = TaskGroup::new();
        group.spawn(pending::<Result<(), ()>>());
        group.spawn(pending());
        group
    });
    drop(runtime);
    block_on(async {
        assert!(group.join_next().await.expect("two").expect_err("it was cancelled").is_cancelled());
        let error = group.join_all().await.expect_err("somebody else cancelled it, which is a failure");
        assert!(matches!(error.first, TaskError::Ended(error) if error.is_cancelled()));
    });
}

#[test]
fn drop_of_a_group_whose_outputs_panic_when_dropped_is_contained() {
    wheelwright::test(async || {
        let before = inspect::live();
        let group = TaskGroup::new();
        for _ in 0..3 {
            group.spawn(async {
                let guard = OnDrop(|| panic!("nobody takes the output"));
                sleep(SECOND).await;
                guard
            });
        }
        sleep(SECOND * 2).await;
        for _ in 0..2 {
            group.spawn(async {
                let _guard = OnDrop(|| panic!("in the destructor"));
                pending().await
            });
        }
        sleep(SECOND).await;
        drop(group);
        back_to(before).await;
    });
}

#[test]
fn a_group_dropped_at_any_step_leaves_no_task() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| async {
            let mut group = TaskGroup::new();
            for n in 1..4 {
                group.spawn(async move {
                    sleep(SECOND * n).await;
                    Ok::<_, ()>(n)
                });
            }
            group.join_next().await;
            group.join_all().await.expect("none fails")
        });
        assert_eq!(steps.await, 4);
        let failing = dropped_at_every_step(|| async {
            let group = TaskGroup::new();
            group.spawn(async { Err::<(), _>(()) });
            group.spawn(pending());
            group.join_all().await.expect_err("one fails")
        });
        assert_eq!(failing.await, 3, "one poll to begin, one for the failure, one for the end of the other");
    });
}
