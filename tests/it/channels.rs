//! Turns what channels promise to tasks into facts, on a real loop.

use std::rc::Rc;
use std::time::Duration;

use wheelwright::stream::StreamExt;
use wheelwright::sync::{broadcast, mpsc, oneshot, remote, watch};
use wheelwright::time::{sleep, timeout};
use wheelwright::{block_on, join_all, spawn, yield_now};

use crate::support::{dropped_at_every_step, parked};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_dump_names_what_a_task_waits_for_at_a_channel() {
    block_on(async {
        let (full, values) = mpsc::channel(1);
        full.try_send(0).expect("there is room");
        let (mut reply, answer) = oneshot::channel::<u32>();
        let (latest, mut changes) = watch::channel(0);
        let (events, mut listener) = broadcast::channel::<u32>(1);
        let (far, mut near) = remote::channel::<u32>(1);
        let (empty, mut nothing) = mpsc::channel::<u32>(1);
        let tasks = [
            ("room in channel", spawn(async move { assert!(full.send(1).await.is_err()) })),
            ("a value from channel", spawn(async move { assert!(nothing.recv().await.is_none()) })),
            ("the receivers of channel", spawn(async move { reply.closed().await })),
            ("a change in channel", spawn(async move { assert!(changes.changed().await.is_err()) })),
            ("a value from channel", spawn(async move { assert!(listener.recv().await.is_err()) })),
            ("another thread at channel", spawn(async move { assert!(near.recv().await.is_none()) })),
        ];
        let dump = parked().await;
        for (words, task) in &tasks {
            let info = dump.iter().find(|info| info.id == task.id()).expect("it waits").to_string();
            assert!(info.contains(words) && info.contains("channels.rs"), "{info}");
        }
        drop((values, answer, latest, events, far, empty));
        join_all(tasks.map(|(_, task)| task)).await.into_iter().for_each(|ended| ended.expect("it ends well"));
    });
}

#[test]
fn workers_that_are_cancelled_at_random_lose_no_job() {
    wheelwright::test(async || {
        let (jobs, inbox) = mpsc::channel(3);
        let (done, mut results) = mpsc::unbounded();
        let inbox = Rc::new(wheelwright::sync::Mutex::new(inbox));
        for worker in 1..=4 {
            let (inbox, done) = (Rc::clone(&inbox), done.clone());
            spawn(async move {
                loop {
                    // The limit drops the `recv` and the wait for the lock again and again.
                    let job = match timeout(SECOND / worker, async { inbox.lock().await.recv().await }).await {
                        Ok(Some(job)) => job,
                        Ok(None) => return,
                        Err(_) => continue,
                    };
                    sleep(SECOND / 3 * (job % 4)).await;
                    done.try_send(job).expect("the results are awaited");
                }
            })
            .detach();
        }
        let feeder = spawn(async move {
            for job in 0..100_u32 {
                // What is dropped has not sent, so it is sent again.
                while timeout(SECOND / 7, jobs.send(job)).await.is_err() {}
            }
        });
        drop(done);
        let mut seen = [0; 100];
        while let Some(job) = results.recv().await {
            seen[job as usize] += 1;
        }
        feeder.await.expect("all is sent");
        assert_eq!(seen, [1; 100]);
    });
}

#[test]
fn every_wait_at_a_channel_may_be_dropped_at_every_step() {
    block_on(async {
        let polls = dropped_at_every_step(|| async {
            let (jobs, mut inbox) = mpsc::channel(1);
            let (events, mut listener) = broadcast::channel(2);
            let (level, mut changes) = watch::channel(0);
            let server = async move {
                while let Some((number, reply)) = inbox.recv().await {
                    events.send(number).expect("somebody listens");
                    level.send(number).expect("somebody looks");
                    yield_now().await;
                    oneshot::Sender::send(reply, number).expect("somebody asked");
                }
            };
            let client = async move {
                for number in 1..5 {
                    let (reply, answer) = oneshot::channel();
                    jobs.reserve().await.expect("it is open").send((number, reply)).expect("it is open");
                    assert_eq!(answer.await, Ok(number));
                    assert_eq!(listener.recv().await, Ok(number));
                    assert_eq!(changes.wait_for(|level| *level == number).await.map(|level| *level), Ok(number));
                }
            };
            wheelwright::join(server, client).await
        });
        assert!(5 < polls.await);
    });
}

#[test]
fn receivers_are_streams() {
    block_on(async {
        let (sender, receiver) = mpsc::channel(2);
        let (far, near) = remote::channel(2);
        let feed = async move {
            for number in 0..10 {
                sender.send(number).await.expect("it is received");
                far.send(number).await.expect("it is received");
            }
        };
        let both = async { receiver.map(|number| 2 * number).merge(near).collect::<Vec<_>>().await };
        let (mut items, ()) = wheelwright::join(both, feed).await;
        items.sort_unstable();
        let mut expected: Vec<_> = (0..10).chain((0..10).map(|number| 2 * number)).collect();
        expected.sort_unstable();
        assert_eq!(items, expected);
    });
}

#[test]
fn loops_of_several_threads_share_work_and_reply() {
    let (requests, mut inbox) = remote::channel::<(u64, remote::Sender<u64>)>(8);
    let clients: Vec<_> = (0..3)
        .map(|client| (client, requests.clone()))
        .map(|(client, requests)| {
            std::thread::spawn(move || {
                block_on(async move {
                    let (reply, mut answers) = remote::channel(1);
                    for number in 0..200 {
                        requests.send((client * 1000 + number, reply.clone())).await.expect("the server is there");
                        assert_eq!(answers.recv().await, Some(client * 1000 + number + 1));
                    }
                });
            })
        })
        .collect();
    drop(requests);
    block_on(async {
        while let Some((number, reply)) = inbox.recv().await {
            reply.send(number + 1).await.expect("the client waits");
        }
    });
    clients.into_iter().for_each(|client| client.join().expect("every answer came"));
}

/// Whether another task gets its turn while this one ignores an end again and again.
async fn leaves_others_their_turn(mut ignore_the_end: impl AsyncFnMut()) -> bool {
    let other = spawn(async {});
    for _ in 0..1000 {
        ignore_the_end().await;
        if other.is_finished() {
            return true;
        }
    }
    false
}

#[test]
fn a_loop_that_ignores_the_end_of_a_channel_leaves_the_other_tasks_their_turn() {
    block_on(async {
        let (sender, mut receiver) = mpsc::channel::<u32>(1);
        receiver.close();
        assert!(leaves_others_their_turn(async || assert!(receiver.recv().await.is_none())).await);
        assert!(leaves_others_their_turn(async || assert!(receiver.next().await.is_none())).await);
        assert!(leaves_others_their_turn(async || assert!(sender.send(1).await.is_err())).await);
        assert!(leaves_others_their_turn(async || assert!(sender.reserve().await.is_err())).await);
        let mut answer = oneshot::channel::<u32>().1;
        assert!(leaves_others_their_turn(async || assert!((&mut answer).await.is_err())).await);
        let mut changes = watch::channel(0).1;
        assert!(leaves_others_their_turn(async || assert!(changes.changed().await.is_err())).await);
        let never = async || assert!(changes.wait_for(|number| 0 < *number).await.is_err());
        assert!(leaves_others_their_turn(never).await);
        let mut events = broadcast::channel::<u32>(1).1;
        assert!(leaves_others_their_turn(async || assert!(events.recv().await.is_err())).await);
        assert!(leaves_others_their_turn(async || assert!(events.next().await.is_none())).await);
        let (far, mut near) = remote::channel::<u32>(1);
        let gone = remote::channel::<u32>(1).0;
        drop(far);
        assert!(leaves_others_their_turn(async || assert!(near.recv().await.is_none())).await);
        assert!(leaves_others_their_turn(async || assert!(gone.send(1).await.is_err())).await);
    });
}
