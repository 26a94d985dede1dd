//! Turns threads that send and receive at full speed into a check that no value and no wake is lost.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::sync::TrySendError;
use crate::sync::remote::{Receiver, Sender, channel};
use crate::sync::tally::{Piece, Tally};
use crate::test_waker::poll_once;
use crate::{block_on, join, spawn, time, yield_now};

/// A value: who sent it, and how many that thread had sent before.
type Item = (usize, u32);

/// Checks that each sender's values come in order and completely.
struct Ledger(Vec<u32>);

impl Ledger {
    fn note(&mut self, (who, number): Item) {
        assert_eq!(number, self.0[who], "out of order, or lost");
        self.0[who] += 1;
    }
}

/// Runs the body on a thread of its own and fails if it hangs.
fn without_hanging(body: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        body();
        done.send(()).ok();
    });
    let outcome = end.recv_timeout(Duration::from_secs(100));
    assert_ne!(outcome, Err(mpsc::RecvTimeoutError::Timeout), "a wake is lost");
    thread.join().expect("the body does not panic");
}

async fn send_all(sender: Sender<Item>, who: usize, count: u32) {
    for number in 0..count {
        sender.send((who, number)).await.expect("the receiver stays");
    }
}

/// Sends as impatient callers do: each future is polled once, and dropped if it is not ready.
async fn send_impatiently(sender: Sender<Item>, who: usize, count: u32) {
    let mut number = 0;
    while number < count {
        let mut send = sender.send((who, number));
        let is_sent = poll_once(&mut send).is_ready();
        drop(send);
        if is_sent {
            number += 1;
        } else {
            yield_now().await;
        }
    }
}

async fn receive_all(mut receiver: Receiver<Item>, senders: usize) -> Vec<u32> {
    let mut ledger = Ledger(vec![0; senders]);
    while let Some(item) = receiver.recv().await {
        ledger.note(item);
    }
    ledger.0
}

/// Two loops and two plain threads send to a loop.
fn storm(capacity: usize, count: u32) {
    without_hanging(move || {
        let (sender, receiver) = channel(capacity);
        let threads: Vec<_> = (0..4)
            .map(|who| (who, sender.clone()))
            .map(|(who, sender)| {
                thread::spawn(move || match who {
                    0 => block_on(send_all(sender, who, count)),
                    1 => block_on(send_impatiently(sender, who, count)),
                    _ => (0..count).for_each(|number| sender.blocking_send((who, number)).expect("it stays")),
                })
            })
            .collect();
        drop(sender);
        assert_eq!(block_on(receive_all(receiver, 4)), [count; 4]);
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    });
}

#[test]
fn nothing_is_lost_between_threads_whatever_the_capacity() {
    storm(1, 10_000);
    storm(2, 20_000);
    storm(128, 100_000);
}

#[test]
fn a_thread_that_blocks_receives_what_loops_send() {
    without_hanging(|| {
        let (sender, mut receiver) = channel(3);
        let threads: Vec<_> = (0..2)
            .map(|who| (who, sender.clone()))
            .map(|(who, sender)| thread::spawn(move || block_on(send_all(sender, who, 20_000))))
            .collect();
        drop(sender);
        let mut ledger = Ledger(vec![0; 2]);
        while let Some(item) = receiver.blocking_recv() {
            ledger.note(item);
        }
        assert_eq!(ledger.0, [20_000; 2]);
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    });
}

#[test]
fn a_receiver_that_drops_its_waits_loses_nothing() {
    without_hanging(|| {
        let (sender, mut receiver) = channel(2);
        let thread = thread::spawn(move || block_on(send_all(sender, 0, 5_000)));
        block_on(async {
            let mut ledger = Ledger(vec![0]);
            loop {
                // Dropped while it waits, and now and then just as it is woken.
                match time::timeout(Duration::from_micros(50), receiver.recv()).await {
                    Ok(Some(item)) => ledger.note(item),
                    Ok(None) => break,
                    Err(_) => yield_now().await,
                }
            }
            assert_eq!(ledger.0, [5_000]);
        });
        thread.join().expect("the sender does not panic");
    });
}

#[test]
fn nothing_stays_in_a_channel_whose_receiver_went_while_others_sent() {
    without_hanging(|| {
        let (hand, takes) = mpsc::channel::<Sender<Piece>>();
        let tally = Arc::new(Tally::default());
        let pieces = Arc::clone(&tally);
        let (done, is_done) = mpsc::channel();
        let thread = thread::spawn(move || {
            for sender in takes {
                while !matches!(sender.try_send(pieces.piece(0)), Err(TrySendError::Closed(_))) {}
                done.send(()).expect("the other side waits");
            }
        });
        for round in 0..20_000 {
            let (sender, mut receiver) = channel(2);
            hand.send(sender.clone()).expect("the thread listens");
            // Into the midst of it, a little later each time.
            (0..round % 50).for_each(|_| drop(receiver.try_recv()));
            drop(receiver);
            is_done.recv().expect("the thread is there");
            assert_eq!(tally.alive(), 0, "in round {round}");
        }
        drop(hand);
        thread.join().expect("it does not panic");
    });
}

#[test]
fn tasks_of_one_loop_play_ping_pong_with_another() {
    without_hanging(|| {
        let (ping, mut pings) = channel(1);
        let (pong, mut pongs) = channel(1);
        let thread = thread::spawn(move || {
            block_on(async {
                while let Some(number) = pings.recv().await {
                    pong.send(number).await.expect("the other stays");
                }
            });
        });
        block_on(async {
            let busy = spawn(async {
                for _ in 0..1000 {
                    yield_now().await;
                }
            });
            for number in 0..10_000 {
                let (sent, back) = join(ping.send(number), pongs.recv()).await;
                assert_eq!((sent, back), (Ok(()), Some(number)));
            }
            busy.await.expect("it ends");
            drop(ping);
        });
        thread.join().expect("the other loop does not panic");
    });
}
