//! Turns the promises of several waits at one socket into facts: who is dropped is gone, who stays is woken.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use crate::net::UdpSocket;
use crate::test_waker::CountingWaker;
use crate::{block_on, inspect, runtime, time};

/// A socket, and one that can send to it.
fn pair() -> (UdpSocket, UdpSocket) {
    let (ours, theirs) =
        (UdpSocket::bind("127.0.0.1:0").expect("a port"), UdpSocket::bind("127.0.0.1:0").expect("a port"));
    theirs.connect(ours.local_addr().expect("an address")).expect("it is numbers");
    (ours, theirs)
}

fn waits() -> usize {
    runtime::current(|event_loop| event_loop.reactor.waiting())
}

#[test]
fn who_is_dropped_is_woken_no_more_and_who_stays_is() {
    block_on(async {
        let (ours, theirs) = pair();
        let (mut first_buf, mut second_buf) = ([0; 8], [0; 8]);
        let (first_waker, first_count) = CountingWaker::new();
        let (second_waker, second_count) = CountingWaker::new();
        let mut first = ours.recv(&mut first_buf);
        let mut second = ours.recv(&mut second_buf);
        for _ in 0..3 {
            assert!(Pin::new(&mut first).poll(&mut Context::from_waker(&first_waker)).is_pending());
            assert!(Pin::new(&mut second).poll(&mut Context::from_waker(&second_waker)).is_pending());
        }
        assert_eq!((waits(), inspect::live().sources), (2, 1));
        drop(first);
        assert_eq!(waits(), 1);
        theirs.send(b"x").await.expect("a send");
        time::sleep(Duration::from_millis(5)).await;
        assert_eq!((first_count.wakes(), second_count.wakes()), (0, 1));
        assert!(Pin::new(&mut second).poll(&mut Context::from_waker(&second_waker)).is_ready());
        assert_eq!(waits(), 0, "also before it is dropped");
    });
}

#[test]
fn a_wait_that_outlives_its_runtime_is_told() {
    let (ours, _theirs) = pair();
    let mut buf = [0; 8];
    let (waker, count) = CountingWaker::new();
    let mut wait = ours.recv(&mut buf);
    block_on(async {
        assert!(Pin::new(&mut wait).poll(&mut Context::from_waker(&waker)).is_pending());
    });
    assert_eq!(count.wakes(), 1);
    assert!(Pin::new(&mut wait).poll(&mut Context::from_waker(&waker)).is_ready(), "an error");
}
