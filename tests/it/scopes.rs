//! Turns the promises of `scope` into facts: children borrow, the scope waits for them, and nobody outlives it.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use wheelwright::time::{now, sleep, timeout};
use wheelwright::{Group, block_on, scope, spawn, yield_now};

use crate::support::{OnDrop, dropped_at_every_step, message_of};

const SECOND: Duration = Duration::from_secs(1);

/// Notes its name when it is dropped.
fn noting<'a>(name: &'a str, log: &'a RefCell<Vec<String>>) -> impl Drop + 'a {
    OnDrop(move || log.borrow_mut().push(name.to_owned()))
}

#[test]
fn children_of_a_scope_borrow_from_their_parent_and_write_there() {
    wheelwright::test(async || {
        let words = ["a".to_owned(), "bb".to_owned(), "ccc".to_owned()];
        let mut lengths = [0; 3];
        scope(async |s| {
            for (word, length) in words.iter().zip(&mut lengths) {
                s.spawn(async {
                    sleep(SECOND * word.len() as u32).await;
                    *length = word.len();
                });
            }
        })
        .await;
        assert_eq!((lengths, words.len()), ([1, 2, 3], 3));
    });
}

#[test]
fn a_scope_ends_with_its_last_child_and_its_body_may_await_any() {
    wheelwright::test(async || {
        let begun = now();
        let output = scope(async |s| {
            s.spawn(sleep(SECOND * 5));
            let (first, second) = (s.spawn(async { 1 }), s.spawn(async { 2 }));
            let sum = second.await + first.await;
            assert!(now() - begun < SECOND);
            s.spawn(sleep(SECOND * 7));
            sum
        });
        assert_eq!(output.await, 3);
        assert!(SECOND * 7 <= now() - begun && now() - begun < SECOND * 8);
    });
}

#[test]
fn a_body_that_spawns_for_ever_lets_others_run() {
    wheelwright::test(async || {
        let counted = Rc::new(Cell::new(0));
        let count = Rc::clone(&counted);
        let other = spawn(async move {
            for _ in 0..100 {
                yield_now().await;
                count.set(count.get() + 1);
            }
        });
        let endless = scope(async |s| {
            loop {
                s.spawn(async {});
                yield_now().await;
                if counted.get() == 100 {
                    break;
                }
            }
        });
        endless.await;
        other.await.expect("it had its turns");
    });
}

static FORGOTTEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

#[test]
fn a_scope_that_is_dropped_or_forgotten_runs_nothing_further() {
    wheelwright::test(async || {
        let log = RefCell::new(Vec::new());
        let limited = timeout(
            SECOND,
            scope(async |s| {
                let _body = noting("body", &log);
                s.spawn(async {
                    let _child = noting("child", &log);
                    pending::<()>().await;
                });
                pending::<()>().await;
            }),
        );
        assert!(limited.await.is_err());
        assert_eq!(*log.borrow(), ["body", "child"]);
        let ran = Cell::new(0);
        let mut forgotten = Box::pin(scope(async |s| {
            s.spawn(async {
                loop {
                    yield_now().await;
                    ran.set(ran.get() + 1);
                }
            });
        }));
        assert!(poll_fn(|cx| Poll::Ready(forgotten.as_mut().poll(cx))).await.is_pending());
        // Forgotten, but not lost to those who look for leaks: somebody still knows where it is.
        FORGOTTEN.lock().expect("no test panics with it").push(std::ptr::from_ref(&*forgotten).addr());
        std::mem::forget(forgotten);
        let before = ran.get();
        for _ in 0..5 {
            yield_now().await;
        }
        assert_eq!(ran.get(), before);
    });
}

#[test]
fn a_panic_of_a_scoped_child_comes_out_after_its_siblings_were_dropped() {
    let log = RefCell::new(Vec::new());
    let text = message_of(|| {
        wheelwright::test(async || {
            scope(async |s| {
                let _body = noting("body", &log);
                for _ in 0..2 {
                    s.spawn(async {
                        let _guard = OnDrop(|| panic!("in a sibling's destructor"));
                        let _child = noting("child", &log);
                        pending::<()>().await;
                    });
                }
                s.spawn(async {
                    sleep(SECOND).await;
                    panic!("the child's own");
                });
                pending::<()>().await;
            })
            .await;
        });
    });
    assert_eq!(text, "the child's own");
    assert_eq!(*log.borrow(), ["body", "child", "child"]);
}

#[test]
fn a_panic_in_the_destructor_of_a_child_that_ended_comes_out_too() {
    let text = message_of(|| {
        block_on(scope(async |s| {
            let guard = OnDrop(|| panic!("in the destructor"));
            s.spawn(poll_fn(move |_| {
                let _ = &guard;
                Poll::Ready(())
            }));
        }));
    });
    assert_eq!(text, "in the destructor");
}

#[test]
fn scopes_nest_and_run_in_groups_and_tasks() {
    wheelwright::test(async || {
        let total = Cell::new(0);
        scope(async |outer| {
            for n in 1..=3 {
                let total = &total;
                outer.spawn(async move {
                    scope(async |inner| {
                        for m in 1..=2 {
                            inner.spawn(async move {
                                sleep(SECOND * m).await;
                                total.set(total.get() + n * m);
                            });
                        }
                    })
                    .await;
                });
            }
        })
        .await;
        assert_eq!(total.get(), 18);
        let mut group = Group::new();
        group.insert(scope(async |s| s.spawn(async { 4 }).await));
        assert_eq!(group.join_next().await, Some(4));
    });
}

#[test]
fn a_scope_dropped_at_any_step_leaves_neither_children_nor_timers() {
    wheelwright::test(async || {
        let text = "borrowed".to_owned();
        let steps = dropped_at_every_step(|| {
            scope(async |s| {
                s.spawn(async { sleep(SECOND * text.len() as u32).await });
                let first = s.spawn(sleep(SECOND));
                sleep(SECOND * 2).await;
                first.await;
                s.spawn(sleep(SECOND * 3));
            })
        });
        assert!(4 < steps.await);
    });
}

#[test]
fn a_scoped_handle_that_gave_its_output_panics_clearly_when_it_is_polled_again() {
    let text = message_of(|| {
        block_on(scope(async |s| {
            let mut child = s.spawn(async { 1 });
            assert_eq!((&mut child).await, 1);
            child.await;
        }));
    });
    assert!(text.contains("after it gave its output"), "{text}");
}
