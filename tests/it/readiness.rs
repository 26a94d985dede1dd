//! Turns the promises about edges of readiness into facts: what the kernel tells once is neither missed nor believed too long.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use wheelwright::net::TcpStream;
use wheelwright::{inspect, race, spawn, time, yield_now};

use crate::net::{ANTI_HANG, pair, register, run};

/// Reads until the end of the stream.
async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let (mut all, mut buf) = (Vec::new(), [0; 1024]);
    loop {
        match stream.read(&mut buf).await.expect("a read") {
            0 => return all,
            count => all.extend_from_slice(&buf[..count]),
        }
    }
}

#[test]
fn data_and_fin_in_one_edge_are_both_read() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        register(&mut ours).await;
        theirs.write_all(b"last words").expect("a write");
        theirs.shutdown(Shutdown::Write).expect("a shutdown");
        // Both have arrived before the loop looks, so one edge tells of both; the short read must not hide the end.
        std::thread::sleep(Duration::from_millis(20));
        let mut buf = [0; 1024];
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 10);
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 0);
    });
}

#[test]
fn a_short_read_saves_the_one_that_would_block() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        register(&mut ours).await;
        let mut buf = [0; 4];
        for (sent, is_ready_after) in [(&b"all"[..], false), (b"full", true)] {
            theirs.write_all(sent).expect("a write");
            assert_eq!(ours.read(&mut buf).await.expect("a read"), sent.len());
            assert_eq!(ours.read_ready(), is_ready_after, "as far as the loop knows");
        }
    });
}

#[test]
fn a_short_read_on_an_unregistered_socket_hides_nothing() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        theirs.write_all(b"one").expect("a write");
        let mut buf = [0; 1024];
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 3);
        assert_eq!(inspect::live().sources, 0, "nothing had to wait yet");
        theirs.write_all(b"two").expect("a write");
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 3);
    });
}

#[test]
fn a_write_that_blocked_first_leaves_reads_right() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        let chunk = vec![7; 1 << 20];
        let mut sent = 0;
        // The write blocks, which registers the socket while its read side was never tried.
        loop {
            match ours.try_write(&chunk) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        theirs.write_all(b"short").expect("a write");
        let mut buf = [0; 1024];
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 5);
        theirs.write_all(b"again").expect("a write");
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 5);
        let draining = std::thread::spawn(move || {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).expect("a read");
            all.len()
        });
        ours.write_all(b"end").await.expect("a write");
        drop(ours);
        assert_eq!(draining.join().expect("it does not panic"), sent + 3);
    });
}

#[test]
fn an_event_of_a_closed_descriptor_reaches_nobody_who_has_its_number() {
    run(async || {
        for _ in 0..50 {
            let (mut first, mut to_first) = pair().await;
            register(&mut first).await;
            let (mut second, mut to_second) = pair().await;
            register(&mut second).await;
            // Both events wait in one batch. The task that gets the first one closes the second socket and opens another,
            // which takes the descriptor's number.
            to_first.write_all(b"1").expect("a write");
            to_second.write_all(b"2").expect("a write");
            let closer = spawn(async move {
                let mut buf = [0; 8];
                assert_eq!(first.read(&mut buf).await.expect("a read"), 1);
                drop(second);
                let (mut third, to_third) = pair().await;
                register(&mut third).await;
                let early = race(async { third.read(&mut buf).await.is_ok() }, async {
                    for _ in 0..5 {
                        yield_now().await;
                    }
                    false
                });
                assert!(!early.await, "nobody wrote to the third");
                drop(to_third);
            });
            closer.await.expect("it does not panic");
        }
    });
}

#[test]
fn an_always_ready_socket_does_not_starve_a_timer() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        let flood = std::thread::spawn(move || while theirs.write_all(&[0; 65_536]).is_ok() {});
        let reads = Rc::new(Cell::new(0_u64));
        let counting = Rc::clone(&reads);
        let reader = spawn(async move {
            let mut buf = [0; 16];
            while ours.read(&mut buf).await.is_ok() {
                counting.set(counting.get() + 1);
            }
        });
        let start = time::now();
        for _ in 0..5 {
            time::sleep(Duration::from_millis(10)).await;
        }
        assert!(time::now() - start < ANTI_HANG);
        let seen = reads.get();
        assert!(128 < seen, "the reader ran for more than one budget: {seen} reads");
        reader.abort();
        assert!(reader.await.expect_err("it was aborted").is_cancelled());
        flood.join().expect("it ends with the connection");
    });
}

#[test]
fn urgent_data_beside_normal_data_splits_no_stream() {
    run(async || {
        let (mut ours, theirs) = pair().await;
        register(&mut ours).await;
        let socket = socket2::SockRef::from(&theirs);
        socket.send(b"before").expect("a send");
        socket.send_out_of_band(b"!").expect("a send");
        socket.send(b"after").expect("a send");
        theirs.shutdown(Shutdown::Write).expect("a shutdown");
        assert_eq!(read_to_end(&mut ours).await, b"before!after");
    });
}

#[test]
fn a_read_that_stops_at_urgent_data_is_not_taken_for_the_last() {
    run(async || {
        let (mut ours, theirs) = pair().await;
        register(&mut ours).await;
        let socket = socket2::SockRef::from(&theirs);
        socket.send(b"before").expect("a send");
        socket.send_out_of_band(b"!").expect("a send");
        socket.send(b"after").expect("a send");
        // The connection stays open: no end of the stream tells that there is more.
        let (mut all, mut buf) = (Vec::new(), [0; 1024]);
        while all.len() < 12 {
            let count = ours.read(&mut buf).await.expect("a read");
            all.extend_from_slice(&buf[..count]);
        }
        assert_eq!(all, b"before!after");
    });
}

#[test]
fn a_task_that_waits_and_tries_in_turn_does_not_starve_a_timer() {
    run(async || {
        let (mut ours, theirs) = pair().await;
        drop(theirs);
        // At its end a stream is readable for ever.
        let reader = spawn(async move {
            loop {
                ours.readable().await.expect("the runtime is there");
                assert_eq!(ours.try_read(&mut [0; 16]).expect("the end is no error"), 0);
            }
        });
        let writer = spawn(async {
            let (mut ours, _theirs) = pair().await;
            loop {
                ours.writable().await.expect("the runtime is there");
            }
        });
        time::sleep(Duration::from_millis(10)).await;
        reader.abort();
        writer.abort();
    });
}

thread_local! {
    static CLOSED: RefCell<Option<TcpStream>> = const { RefCell::new(None) };
    static OPENED: RefCell<Option<TcpStream>> = const { RefCell::new(None) };
}

/// When it is woken it closes one socket and registers another, which takes the first one's place.
struct Replacing;

impl Wake for Replacing {
    fn wake(self: Arc<Self>) {
        drop(CLOSED.take());
        OPENED.with(|opened| {
            let error = opened.borrow_mut().as_mut().map(|stream| stream.try_read(&mut [0; 8]));
            assert!(matches!(error, Some(Err(error)) if error.kind() == ErrorKind::WouldBlock));
        });
    }
}

#[test]
fn an_event_later_in_a_batch_does_not_reach_who_took_the_place_of_its_socket() {
    run(async || {
        let (mut first, mut to_first) = pair().await;
        register(&mut first).await;
        let (mut second, mut to_second) = pair().await;
        register(&mut second).await;
        let (third, _to_third) = pair().await;
        CLOSED.set(Some(second));
        OPENED.set(Some(third));
        let waker = Waker::from(Arc::new(Replacing));
        let mut waiting = Box::pin(first.readable());
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        // Both events come in one batch, in this order.
        to_first.write_all(b"1").expect("a write");
        to_second.write_all(b"2").expect("a write");
        time::sleep(Duration::from_millis(5)).await;
        assert!(CLOSED.take().is_none(), "the waker was woken");
        let third = OPENED.take().expect("it is still there");
        assert!(!third.read_ready(), "nobody wrote to the third");
    });
}
