//! Turns the promises about sockets into facts, against the kernel's own sockets and std's.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::rc::Rc;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use wheelwright::net::{TcpListener, TcpStream, lookup_host};
use wheelwright::{block_on, inspect, join, join_all, race, spawn, time, yield_now};

/// No test here takes a second; this much shows that one hangs.
const ANTI_HANG: Duration = Duration::from_secs(20);

fn run<T>(body: impl AsyncFnOnce() -> T) -> T {
    block_on(async { time::timeout(ANTI_HANG, body()).await.expect("it does not hang") })
}

/// A connection: our end, and std's.
async fn pair() -> (TcpStream, StdStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let theirs = StdStream::connect(listener.local_addr().expect("an address")).expect("the backlog has room");
    theirs.set_nodelay(true).expect("an option");
    let (ours, _) = listener.accept().await.expect("a connection");
    (ours, theirs)
}

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

/// Makes the stream wait once, so that it is registered with the kernel.
async fn register(stream: &mut TcpStream) {
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
        drop(spawn(async move {
            let mut buf = [0; 4096];
            while let Ok(count @ 1..) = echo.read(&mut buf).await {
                if echo.write_all(&buf[..count]).await.is_err() {
                    return;
                }
            }
        }));
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
