//! Turns the promises of groups within groups, and of groups around a body, into facts: who is gone before whom.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;

use wheelwright::time::{now, sleep};
use wheelwright::{TaskError, TaskGroup, inspect, yield_now};

use super::SECOND;
use crate::support::{OnDrop, dropped_at_every_step};

/// A task of a group, of a group, of a group.
async fn nested(further: u32) {
    let within = TaskGroup::new();
    if further != 0 {
        within.spawn(Box::pin(nested(further - 1)) as Pin<Box<dyn Future<Output = ()>>>);
    }
    // Dropped before the other, and while this runs on.
    let left = TaskGroup::new();
    left.spawn(pending::<()>());
    drop(left);
    pending().await
}

#[test]
fn an_end_is_told_when_the_tasks_of_groups_within_are_gone() {
    wheelwright::test(async || {
        let before = inspect::live();
        let group = TaskGroup::new();
        group.spawn(nested(3));
        sleep(SECOND).await;
        assert_eq!(inspect::live().tasks, before.tasks + 4);
        group.shutdown().await;
        assert_eq!(inspect::live(), before);
        let group = TaskGroup::new();
        group.spawn(async {
            nested(2).await;
            Ok(())
        });
        group.spawn(async {
            sleep(SECOND).await;
            Err("it fails")
        });
        assert_eq!(group.join_all().await.expect_err("one fails").to_string(), "it fails");
        assert_eq!(inspect::live(), before, "the scope of all of them is over");
        // A child that ends by itself, too, and drops two groups with its last poll.
        let mut group = TaskGroup::new();
        group.spawn(async {
            let (one, other) = (TaskGroup::new(), TaskGroup::new());
            one.spawn(pending::<()>());
            other.spawn(pending::<()>());
        });
        group.join_next().await.expect("one").expect("it completes");
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_group_that_a_child_gives_out_is_not_waited_for() {
    wheelwright::test(async || {
        let before = inspect::live();
        let mut group = TaskGroup::new();
        group.spawn(async {
            let given = TaskGroup::new();
            given.spawn(sleep(SECOND));
            given
        });
        let mut given = group.join_next().await.expect("one").expect("it completes");
        given.join_next().await.expect("one").expect("it completes");
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_failure_of_a_task_drops_the_body_where_it_waits() {
    wheelwright::test(async || {
        let before = inspect::live();
        let log = Rc::new(RefCell::new(Vec::new()));
        let note = |name: &'static str| {
            let log = Rc::clone(&log);
            OnDrop(move || log.borrow_mut().push(name))
        };
        let outcome: Result<(), _> = TaskGroup::run(async |group| {
            let _body = note("body");
            group.spawn(async {
                sleep(SECOND).await;
                Err::<(), _>("the task's")
            });
            let sibling = note("sibling");
            group.spawn(async move {
                let _sibling = sibling;
                pending().await
            });
            pending().await
        })
        .await;
        let error = outcome.expect_err("a task fails");
        assert_eq!((error.to_string().as_str(), inspect::live()), ("the task's", before));
        assert_eq!(*log.borrow(), ["body", "sibling"]);
    });
}

#[test]
fn a_failure_of_the_body_aborts_the_tasks_and_stands_before_theirs() {
    wheelwright::test(async || {
        let before = inspect::live();
        let outcome: Result<(), _> = TaskGroup::run(async |group| {
            group.spawn(async {
                let _guard = OnDrop(|| panic!("in a destructor"));
                pending::<Result<(), _>>().await
            });
            yield_now().await;
            Err("the body's")
        })
        .await;
        let error = outcome.expect_err("the body fails");
        assert!(matches!(error.first, TaskError::Failed("the body's")) && error.others.len() == 1, "{error}");
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_body_that_ends_well_waits_for_its_tasks() {
    wheelwright::test(async || {
        let begun = now();
        let outcome = TaskGroup::run(async |group| {
            for n in 1..=3 {
                group.spawn(async move {
                    sleep(SECOND * n).await;
                    Ok::<_, ()>(n)
                });
            }
            assert_eq!(group.len(), 3);
            sleep(SECOND * 2).await;
            Ok("the value")
        });
        assert_eq!(outcome.await.expect("none fails"), "the value");
        assert!(SECOND * 3 <= now() - begun);
        let late = TaskGroup::run(async |group| {
            group.spawn(async { Err::<(), _>("late") });
            Ok(())
        });
        assert_eq!(late.await.expect_err("it fails after the body").to_string(), "late");
    });
}

#[test]
fn a_body_dropped_at_any_step_leaves_no_task() {
    wheelwright::test(async || {
        let steps = dropped_at_every_step(|| {
            TaskGroup::run(async |group| {
                group.spawn(async {
                    sleep(SECOND * 2).await;
                    Err::<(), _>(())
                });
                group.spawn(pending());
                sleep(SECOND).await;
                group.spawn(pending());
                pending::<Result<(), ()>>().await
            })
        });
        assert_eq!(steps.await, 4, "to begin, to go on, for the failure, for the end of the others");
    });
}
