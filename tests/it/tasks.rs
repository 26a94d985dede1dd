//! Turns the promises about tasks and wakes into facts.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use wheelwright::{JoinHandle, block_on, spawn, spawn_named, yield_now};

use crate::support::{OnDrop, parked, waker_out};

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

/// How often a task is polled that takes a slot whose last task completed with its own entry still in the list.
fn polls_of_a_reused_slot() -> u32 {
    let polls = Rc::new(Cell::new(0));
    let counting = Rc::clone(&polls);
    block_on(async {
        let (out, wakers) = mpsc::channel();
        let spawner = async move {
            waker_out(out).await;
            drop(spawn(poll_fn(move |_| {
                counting.set(counting.get() + 1);
                Poll::<()>::Pending
            })));
        };
        let spawner = spawn(spawner);
        yield_now().await;
        let waker = wakers.recv().expect("the spawner was polled");
        // The spawner's turn comes before that of the entry which is left behind.
        drop(spawn(poll_fn(move |cx| {
            waker.wake_by_ref();
            cx.waker().wake_by_ref();
            Poll::Ready(())
        })));
        spawner.await.expect("it completes");
        for _ in 0..5 {
            yield_now().await;
        }
    });
    polls.get()
}

#[test]
fn a_slot_reused_within_a_lap_is_polled_once() {
    // Another test's late wake for the same number of a runtime may cost a poll, but not every time.
    let polls: Vec<_> = (0..20).map(|_| polls_of_a_reused_slot()).collect();
    assert!(polls.contains(&1), "nobody woke it a second time: {polls:?}");
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
            assert!(wheelwright::race(joined, async { pending().await }).await.is_ok());
        });
        let id = task.id();
        *own.borrow_mut() = Some(task);
        yield_now().await;
        let tasks = parked().await;
        let stuck = tasks.iter().find(|task| task.id == id).expect("it waits for ever");
        assert!(stuck.to_string().contains(&format!("waits for join of task {id}")), "{stuck}");
    });
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
fn a_task_knows_its_parent_its_place_and_what_it_waits_for() {
    block_on(async {
        let parent = spawn_named("parent", async {
            let child = spawn_named("child", wheelwright::time::sleep(Duration::from_secs(1000)));
            child.await
        });
        yield_now().await;
        let tasks = parked().await;
        let find = |name: &str| tasks.iter().find(|task| task.name.as_deref() == Some(name)).expect("it is there");
        assert_eq!(find("child").parent, parent.id());
        let (parent, child) = (find("parent").to_string(), find("child").to_string());
        assert!(parent.contains(&format!("join of task {}", find("child").id)), "{parent}");
        assert!(child.contains("waits for timer") && child.contains("tests/it/tasks.rs"), "{child}");
        assert!(!find("child").has_foreign_waker);
    });
}
