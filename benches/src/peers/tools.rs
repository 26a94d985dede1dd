//! Turns the name of a row about what stands between tasks into its workload: channels, locks, groups, threads.

use std::hint::black_box;
use std::rc::Rc;

use crate::rows::{Yield, batches, in_a_task, settle};
use crate::words::{
    Mutex, StreamExt, channel, for_each_concurrent, group_of, iter, oneshot, remote, send_blocking, spawn,
    spawn_blocking,
};
use wheelwright_benches::measure::Measured;

/// How many are under way at once in the rows that limit it.
const LIMIT: usize = 20;

pub(crate) fn run(row: &str, sizes: [u64; 2]) -> Measured {
    match row {
        "channel_ping_pong" => in_a_task(sizes, channel_ping_pong),
        "channel_128" => in_a_task(sizes, channel_128),
        "oneshot" => in_a_task(sizes, request_and_reply),
        "mutex" => in_a_task(sizes, mutex),
        "task_group" => in_a_task(sizes, |n| batches(n, 1000, group_of)),
        "buffer_unordered" => in_a_task(sizes, buffer_unordered),
        "for_each_concurrent" => in_a_task(sizes, for_each),
        "remote_128" => in_a_task(sizes, from_a_thread),
        "remote_round_trip" => in_a_task(sizes, to_a_thread_and_back),
        "spawn_blocking" => in_a_task(sizes, |n| batches(n, 1000, blocking)),
        _ => panic!("no row is called {row}"),
    }
}

async fn channel_ping_pong(n: u64) -> u64 {
    let (to_pong, mut at_pong) = channel(1);
    let (to_ping, mut at_ping) = channel(1);
    let pong = spawn(async move {
        let at_pong = &mut at_pong;
        for _ in 0..n {
            let ball: u64 = at_pong.recv().await.expect("ping goes on");
            to_ping.send(ball + 1).await.expect("ping goes on");
        }
        n
    });
    let at_ping = &mut at_ping;
    for ball in 0..n {
        to_pong.send(ball).await.expect("pong goes on");
        assert_eq!(at_ping.recv().await.expect("pong goes on"), ball + 1, "it is the same ball");
    }
    settle(pong.await);
    n
}

async fn channel_128(n: u64) -> u64 {
    let (tx, mut rx) = channel(128);
    let producer = spawn(async move {
        for i in 0..n {
            tx.send(i).await.expect("the consumer goes on");
        }
        n
    });
    let rx = &mut rx;
    for i in 0..n {
        assert_eq!(rx.recv().await.expect("the producer goes on"), i, "first in, first out");
    }
    settle(producer.await);
    n
}

/// A task that answers, asked through a channel, as one that owns a connection or a table is.
async fn request_and_reply(n: u64) -> u64 {
    let (ask, mut asked) = channel(16);
    let answering = spawn(async move {
        let asked = &mut asked;
        for _ in 0..n {
            let (question, reply) = asked.recv().await.expect("somebody asks");
            assert!(oneshot::send(reply, question + 1), "somebody waits for the reply");
        }
        n
    });
    for question in 0..n {
        let (reply, answer) = oneshot::channel();
        assert!(ask.send((question, reply)).await.is_ok(), "somebody answers");
        assert_eq!(answer.await.expect("somebody answers"), question + 1, "it is the answer");
    }
    settle(answering.await);
    n
}

async fn mutex(n: u64) -> u64 {
    let count = Mutex::new(0);
    for _ in 0..n {
        let mut guard = black_box(&count).lock().await;
        // Opaque, or the addition may be merged with the lock's own bookkeeping beside it.
        *guard = black_box(*guard) + 1;
    }
    assert_eq!(count.into_inner(), n, "every addition counts");
    n
}

async fn once_yielding(i: u64) -> u64 {
    Yield::default().await;
    i
}

async fn buffer_unordered(n: u64) -> u64 {
    let mut outputs = std::pin::pin!(iter((0..n).map(once_yielding)).buffer_unordered(LIMIT));
    let mut sum = 0;
    while let Some(i) = outputs.next().await {
        sum += i;
    }
    assert_eq!(sum, n * (n - 1) / 2, "every output comes once");
    n
}

async fn for_each(n: u64) -> u64 {
    let sum = Rc::new(std::cell::Cell::new(0));
    for_each_concurrent(LIMIT, 0..n, |i| {
        let sum = &sum;
        async move {
            let i = once_yielding(i).await;
            sum.set(sum.get() + i);
        }
    })
    .await;
    assert_eq!(sum.get(), n * (n - 1) / 2, "everyone ran once");
    n
}

async fn from_a_thread(n: u64) -> u64 {
    let (tx, mut rx) = remote(128);
    let sending = std::thread::spawn(move || (0..n).for_each(|i| send_blocking(&tx, i)));
    let rx = &mut rx;
    for i in 0..n {
        assert_eq!(rx.recv().await.expect("the thread goes on"), i, "first in, first out");
    }
    sending.join().expect("the thread ends well");
    n
}

async fn to_a_thread_and_back(n: u64) -> u64 {
    let (tx, mut rx) = remote(1);
    let (ask, asked) = std::sync::mpsc::channel();
    let echo = std::thread::spawn(move || asked.iter().for_each(|i: u64| send_blocking(&tx, i)));
    let rx = &mut rx;
    for i in 0..n {
        ask.send(i).expect("the thread goes on");
        assert_eq!(rx.recv().await.expect("the thread goes on"), i, "it is the echo");
    }
    drop(ask);
    echo.join().expect("the thread ends well");
    n
}

async fn blocking(n: u64) {
    let jobs: Vec<_> = (0..n).map(|i| spawn_blocking(move || black_box(i))).collect();
    for job in jobs {
        settle(job.await);
    }
}
