//! Turns parked tasks into chains of awaits: what is seen through each way of waiting for several things.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, RawWakerVTable};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use wheelwright::inspect::{self, DeepDump, DumpDeep, TaskState};
use wheelwright::sync::{Notify, mpsc, oneshot};
use wheelwright::time::{sleep, timeout};
use wheelwright::{JoinHandle, Runtime, TaskGroup, join, join_all, map_concurrent, record, select, spawn, yield_now};

mod combinators;

/// The last words of the names of a task's chains.
fn names<T>(dump: &DeepDump, task: &JoinHandle<T>) -> Vec<String> {
    let last = |name: &str| name.split('<').next().unwrap_or(name).rsplit("::").next().unwrap_or(name).to_owned();
    let chains = dump.chains(task.id());
    chains.iter().map(|chain| chain.iter().map(|call| last(&call.name)).collect::<Vec<_>>().join(" ")).collect()
}

async fn leaf() {
    sleep(Duration::from_secs(60)).await;
}

async fn middle() {
    leaf().await;
}

async fn receive() {
    let (_sender, mut receiver) = mpsc::channel::<u8>(1);
    receiver.recv().await;
}

async fn dumped<T>(task: &JoinHandle<T>) -> Vec<String> {
    for _ in 0..3 {
        yield_now().await;
    }
    let dump = inspect::dump_deep().await;
    eprintln!("{dump}");
    names(&dump, task)
}

#[test]
fn the_whole_chain_of_awaits_is_seen_with_its_lines() {
    wheelwright::test(async || {
        let task = spawn(middle());
        yield_now().await;
        let dump = inspect::dump_deep().await;
        assert_eq!(names(&dump, &task), ["middle leaf Sleep"]);
        for call in &dump.chains(task.id())[0] {
            assert!(call.at.as_ref().is_some_and(|at| at.contains(".rs:") && !at.starts_with("./")), "{call}");
        }
        let page = dump.to_string();
        let marked = page.lines().filter(|line| line.trim_start().starts_with("- "));
        assert_eq!(marked.count(), 1, "where a chain begins: {page}");
        assert!(page.contains("middle at ") && page.contains("deep_dumps.rs:"), "{page}");
    });
}

#[test]
fn join_select_timeout_and_boxes_show_all_that_they_wait_for() {
    wheelwright::test(async || {
        let joined = spawn(async { join(middle(), receive()).await });
        assert_eq!(dumped(&joined).await.len(), 2);
        let selected = spawn(async { select(pin!(leaf()), pin!(receive())).await });
        let seen = dumped(&selected).await;
        assert!(seen[0].contains("leaf Sleep") && seen[1].contains("receive Receiving"), "{seen:?}");
        let boxed = spawn(async {
            let inner: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(middle());
            timeout(Duration::from_secs(5), inner).await
        });
        let seen = dumped(&boxed).await;
        assert_eq!(seen.len(), 2, "the future and its limit: {seen:?}");
        assert!(seen[0].contains("Timeout middle leaf Sleep"), "{seen:?}");
    });
}

#[test]
fn the_children_of_a_group_are_all_seen() {
    wheelwright::test(async || {
        let all = spawn(async { drop(join_all((0..3).map(|_| middle())).await) });
        let seen = dumped(&all).await;
        assert_eq!(seen.iter().filter(|chain| chain.contains("JoinAll middle leaf Sleep")).count(), 3, "{seen:?}");
        let mapped = spawn(async { drop(map_concurrent(2, 0..5, async |_| receive().await).await) });
        let seen = dumped(&mapped).await;
        assert_eq!(seen.iter().filter(|chain| chain.contains("receive Receiving")).count(), 2, "{seen:?}");
    });
}

#[test]
fn the_tasks_of_a_task_group_have_chains_of_their_own() {
    wheelwright::test(async || {
        let parent = spawn(async {
            let mut group = TaskGroup::new();
            for _ in 0..2 {
                group.spawn(leaf());
            }
            group.join_next().await
        });
        yield_now().await;
        yield_now().await;
        let dump = inspect::dump_deep().await;
        let children = dump.dump.tasks.iter().filter(|task| task.parent == parent.id());
        let chains: Vec<_> = children.map(|task| dump.chains(task.id)).collect();
        assert_eq!(chains.len(), 2);
        for chain in chains {
            assert!(chain[0].iter().any(|call| call.name.ends_with("leaf")), "{chain:?}");
        }
    });
}

#[test]
fn of_another_crates_combinator_only_itself_is_seen() {
    wheelwright::test(async || {
        let task = spawn(async {
            let mut all: FuturesUnordered<_> = (0..3).map(|_| middle()).collect();
            all.next().await
        });
        let seen = dumped(&task).await;
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(seen[0].contains("FuturesUnordered") && !seen[0].contains("leaf"), "{seen:?}");
        assert_eq!(inspect::live().timers, 3, "and its futures wait as before");
    });
}

#[test]
fn the_root_is_seen_too() {
    wheelwright::test(async || {
        let dumper = spawn(async {
            yield_now().await;
            let dump = inspect::dump_deep().await;
            let root = dump.dump.tasks.iter().find(|task| task.parent.to_string() == "0").expect("the root");
            dump.chains(root.id)
        });
        async fn wait_for<T>(task: JoinHandle<T>) -> T {
            task.await.unwrap()
        }
        let chains = wait_for(dumper).await;
        let names: Vec<_> = chains[0].iter().map(|call| call.name.as_str()).collect();
        assert!(names.iter().any(|name| name.ends_with("wait_for")), "{names:?}");
        assert!(names.last().is_some_and(|name| name.contains("JoinHandle")), "{names:?}");
    });
}

#[test]
fn a_task_whose_waker_nobody_kept_is_told() {
    wheelwright::test(async || {
        let lost = spawn(async { pending::<()>().await });
        yield_now().await;
        let dump = inspect::dump_deep().await;
        assert!(dump.chains(lost.id()).is_empty());
        assert!(dump.to_string().contains("nothing kept its waker"), "{dump}");
    });
}

#[test]
fn what_is_ready_when_it_is_probed_completes() {
    wheelwright::test(async || {
        let (flag, notify) = (Rc::new(std::cell::Cell::new(false)), Rc::new(Notify::new()));
        let theirs = Rc::clone(&flag);
        // It forgets to be woken: a probe is the first to poll it again.
        let deaf = spawn(poll_fn(move |_| if theirs.get() { Poll::Ready(7) } else { Poll::Pending }));
        let heard = Rc::clone(&notify);
        let other = spawn(async move { heard.notified().await });
        yield_now().await;
        flag.set(true);
        let awake = spawn(yield_now());
        let dump = inspect::dump_deep().await;
        assert!(dump.chains(deaf.id()).is_empty());
        assert!(!dump.to_string().contains("nothing kept its waker"), "of those who are gone nothing is said: {dump}");
        assert_eq!(dump.to_string().matches("- ").count(), 1, "who was ready waited for nothing: {dump}");
        awake.await.unwrap();
        assert_eq!(deaf.await.unwrap(), 7);
        assert!(!other.is_finished(), "who waits, waits");
        notify.notify_one();
        other.await.unwrap();
    });
}

#[test]
fn a_probed_task_is_woken_as_before_and_is_not_marked_as_others() {
    wheelwright::test(async || {
        let (sender, receiver) = oneshot::channel();
        let task = spawn(receiver);
        let all = spawn(async { join_all([sleep(Duration::from_secs(1)), sleep(Duration::from_secs(2))]).await });
        yield_now().await;
        for _ in 0..3 {
            drop(inspect::dump_deep().await);
        }
        assert!(inspect::tasks().iter().all(|task| !task.has_foreign_waker));
        sender.send(5).unwrap();
        assert_eq!(task.await.unwrap(), Ok(5));
        all.await.unwrap();
    });
}

#[test]
fn a_dump_that_is_given_up_leaves_the_loop_as_it_was() {
    wheelwright::test(async || {
        let task = spawn(middle());
        yield_now().await;
        let mut dumping = inspect::dump_deep();
        poll_fn(|cx| Poll::Ready(pin!(&mut dumping).poll(cx).is_pending())).await;
        drop(dumping);
        yield_now().await;
        yield_now().await;
        let polls = || inspect::tasks().into_iter().find(|info| info.id == task.id()).map(|info| info.polls);
        let before = polls();
        yield_now().await;
        assert_eq!(polls(), before);
        // More polls than are probed at most: none of them was.
        for _ in 0..1100 {
            sleep(Duration::from_millis(1)).await;
        }
        // Who came later is not in what the dump that was given up found.
        let later = spawn(middle());
        assert_eq!(dumped(&later).await, ["middle leaf Sleep"], "and the next one works");
    });
}

/// The functions of the waker that the current task is polled with, in a poll of its own.
async fn vtable() -> *const RawWakerVTable {
    yield_now().await;
    poll_fn(|cx| Poll::Ready(std::ptr::from_ref(cx.waker().vtable()))).await
}

#[test]
fn tasks_are_polled_with_probes_while_somebody_dumps_and_no_longer() {
    wheelwright::test(async || {
        let ordinary = vtable().await;
        let mut dumping = inspect::dump_deep();
        poll_fn(|cx| Poll::Ready(pin!(&mut dumping).poll(cx).is_pending())).await;
        assert_ne!(vtable().await, ordinary);
        drop(dumping);
        assert_eq!(vtable().await, ordinary, "one that is given up");
        drop(inspect::dump_deep().await);
        assert_eq!(vtable().await, ordinary, "one that is done");
        let (mut one, mut other) = (inspect::dump_deep(), inspect::dump_deep());
        poll_fn(|cx| Poll::Ready(pin!(&mut one).poll(cx).is_pending())).await;
        poll_fn(|cx| Poll::Ready(pin!(&mut other).poll(cx).is_pending())).await;
        drop(one);
        assert_ne!(vtable().await, ordinary, "another is under way still");
        drop(other);
        assert_eq!(vtable().await, ordinary);
        drop(inspect::dump_deep());
        assert_eq!(vtable().await, ordinary, "one that was never awaited");
    });
}

#[test]
fn a_deep_dump_may_end_with_its_thread() {
    thread_local! {
        static KEPT: RefCell<Option<DumpDeep>> = const { RefCell::new(None) };
    }
    // Its destructor runs when those of all that is used later have run; a panic in it would end the process.
    let thread = std::thread::spawn(|| {
        KEPT.with_borrow_mut(|kept| drop(kept.take()));
        wheelwright::test(async || {
            let _task = spawn(middle());
            yield_now().await;
            let mut dumping = inspect::dump_deep();
            assert!(poll_fn(|cx| Poll::Ready(pin!(&mut dumping).poll(cx).is_pending())).await, "it has begun");
            yield_now().await;
            KEPT.set(Some(dumping));
        });
    });
    thread.join().unwrap();
}

#[test]
fn a_thousand_waits_are_shown_each_time() {
    wheelwright::test(async || {
        let tasks: Vec<_> = (0..1100).map(|_| spawn(leaf())).collect();
        yield_now().await;
        for _ in 0..2 {
            let dump = inspect::dump_deep().await;
            let shown = tasks.iter().filter(|task| !dump.chains(task.id()).is_empty()).count();
            assert!((990..=1000).contains(&shown), "{shown}");
        }
    });
}

#[test]
fn code_of_others_that_keeps_a_waker_in_a_probed_poll_is_known_to_have_it() {
    wheelwright::test(async || {
        let mut kept = Vec::new();
        let mut polls = 0;
        let task = spawn(poll_fn(move |cx| {
            polls += 1;
            // Only when it is polled for nothing.
            kept.extend((1 < polls).then(|| cx.waker().clone()));
            Poll::<()>::Pending
        }));
        yield_now().await;
        let is_foreign = || inspect::tasks().iter().any(|info| info.id == task.id() && info.has_foreign_waker);
        assert!(!is_foreign());
        drop(inspect::dump_deep().await);
        assert!(is_foreign());
    });
}

#[test]
fn a_recording_goes_on_through_a_deep_dump() {
    let runtime = Runtime::builder().paused().recorded(1000).build().unwrap();
    let state = runtime.block_on(async {
        let _task = spawn(middle());
        yield_now().await;
        drop(inspect::dump_deep().await);
        yield_now().await;
        record::state()
    });
    let recording = record::take().unwrap();
    assert!((0..recording.events().len()).any(|events| recording.state_after(events) == state));
    // And one that has ended is not written to.
    drop(runtime);
    let runtime = Runtime::builder().paused().recorded(1000).build().unwrap();
    runtime.block_on(async { yield_now().await });
    drop(runtime);
    wheelwright::test(async || {
        let _task = spawn(middle());
        yield_now().await;
        drop(inspect::dump_deep().await);
    });
    let recording = record::take().unwrap();
    assert_eq!(recording.names().count(), 0);
    assert!(recording.events().iter().all(|event| event.task <= 1), "the root alone ran");
}

#[test]
fn two_deep_dumps_at_once_both_see() {
    wheelwright::test(async || {
        let task = spawn(middle());
        yield_now().await;
        let dumper = spawn(inspect::dump_deep());
        let (one, other) = (inspect::dump_deep().await, dumper.await.unwrap());
        assert_eq!(names(&one, &task), ["middle leaf Sleep"]);
        assert_eq!(names(&other, &task), ["middle leaf Sleep"]);
        assert!(one.dump.tasks.iter().any(|task| matches!(task.state, TaskState::Parked { .. })));
    });
}
