//! Turns the promises of several waits at one socket into facts: who is dropped is gone, who stays is woken.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::{UdpSocket, UnixStream};
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
    runtime::current(|event_loop| event_loop.reactor.waiting.get())
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

#[test]
fn who_was_woken_and_is_dropped_before_it_looks_keeps_nobody_from_what_came() {
    block_on(async {
        let (ours, theirs) = pair();
        let (mut first_buf, mut second_buf) = ([0; 8], [0; 8]);
        let (waker, count) = CountingWaker::new();
        let mut first = ours.recv(&mut first_buf);
        assert!(Pin::new(&mut first).poll(&mut Context::from_waker(&waker)).is_pending());
        let second = ours.recv(&mut second_buf);
        let receiving = crate::join(second, async {
            theirs.send(b"x").await.expect("a send");
            while count.wakes() == 0 {
                time::sleep(Duration::from_millis(1)).await;
            }
            drop(first);
        });
        assert_eq!(receiving.await.0.expect("a datagram"), 1);
        assert_eq!(waits(), 0);
    });
}

#[test]
fn a_half_that_is_dropped_in_a_wait_of_the_ecosystems_traits_waits_no_more() {
    block_on(async {
        let (mut ours, _theirs) = UnixStream::pair().expect("a pair");
        while ours.try_write(&[0; 65_536]).is_ok() {}
        let (mut input, mut output) = ours.into_split();
        let both = poll_fn(|cx| {
            let read = Pin::new(&mut input).poll_read(cx, &mut [0; 8]);
            Poll::Ready((read.is_pending(), Pin::new(&mut output).poll_write(cx, b"x").is_pending()))
        });
        assert_eq!((both.await, waits()), ((true, true), 2));
        drop(input);
        assert_eq!(waits(), 1);
        let keep = output.stream().local_addr();
        drop(output);
        assert_eq!((keep.is_ok(), waits()), (true, 0));
    });
}
