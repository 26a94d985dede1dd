//! Turns what the book says of tokio into facts: each test is named after its chapter, and runs on the current-thread runtime.
//!
//! `cargo test --release -p wheelwright-benches-book --test claims` runs them.

use std::future::{Future, pending, poll_fn};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};
use tokio::{join, select, spawn};

/// Only for a test that hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// What tasks say, in the order in which they say it.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Said {
    fn say(&self, what: char) {
        self.0.lock().expect("nobody panics with it").push(what);
    }

    fn all(&self) -> String {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

/// Each of the tasks that `make` makes, spawned in this order; what was said when all are over.
async fn said<F: Future<Output: Send> + Send + 'static>(make: impl Fn(char, Said) -> F, names: &str) -> String {
    let said = Said::default();
    let tasks: Vec<_> = names.chars().map(|name| spawn(make(name, said.clone()))).collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    said.all()
}

#[tokio::test]
async fn ch02_of_the_five_puzzles_the_one_where_two_yield_comes_out_in_another_order() {
    let two_tasks = |name, said: Said| async move {
        let [before, after] = if name == 'a' { ["ab", "c"] } else { ["d", "e"] };
        before.chars().for_each(|letter| said.say(letter));
        yield_now().await;
        after.chars().for_each(|letter| said.say(letter));
    };
    assert_eq!(said(two_tasks, "ad").await, "abdec", "here and in asyncio it is abdce");
}

#[tokio::test]
async fn ch02_whoever_finds_all_ready_gives_the_thread_back_when_its_budget_is_used_up() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    (0..1000).for_each(|number| sender.send(number).expect("the receiver is there"));
    drop(sender);
    let received = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&received);
    let reader = spawn(async move {
        while receiver.recv().await.is_some() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let seen = Arc::clone(&received);
    let other = spawn(async move { seen.load(Ordering::Relaxed) });
    let seen = other.await.expect("it does not panic");
    reader.await.expect("it does not panic");
    assert!((1..1000).contains(&seen), "it had its turn after {seen} of a thousand");
    assert_eq!(received.load(Ordering::Relaxed), 1000);
}

#[tokio::test]
async fn ch05_of_several_that_yield_the_last_comes_back_first() {
    let speak = |name, said: Said| async move {
        for _ in 0..3 {
            said.say(name);
            yield_now().await;
        }
    };
    assert_eq!(said(speak, "abc").await, "abccbaabc", "here and in asyncio it is abcabcabc");
}

#[tokio::test]
async fn ch05_who_yields_stands_aside_until_the_list_is_empty() {
    let said = Said::default();
    let (a, b, c) = (said.clone(), said.clone(), said.clone());
    let third = async move { c.say('c') };
    let second = async move {
        b.say('b');
        spawn(third);
    };
    let first = async move {
        a.say('a');
        spawn(second);
        yield_now().await;
        a.say('A');
    };
    spawn(first).await.expect("it does not panic");
    assert_eq!(said.all(), "abcA", "with laps it is abAc");
}

#[tokio::test]
async fn ch05_who_yields_comes_back_after_61_turns_if_the_list_is_never_empty() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let always_ready = poll_fn(move |cx| {
        cx.waker().wake_by_ref();
        if counted.fetch_add(1, Ordering::Relaxed) < 1000 { Poll::Pending } else { Poll::Ready(()) }
    });
    let busy = spawn(always_ready);
    let polls_meanwhile = spawn(async move {
        yield_now().await;
        polls.load(Ordering::Relaxed)
    });
    let polls = polls_meanwhile.await.expect("it does not panic");
    busy.await.expect("it does not panic");
    // Of the 61 turns one is the first of who yields; and when it is back on the list, the other stands before it.
    assert_eq!(polls, 60 + 1, "so many turns the other had; with laps it would have two");
}

#[tokio::test]
async fn ch05_who_yields_comes_back_after_a_look_at_the_kernel() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback is there");
    let address = listener.local_addr().expect("it is bound");
    let mut far = std::net::TcpStream::connect(address).expect("it listens");
    let (mut near, _) = listener.accept().await.expect("somebody connects");
    let said = Said::default();
    let (reads, yields) = (said.clone(), said.clone());
    let reader = spawn(async move {
        near.read_u8().await.expect("a byte comes");
        reads.say('r');
    });
    let yielder = spawn(async move {
        far.write_all(b"1").expect("there is room for a byte");
        yield_now().await;
        yields.say('y');
    });
    let (read, yielded) = join!(reader, yielder);
    read.and(yielded).expect("no task panics");
    assert_eq!(said.all(), "ry");
}

#[tokio::test]
async fn ch08_join_polls_all_that_are_not_done_at_each_wake() {
    let mut polls = 0;
    let never_woken = poll_fn(|_| {
        polls += 1;
        if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
    });
    let woken_twice = async {
        yield_now().await;
        yield_now().await;
    };
    let joined = timeout(LIMIT, async { join!(never_woken, woken_twice) }).await;
    assert!(joined.is_ok(), "what was never woken was polled because its neighbour was");
}

/// Holds `alive` for ever.
async fn hold(alive: Arc<()>) {
    let _alive = alive;
    pending().await
}

#[tokio::test]
async fn ch08_select_drops_the_loser() {
    let alive = Arc::new(());
    select! {
        () = hold(Arc::clone(&alive)) => unreachable!("it holds for ever"),
        () = yield_now() => assert_eq!(Arc::strong_count(&alive), 1),
    }
}

#[tokio::test]
async fn ch09_abort_drops_the_task_where_it_waits_and_says_that_it_was_cancelled() {
    let alive = Arc::new(());
    let task = spawn(hold(Arc::clone(&alive)));
    yield_now().await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test]
async fn ch09_a_mutex_is_not_poisoned_by_a_panic() {
    let mutex = Arc::new(tokio::sync::Mutex::new(1));
    let held = Arc::clone(&mutex);
    let panics = spawn(async move {
        let _guard = held.lock().await;
        panic!("with the guard in its hands");
    });
    assert!(panics.await.is_err_and(|error| error.is_panic()));
    assert_eq!(*mutex.lock().await, 1);
}

#[tokio::test(start_paused = true)]
async fn ch10_a_join_set_gives_outcomes_as_tasks_end_and_a_panic_is_one() {
    let mut set = JoinSet::new();
    for moments in [3, 2, 1] {
        set.spawn(async move {
            sleep(Duration::from_millis(moments)).await;
            assert_ne!(moments, 2, "the second panics");
            moments
        });
    }
    let mut ended = Vec::new();
    while let Some(outcome) = set.join_next().await {
        ended.push(outcome.map_err(|error| error.is_panic()));
    }
    assert_eq!(ended, [Ok(1), Err(true), Ok(3)]);
}

#[tokio::test]
async fn ch10_dropping_a_join_set_aborts_its_tasks() {
    let (alive, mut set) = (Arc::new(()), JoinSet::new());
    set.spawn(hold(Arc::clone(&alive)));
    yield_now().await;
    assert_eq!(Arc::strong_count(&alive), 2, "it runs");
    drop(set);
    yield_now().await;
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn ch11_permits_are_given_in_the_order_of_asking_and_a_wish_for_many_holds_up_small_ones() {
    let permits = Arc::new(Semaphore::new(2));
    let asks = |name: char, said: Said| {
        let permits = Arc::clone(&permits);
        async move {
            let wish = if name == 'b' { 2 } else { 1 };
            let _permits = permits.acquire_many(wish).await.expect("nobody closes it");
            said.say(name);
            sleep(Duration::from_millis(1)).await;
        }
    };
    assert_eq!(
        said(asks, "abcd").await,
        "abcd",
        "one permit is free while b waits for two, and c and d do not take it"
    );
}
