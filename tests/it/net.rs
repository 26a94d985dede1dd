//! Turns the promises about sockets into facts, against the kernel's own sockets and std's.

mod taken_over;

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{ErrorKind, IoSlice, Write};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use wheelwright::net::{TcpListener, TcpStream, lookup_host};
use wheelwright::{block_on, inspect, join, join_all, race, spawn, time, yield_now};

/// No test here takes a second; this much shows that one hangs.
pub(crate) const ANTI_HANG: Duration = Duration::from_secs(20);

pub(crate) fn run<T>(body: impl AsyncFnOnce() -> T) -> T {
    block_on(async { time::timeout(ANTI_HANG, body()).await.expect("it does not hang") })
}

/// A connection: our end, and std's.
pub(crate) async fn pair() -> (TcpStream, StdStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let theirs = StdStream::connect(listener.local_addr().expect("an address")).expect("the backlog has room");
    theirs.set_nodelay(true).expect("an option");
    let (ours, _) = listener.accept().await.expect("a connection");
    (ours, theirs)
}

/// Makes the stream wait once, so that it is registered with the kernel.
pub(crate) async fn register(stream: &mut TcpStream) {
    let waited = race(async { stream.readable().await.is_ok() }, async {
        yield_now().await;
        yield_now().await;
        false
    });
    waited.await;
    let mut byte = [0; 1];
    assert_eq!(stream.try_read(&mut byte).expect_err("nothing was sent").kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_socket_that_outlives_its_runtime_gives_a_clear_error() {
    let (mut ours, mut theirs) = run(async || {
        let (mut ours, theirs) = pair().await;
        register(&mut ours).await;
        (ours, theirs)
    });
    theirs.write_all(b"late").expect("a write");
    run(async || {
        let error = ours.read(&mut [0; 8]).await.expect_err("its runtime has ended");
        assert!(error.to_string().contains("runtime this socket belongs to has ended"), "{error}");
        drop(ours);
    });
}

#[test]
#[expect(clippy::async_yields_async, reason = "the handle outlives its runtime")]
fn a_task_waiting_for_a_socket_is_gone_with_its_runtime() {
    let task = run(async || {
        let (mut ours, theirs) = pair().await;
        let task = spawn(async move {
            let _keep = theirs;
            ours.read(&mut [0; 8]).await
        });
        yield_now().await;
        task
    });
    assert!(task.is_finished());
}

#[test]
fn a_refused_connect_is_never_a_success() {
    run(async || {
        for _ in 0..50 {
            let address = StdListener::bind("127.0.0.1:0").and_then(|gone| gone.local_addr()).expect("a port");
            let error = TcpStream::connect(address).await.expect_err("nobody listens");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        }
        assert_eq!(inspect::live().sources, 0);
    });
}

#[test]
fn connect_tries_each_address() {
    run(async || {
        let gone = StdListener::bind("127.0.0.1:0").and_then(|gone| gone.local_addr()).expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address");
        let addresses: &[SocketAddr] = &[gone, here];
        let stream = TcpStream::connect(addresses).await.expect("the second answers");
        assert_eq!(stream.peer_addr().expect("an address"), here);
        let none: &[SocketAddr] = &[];
        assert_eq!(TcpStream::connect(none).await.expect_err("there is none").kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_name_is_looked_up_on_the_pool_and_a_literal_is_not() {
    run(async || {
        let literal = lookup_host(("::1", 80)).await.expect("it is an address");
        assert_eq!(literal, ["[::1]:80".parse().expect("an address")]);
        let local = lookup_host("localhost:80").await.expect("every system knows it");
        assert!(local.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
        let bad = lookup_host("localhost").await.expect_err("the port is missing");
        assert!(bad.to_string().contains("host:port"), "{bad}");
    });
}

#[test]
fn two_tasks_may_wait_in_accept_on_one_listener() {
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let address = listener.local_addr().expect("an address");
        let accepting = |listener: Rc<TcpListener>| spawn(async move { listener.accept().await.map(drop) });
        let (one, two) = (accepting(Rc::clone(&listener)), accepting(Rc::clone(&listener)));
        yield_now().await;
        yield_now().await;
        let _first = TcpStream::connect(address).await.expect("a connection");
        let _second = TcpStream::connect(address).await.expect("a connection");
        let (one, two) = join(one, two).await;
        one.expect("it is not cancelled").expect("a connection");
        two.expect("it is not cancelled").expect("a connection");
    });
}

#[test]
fn an_accept_that_was_woken_and_is_dropped_takes_nobodys_place() {
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let address = listener.local_addr().expect("an address");
        let mut woken = Box::pin(listener.accept());
        assert!(poll_fn(|cx| Poll::Ready(woken.as_mut().poll(cx))).await.is_pending());
        let _first = StdStream::connect(address).expect("the backlog has room");
        time::sleep(Duration::from_millis(5)).await;
        listener.accept().await.expect("another one takes the connection");
        let other = Rc::clone(&listener);
        let waiting = spawn(async move { other.accept().await.map(drop) });
        yield_now().await;
        drop(woken);
        let _second = StdStream::connect(address).expect("the backlog has room");
        waiting.await.expect("it is not cancelled").expect("a connection");
    });
}

#[test]
fn an_accept_that_is_dropped_leaves_the_connection_to_the_next() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        assert!(time::timeout(Duration::from_millis(5), listener.accept()).await.is_err());
        let (accepted, connected) = join(listener.accept(), TcpStream::connect(address)).await;
        assert_eq!(
            accepted.expect("a connection").1,
            connected.and_then(|stream| stream.local_addr()).expect("an address")
        );
    });
}

#[test]
fn virtual_time_jumps_over_an_idle_listener_and_an_idle_connection_that_says_so() {
    wheelwright::test(async || {
        let (mut ours, _theirs) = pair().await;
        register(&mut ours).await;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let serving = spawn(async move { join(listener.accept(), ours.readable().background()).await.1 });
        time::sleep(Duration::from_secs(3600)).await;
        serving.abort();
    });
}

#[test]
fn a_listener_that_was_shut_down_gives_an_error_and_not_a_busy_loop() {
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let other = Rc::clone(&listener);
        let waiting = spawn(async move { other.accept().await.map(drop) });
        yield_now().await;
        socket2::SockRef::from(&*listener).shutdown(Shutdown::Both).expect("a shutdown");
        for error in [waiting.await.expect("it does not panic"), listener.accept().await.map(drop)] {
            assert_eq!(error.expect_err("it listens no more").kind(), ErrorKind::InvalidInput);
        }
    });
}

#[test]
fn a_read_that_is_dropped_has_read_nothing() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        let mut buf = [0; 8];
        assert!(time::timeout(Duration::from_millis(5), ours.read(&mut buf)).await.is_err());
        theirs.write_all(b"kept").expect("a write");
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 4);
    });
}

#[test]
fn the_two_ways_of_a_connection_run_in_two_tasks() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
        let (mut echo, _) = listener.accept().await.expect("a connection");
        spawn(async move {
            let mut buf = [0; 4096];
            while let Ok(count @ 1..) = echo.read(&mut buf).await {
                if echo.write_all(&buf[..count]).await.is_err() {
                    return;
                }
            }
        })
        .detach();
        let (mut input, mut output) = client.into_split();
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
        let sent = bytes.clone();
        let writer = spawn(async move {
            output.write_all(&sent).await.expect("a write");
            output.shutdown().expect("a shutdown");
        });
        let (mut all, mut buf) = (Vec::new(), [0; 4096]);
        while let count @ 1.. = input.read(&mut buf).await.expect("a read") {
            all.extend_from_slice(&buf[..count]);
        }
        writer.await.expect("it does not panic");
        assert!(all == bytes);
    });
}

#[test]
fn streams_are_what_the_ecosystem_expects() {
    fn is_io<S: AsyncRead + AsyncWrite + Unpin>(_: &S) {}
    run(async || {
        let (ours, theirs) = pair().await;
        is_io(&ours);
        let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
        let (_input, mut output) = ours.into_split();
        let written = poll_fn(|cx| Pin::new(&mut output).poll_write_vectored(cx, &slices)).await;
        assert_eq!(written.expect("there is room"), 6, "halves are no less than the whole");
        drop(theirs);
    });
}

#[test]
fn ten_thousand_children_with_ready_sockets_need_about_as_many_polls() {
    const CHILDREN: usize = 10_000;
    run(async || {
        // A thousand connections, ten messages each: every message is waited for by a child of its own.
        let polls = Rc::new(Cell::new(0));
        let mut streams = Vec::new();
        for _ in 0..1000 {
            let (mut ours, theirs) = pair().await;
            register(&mut ours).await;
            streams.push((ours, theirs));
        }
        let children = streams.into_iter().map(|(mut ours, mut theirs)| {
            let polls = Rc::clone(&polls);
            theirs.write_all(&[1; 10]).expect("a write");
            async move {
                let _keep = theirs;
                for _ in 0..10 {
                    let mut byte = [0; 1];
                    let mut read = std::pin::pin!(ours.read(&mut byte));
                    let count = std::future::poll_fn(|cx| {
                        polls.set(polls.get() + 1);
                        read.as_mut().poll(cx)
                    });
                    assert_eq!(count.await.expect("a read"), 1);
                }
            }
        });
        join_all(children).await;
        assert!(CHILDREN <= polls.get() && polls.get() <= CHILDREN + 2000, "{} polls", polls.get());
    });
}

#[test]
fn after_any_mix_of_cancels_nothing_is_left() {
    run(async || {
        // The limit against hanging has a timer of its own, from the first wait on.
        yield_now().await;
        let before = inspect::live();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        for limit in 0..200_u64 {
            let exchange = async {
                let connecting = TcpStream::connect(address);
                let (connected, accepted) = join(connecting, listener.accept()).await;
                let (mut connected, (mut accepted, _)) = (connected?, accepted?);
                let mut buf = [0; 16];
                connected.write_all(b"question").await?;
                accepted.read(&mut buf).await?;
                time::sleep(Duration::from_micros(100)).await;
                accepted.write_all(b"answer").await?;
                connected.read(&mut buf).await
            };
            let _ = time::timeout(Duration::from_micros(limit * 20), exchange).await;
        }
        // Connections that were made and never accepted lie in the listener's backlog.
        drop(listener);
        assert_eq!(inspect::live(), before);
    });
}
