//! Turns the promises about panics into facts: they reach whoever joins, and never the loop.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;

use wheelwright::{Runtime, block_on, spawn, spawn_named, yield_now};

use crate::support::{OnDrop, message_of};

#[test]
fn a_panic_in_a_poll_is_delivered_with_name_and_place() {
    let error = block_on(async { spawn_named("bad", async { panic!("the reason") }).await.expect_err("it panicked") });
    assert!(error.is_panic());
    let text = error.to_string();
    assert!(text.contains("'bad'") && text.contains("panics.rs") && text.contains("the reason"), "{text}");
}

#[test]
fn a_panic_in_a_destructor_is_delivered_and_the_loop_lives() {
    block_on(async {
        let aborted = spawn(async {
            let _guard = OnDrop(|| panic!("in the destructor"));
            pending::<()>().await;
        });
        yield_now().await;
        aborted.abort();
        assert!(aborted.await.expect_err("the destructor panicked").is_panic());
        let completed = spawn(async {
            let guard = OnDrop(|| panic!("in the destructor"));
            poll_fn(move |_| {
                let _ = &guard;
                Poll::Ready(1)
            })
            .await
        });
        assert!(completed.await.expect_err("the destructor panicked").is_panic());
        assert_eq!(spawn(async { 2 }).await.expect("the loop lives"), 2);
    });
}

#[test]
fn the_output_of_a_detached_task_may_panic_when_it_is_dropped() {
    block_on(async {
        drop(spawn(async { OnDrop(|| panic!("an output nobody takes")) }));
        let read_never = spawn(async { OnDrop(|| panic!("an output nobody takes")) });
        yield_now().await;
        yield_now().await;
        assert!(read_never.is_finished());
        drop(read_never);
        assert_eq!(spawn(async { 3 }).await.expect("the loop lives"), 3);
    });
}

#[test]
fn a_panic_in_the_root_comes_out_and_cancels_the_tasks() {
    let dropped = Rc::new(Cell::new(false));
    let note = Rc::clone(&dropped);
    let text = message_of(|| {
        block_on(async move {
            drop(spawn(async move {
                let _guard = OnDrop(move || note.set(true));
                pending::<()>().await;
            }));
            yield_now().await;
            panic!("the root's own");
        });
    });
    assert_eq!(text, "the root's own");
    assert!(dropped.get());
    assert_eq!(block_on(async { 4 }), 4, "the thread can run another runtime");
}

#[test]
fn a_nested_block_on_panics_clearly() {
    let text = message_of(|| block_on(async { block_on(async {}) }));
    assert!(text.contains("await the future instead"), "{text}");
    let runtime = Runtime::builder().build().expect("a loop");
    let text = message_of(|| runtime.block_on(async { runtime.block_on(async {}) }));
    assert!(text.contains("await the future instead"), "{text}");
    let error = Runtime::builder().build().expect_err("the thread has one");
    assert!(error.to_string().contains("already has a runtime"));
}

#[test]
fn a_spawn_outside_a_runtime_panics_clearly() {
    assert!(message_of(|| drop(spawn(async {}))).contains("inside wheelwright::block_on"));
}
