//! Turns the promises about panics into facts: they reach whoever joins, and never the loop.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wheelwright::net::TcpListener;
use wheelwright::{Group, Handle, JoinHandle, Runtime, block_on, spawn, spawn_blocking, spawn_named, time, yield_now};

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

/// A waker of another library that panics when it is woken.
struct Panicking;

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        panic!("another library's");
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_else_waiting() {
    let waker = Waker::from(Arc::new(Panicking));
    let mut cx = Context::from_waker(&waker);
    block_on(async {
        // Each is registered before the one of ours that waits for the same thing.
        let mut joining = spawn(yield_now());
        assert!(pin!(&mut joining).poll(&mut cx).is_pending());
        let deadline = time::now() + Duration::from_millis(5);
        let mut first = Box::pin(time::sleep_until(deadline));
        assert!(first.as_mut().poll(&mut cx).is_pending());
        let second = time::sleep_until(deadline);
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let mut accepting = Box::pin(listener.accept());
        assert!(accepting.as_mut().poll(&mut cx).is_pending());
        let other = Rc::clone(&listener);
        let accepted = spawn(async move { other.accept().await.map(drop) });
        yield_now().await;
        second.await;
        let _client = std::net::TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        accepted.await.expect("it is not cancelled").expect("a connection");
        first.await;
        joining.await.expect("it completes");
    });
}

#[test]
fn a_waker_that_panics_does_not_stop_the_end_of_a_runtime() {
    let waker = Waker::from(Arc::new(Panicking));
    let mut cx = Context::from_waker(&waker);
    let mut joining = Vec::new();
    block_on(async {
        for _ in 0..3 {
            let mut task = spawn(pending::<()>());
            assert!(pin!(&mut task).poll(&mut cx).is_pending());
            joining.push(task);
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut accepting = Box::pin(listener.accept());
        assert!(accepting.as_mut().poll(&mut cx).is_pending());
    });
    assert!(joining.iter().all(JoinHandle::is_finished));
    assert_eq!(block_on(async { 5 }), 5, "the thread can run another runtime");
}

#[test]
fn a_factory_whose_destructor_panics_does_not_stop_the_end_of_a_runtime() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.spawn(pending::<()>());
    for _ in 0..2 {
        let bomb = OnDrop(|| panic!("in the destructor"));
        drop(runtime.handle().spawn(async move || drop(bomb)).expect("the inbox is open"));
    }
    drop(runtime);
    assert!(task.is_finished());
    assert_eq!(block_on(async { 6 }), 6);
}

#[test]
fn a_child_of_a_group_that_panics_is_gone_and_the_others_live() {
    wheelwright::test(async || {
        let mut group = Group::new();
        for n in 0..3_u64 {
            group.insert(async move {
                time::sleep(Duration::from_secs(n)).await;
                assert!(n != 1, "the second");
                n
            });
        }
        assert_eq!(group.join_next().await, Some(0));
        let next = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| group.poll_join_next(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            outcome => Poll::Ready(outcome.is_err()),
        });
        assert!(next.await, "the panic comes out");
        assert_eq!(group.join_next().await, Some(2));
        assert_eq!(group.join_next().await, None);
    });
}

#[test]
fn join_all_settled_makes_a_panic_in_a_destructor_an_outcome() {
    block_on(async {
        let children = (0..3).map(|n| {
            let guard = OnDrop(move || assert!(n != 1, "in the destructor"));
            poll_fn(move |_| {
                let _ = &guard;
                Poll::Ready(n)
            })
        });
        let outcomes = wheelwright::join_all_settled(children).await;
        assert!(outcomes[1].as_ref().expect_err("its destructor panicked").is_panic());
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        let guard = OnDrop(|| panic!("in the destructor"));
        let twice = poll_fn(move |_| -> Poll<()> {
            let _ = &guard;
            panic!("in the poll")
        });
        let outcomes = wheelwright::join_all_settled([twice]).await;
        assert!(outcomes[0].as_ref().expect_err("it panicked").to_string().ends_with("in the poll"), "{outcomes:?}");
    });
}

/// The message of the panic, when the future is polled once more after its output.
async fn polled_again<F: Future + Unpin>(mut future: F) -> String {
    poll_fn(|cx| pin!(&mut future).poll(cx)).await;
    message_of(|| drop(pin!(&mut future).poll(&mut Context::from_waker(Waker::noop()))))
}

#[test]
fn what_gave_its_output_panics_clearly_when_it_is_polled_again() {
    block_on(async {
        let remote = Handle::current().spawn(async || ()).expect("the inbox is open");
        let texts = [
            polled_again(spawn(async {})).await,
            polled_again(spawn_blocking(|| ())).await,
            polled_again(remote).await,
            polled_again(wheelwright::fs::read("/no/such/file")).await,
            polled_again(wheelwright::net::lookup_host("127.0.0.1:1")).await,
            polled_again(wheelwright::join_all([ready(1)])).await,
            polled_again(wheelwright::join_all_settled([ready(1)])).await,
            polled_again(wheelwright::try_join_all([ready(Ok::<_, ()>(1))])).await,
            polled_again(wheelwright::try_join_all([ready(Err::<(), _>(1))])).await,
            polled_again(wheelwright::map_concurrent(1, 0..3, ready)).await,
        ];
        assert!(texts.iter().all(|text| text.contains("was polled after it gave its")), "{texts:?}");
    });
}
