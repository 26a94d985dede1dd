//! Turns what an operation on a socket costs into facts: success costs budget, a wait does not.

use std::future::poll_fn;
use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::panic::Location;
use std::pin::Pin;
use std::task::Poll;

use super::{Interest, Socket};
use crate::io::copy;
use crate::net::{UdpSocket, UnixStream};
use crate::reactor::Direction;
use crate::{block_on, inspect, ready, runtime};

#[test]
fn an_operation_of_endless_steps_lets_the_others_run() {
    block_on(async {
        let (one, _other) = StdStream::pair().expect("a pair");
        let socket = Socket::new(one);
        let interest = Interest::new(Direction::Write, Location::caller());
        let mut steps = 0;
        let mut step = || {
            steps += 1;
            Err::<(), _>(io::ErrorKind::WouldBlock.into())
        };
        assert!(poll_fn(|cx| Poll::Ready(socket.poll_io(interest, cx, &mut step))).await.is_pending());
        assert!(1 < steps && steps <= ready::BUDGET, "{steps} steps");
    });
}

#[test]
fn waits_at_more_sockets_than_there_is_budget_all_begin_in_one_poll() {
    const COUNT: usize = ready::BUDGET as usize + 50;
    block_on(async {
        let mut pairs: Vec<_> = (0..COUNT).map(|_| UnixStream::pair().expect("a pair")).collect();
        let ports: Vec<_> = (0..COUNT).map(|_| UdpSocket::bind("127.0.0.1:0").expect("a port")).collect();
        let mut bufs = vec![[0; 8]; 2 * COUNT];
        let (first, second) = bufs.split_at_mut(COUNT);
        let mut reads = Vec::new();
        let mut copies = Vec::new();
        for ((one, other), buf) in pairs.iter_mut().zip(first) {
            reads.push(one.read(buf));
            copies.push(copy(other, Vec::new()));
        }
        let mut receives: Vec<_> = ports.iter().zip(second).map(|(port, buf)| port.recv(buf)).collect();
        poll_fn(|cx| {
            assert!(reads.iter_mut().all(|read| Pin::new(read).poll(cx).is_pending()));
            assert!(copies.iter_mut().all(|copy| Pin::new(copy).poll(cx).is_pending()));
            assert!(receives.iter_mut().all(|receive| Pin::new(receive).poll(cx).is_pending()));
            Poll::Ready(())
        })
        .await;
        assert_eq!(inspect::live().sources, 3 * COUNT);
    });
}

#[test]
fn a_read_that_is_dropped_waits_no_more_and_leaves_the_other_way_alone() {
    block_on(async {
        let waits = || runtime::current(|event_loop| event_loop.reactor.waiting.get());
        let (mut one, _other) = UnixStream::pair().expect("a pair");
        while one.try_write(&[0; 65_536]).is_ok() {}
        let (mut input, mut output) = one.split();
        let mut buf = [0; 8];
        let (mut read, mut write) = (input.read(&mut buf), output.write_all(b"x"));
        let both = poll_fn(|cx| {
            Poll::Ready((Pin::new(&mut read).poll(cx).is_pending(), Pin::new(&mut write).poll(cx).is_pending()))
        });
        assert_eq!((both.await, waits()), ((true, true), 2));
        drop(read);
        assert_eq!(waits(), 1);
        drop(write);
        assert_eq!(waits(), 0);
    });
}
