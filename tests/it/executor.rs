//! Turns the promises about tasks, wakes and panics into facts.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use wheelwright::{JoinHandle, Runtime, block_on, inspect, spawn, spawn_blocking, spawn_named, yield_now};

/// A future that hands its task's waker out once and completes when it is polled again.
fn waker_out(out: mpsc::Sender<Waker>) -> impl Future<Output = ()> {
    let mut was_polled = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        out.send(cx.waker().clone()).expect("the test listens");
        Poll::Pending
    })
}

/// The message that a panic carries.
fn message_of(panicking: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(panicking)).expect_err("it panics");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("the message is text")
}

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_stale_slots_pending_bit_swallows_no_live_wake() {
    block_on(async {
        let (out, wakers) = mpsc::channel();
        let first = spawn(waker_out(out.clone()));
        yield_now().await;
        let stale = wakers.recv().expect("the first task was polled");
        stale.wake_by_ref();
        first.await.expect("it completes");
        // The second task takes the first one's slot.
        let second = spawn(waker_out(out));
        yield_now().await;
        let live = wakers.recv().expect("the second task was polled");
        // Both wakes come before the loop looks: the stale one sets the slot's bit.
        thread::spawn(move || {
            stale.wake();
            live.wake();
        })
        .join()
        .expect("wakers do not panic");
        second.await.expect("it was woken");
    });
}

#[test]
fn a_slot_reused_within_a_lap_is_polled_once() {
    let polls = Rc::new(Cell::new(0));
    block_on(async {
        // It completes with its own entry still in the list.
        let woken_again = spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(())
        }));
        woken_again.await.expect("it completes");
        let counting = Rc::clone(&polls);
        let mut next = pin!(spawn(poll_fn(move |_| {
            counting.set(counting.get() + 1);
            if counting.get() < 2 { Poll::Pending } else { Poll::Ready(()) }
        })));
        for _ in 0..5 {
            yield_now().await;
        }
        assert!(poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await.is_pending());
    });
    assert_eq!(polls.get(), 1, "nobody woke it a second time");
}

#[test]
fn a_waker_outlives_its_runtime_on_any_thread() {
    let (out, wakers) = mpsc::channel();
    let task = block_on(async {
        let task = spawn(waker_out(out));
        yield_now().await;
        task
    });
    let waker = wakers.recv().expect("the task was polled");
    waker.wake_by_ref();
    thread::spawn(move || waker.wake()).join().expect("a late wake is harmless");
    assert!(task.is_finished(), "the end of the runtime cancelled it");
}

#[test]
fn a_runtime_that_takes_a_used_id_is_woken_as_ever() {
    for _ in 0..200 {
        block_on(async { spawn_blocking(|| ()).await.expect("the job does not panic") });
    }
}

#[test]
fn a_storm_of_late_wakes_does_not_hurt_the_next_runtime_of_the_id() {
    let (out, wakers) = mpsc::channel();
    block_on(async {
        let task = spawn(waker_out(out));
        yield_now().await;
        drop(task);
    });
    let stale = wakers.recv().expect("the task was polled");
    let (stop, stopped) = mpsc::channel::<()>();
    let storm = thread::spawn(move || {
        while let Err(mpsc::TryRecvError::Empty) = stopped.try_recv() {
            stale.wake_by_ref();
        }
    });
    for _ in 0..100 {
        // Every task of every new runtime is woken from a thread, through the same mailbox.
        let sum: u32 = block_on(async {
            let mut sum = 0;
            for n in 0..10 {
                sum += spawn_blocking(move || n).await.expect("the job does not panic");
            }
            sum
        });
        assert_eq!(sum, 45);
    }
    drop(stop);
    storm.join().expect("a storm of late wakes is harmless");
}

#[test]
fn an_aborted_future_is_dropped_on_its_own_thread() {
    let home = thread::current().id();
    let dropped_on = Rc::new(Cell::new(None));
    block_on(async {
        let (out, wakers) = mpsc::channel();
        let note = Rc::clone(&dropped_on);
        let task = spawn(async move {
            let _guard = OnDrop(move || note.set(Some(thread::current().id())));
            waker_out(out).await;
            pending::<()>().await;
        });
        yield_now().await;
        let waker = wakers.recv().expect("the task was polled");
        let waking = thread::spawn(move || (0..1000).for_each(|_| waker.wake_by_ref()));
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        waking.join().expect("wakers do not panic");
    });
    assert_eq!(dropped_on.get(), Some(home));
}

#[test]
fn abort_only_marks_and_the_loop_drops() {
    let dropped = Rc::new(Cell::new(false));
    block_on(async {
        let note = Rc::clone(&dropped);
        let task = spawn(async move {
            let _guard = OnDrop(move || note.set(true));
            pending::<()>().await;
        });
        yield_now().await;
        task.abort();
        assert!(!dropped.get() && !task.is_finished(), "abort itself drops nothing");
        yield_now().await;
        assert!(dropped.get() && task.is_finished());
    });
}

#[test]
fn a_task_may_abort_itself() {
    block_on(async {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let reached = Rc::new(Cell::new(0));
        let (handle, count) = (Rc::clone(&own), Rc::clone(&reached));
        let task = spawn(async move {
            yield_now().await;
            handle.borrow().as_ref().expect("it was put there").abort();
            count.set(1);
            yield_now().await;
            count.set(2);
        });
        *own.borrow_mut() = Some(task);
        for _ in 0..5 {
            yield_now().await;
        }
        let task = own.borrow_mut().take().expect("it was put there");
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        assert_eq!(reached.get(), 1, "it went on to its next await point, and no further");
    });
}

#[test]
fn a_task_that_joins_itself_waits_and_can_be_aborted() {
    block_on(async {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let handle = Rc::clone(&own);
        let task = spawn(async move {
            yield_now().await;
            let mut task = handle.borrow_mut().take().expect("it was put there");
            let joined = poll_fn(|cx| pin!(&mut task).poll(cx));
            assert!(wheelwright::race(joined, async { Ok(pending().await) }).await.is_ok());
        });
        let id = task.id();
        *own.borrow_mut() = Some(task);
        yield_now().await;
        yield_now().await;
        let tasks = inspect::tasks();
        let stuck = tasks.iter().find(|task| task.id == id).expect("it waits for ever");
        assert!(stuck.to_string().contains(&format!("waits for join of task {id}")), "{stuck}");
    });
}

#[test]
fn a_panic_in_a_poll_is_delivered_with_name_and_place() {
    let error = block_on(async { spawn_named("bad", async { panic!("the reason") }).await.expect_err("it panicked") });
    assert!(error.is_panic());
    let text = error.to_string();
    assert!(text.contains("'bad'") && text.contains("executor.rs") && text.contains("the reason"), "{text}");
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
fn a_spawn_in_a_destructor_at_shutdown_is_cancelled() {
    let outcome = Rc::new(RefCell::new(None));
    let note = Rc::clone(&outcome);
    block_on(async move {
        drop(spawn(async move {
            let _guard =
                OnDrop(move || *note.borrow_mut() = Some(spawn(async { unreachable!("nothing starts any more") })));
            pending::<()>().await;
        }));
        yield_now().await;
    });
    let task: JoinHandle<()> = outcome.borrow_mut().take().expect("the destructor ran");
    assert!(task.is_finished());
    let error = match pin!(task).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome.expect_err("it was refused"),
        Poll::Pending => panic!("it is finished"),
    };
    assert!(error.is_cancelled());
}

#[test]
fn a_spawn_before_the_first_block_on_waits_for_it() {
    let runtime = Runtime::builder().build().expect("a loop");
    let task = runtime.spawn(async { 5 });
    assert!(!task.is_finished());
    assert_eq!(runtime.block_on(task).expect("it ran"), 5);
}

#[test]
fn tasks_wait_between_two_calls_of_block_on() {
    let runtime = Runtime::builder().build().expect("a loop");
    let counter = Rc::new(Cell::new(0));
    let counting = Rc::clone(&counter);
    drop(runtime.spawn(async move {
        loop {
            counting.set(counting.get() + 1);
            yield_now().await;
        }
    }));
    runtime.block_on(yield_now());
    let before = counter.get();
    assert!(0 < before);
    runtime.block_on(yield_now());
    assert!(before < counter.get());
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

#[test]
fn dropping_a_join_handle_detaches_the_task() {
    let ran = Rc::new(Cell::new(false));
    let note = Rc::clone(&ran);
    block_on(async move {
        drop(spawn(async move {
            yield_now().await;
            note.set(true);
        }));
        yield_now().await;
        yield_now().await;
    });
    assert!(ran.get());
}

#[test]
fn the_root_is_dropped_before_the_tasks_and_both_within_the_runtime() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let (by_root, by_task) = (Rc::clone(&order), Rc::clone(&order));
    block_on(async move {
        let _guard = OnDrop(move || {
            by_root.borrow_mut().push(("root", wheelwright::Handle::current().spawn(async || {}).is_ok()))
        });
        drop(spawn(async move {
            let _guard = OnDrop(move || {
                by_task.borrow_mut().push(("task", wheelwright::Handle::current().spawn(async || {}).is_ok()))
            });
            pending::<()>().await;
        }));
        yield_now().await;
    });
    assert_eq!(*order.borrow(), [("root", true), ("task", false)], "the inbox closes before the tasks end");
}

#[test]
fn a_task_knows_its_parent_its_place_and_what_it_waits_for() {
    block_on(async {
        let parent = spawn_named("parent", async {
            let child = spawn_named("child", wheelwright::time::sleep(Duration::from_secs(1000)));
            child.await
        });
        yield_now().await;
        yield_now().await;
        let tasks = inspect::tasks();
        let find = |name: &str| tasks.iter().find(|task| task.name.as_deref() == Some(name)).expect("it is there");
        assert_eq!(find("child").parent, parent.id());
        let (parent, child) = (find("parent").to_string(), find("child").to_string());
        assert!(parent.contains(&format!("join of task {}", find("child").id)), "{parent}");
        assert!(child.contains("waits for timer") && child.contains("tests/it/executor.rs"), "{child}");
        assert!(!find("child").has_foreign_waker);
    });
}
