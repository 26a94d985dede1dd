//! Turns the promises of task locals into facts: who has a value, who inherits it, and who does not.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use wheelwright::{block_on, spawn, task, yield_now};

use crate::support::{OnDrop, message_of, parked};

static NAME: task::Local<&str> = task::Local::new();
static NUMBER: task::Local<Rc<Cell<u32>>> = task::Local::new();

#[test]
fn a_local_has_its_value_in_all_that_its_future_awaits_and_nowhere_else() {
    block_on(async {
        let names = async |own: &'static str| {
            for _ in 0..3 {
                assert_eq!(NAME.get(), Some(own));
                yield_now().await;
            }
        };
        // They take turns in one task, and beside them runs one without.
        let without = async {
            for _ in 0..3 {
                assert_eq!(NAME.get(), None);
                yield_now().await;
            }
        };
        let (one, other) = (NAME.scope("one", names("one")), NAME.scope("other", names("other")));
        wheelwright::join(wheelwright::join(one, other), without).await;
        NAME.scope("outer", async {
            NAME.scope("inner", names("inner")).await;
            names("outer").await;
            wheelwright::join_all((0..3).map(|_| names("outer"))).await;
            wheelwright::scope(async |s| drop(s.spawn(names("outer")))).await;
        })
        .await;
        assert_eq!(NAME.get(), None);
    });
}

#[test]
fn a_spawned_task_has_the_values_of_its_parent_only_if_it_inherits() {
    block_on(NAME.scope(
        "parent",
        NUMBER.scope(Rc::new(Cell::new(1)), async {
            let look = || async { (NAME.get(), NUMBER.try_with(|number| number.get())) };
            assert_eq!(spawn(look()).await.expect("it completes"), (None, None));
            NUMBER.with(|number| number.set(2));
            let inheriting = spawn(task::inherit(async move {
                yield_now().await;
                look().await
            }));
            assert_eq!(inheriting.await.expect("it completes"), (Some("parent"), Some(2)));
        }),
    ));
}

#[test]
fn a_local_is_there_for_destructors_and_gone_after_a_panic() {
    block_on(async {
        let seen = Rc::new(Cell::new(None));
        let note = Rc::clone(&seen);
        let dropped = spawn(NAME.scope("dropped", async move {
            let _guard = OnDrop(move || note.set(NAME.get()));
            pending::<()>().await;
        }));
        parked().await;
        dropped.abort();
        assert!(dropped.await.expect_err("it was aborted").is_cancelled());
        assert_eq!(seen.get(), Some("dropped"));
        let panicking = spawn(NAME.scope("panicking", async { panic!("within") }));
        assert!(panicking.await.expect_err("it panicked").is_panic());
        assert_eq!(NAME.get(), None);
    });
}

#[test]
fn a_local_without_a_value_panics_clearly() {
    assert!(message_of(|| NAME.with(|_| ())).contains("only within `scope`"));
}

#[test]
fn drop_of_a_value_may_use_other_locals() {
    static LAST: task::Local<OnDrop<fn()>> = task::Local::new();
    let guard = OnDrop(ask as fn());
    block_on(NAME.scope("around", LAST.scope(guard, yield_now())));
    fn ask() {
        // The value goes when its future is gone, and so those around it are in force or not: nothing is borrowed.
        let _ = NAME.get();
        drop(NUMBER.scope(Rc::default(), pending::<()>()));
    }
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task outlives the values")]
fn a_task_inherits_no_value_that_another_stands_before() {
    block_on(async {
        let outer = Rc::default();
        // As in a job that starts its next run, with a value of its own.
        let nested = NUMBER.scope(Rc::default(), async { spawn(task::inherit(pending::<()>())) });
        let task = NUMBER.scope(Rc::clone(&outer), nested).await;
        assert_eq!(Rc::strong_count(&outer), 1, "the task would never find it");
        task.abort();
    });
}
