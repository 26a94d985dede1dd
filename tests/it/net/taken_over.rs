//! Turns the promises about sockets that come from std, go to it, share a port or are raced for into facts.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use wheelwright::net::{ListenOptions, TcpListener, TcpStream};
use wheelwright::{block_on, inspect, race, spawn, spawn_blocking, time, yield_now};

use super::{pair, run};

#[test]
fn what_std_opened_is_made_non_blocking_and_given_back() {
    run(async || {
        let listener = TcpListener::from_std(StdListener::bind("127.0.0.1:0").expect("a port")).expect("an option");
        let address = listener.local_addr().expect("an address");
        // Blocking ones would hang here.
        assert!(time::timeout(Duration::from_millis(2), listener.accept()).await.is_err());
        let mut ours = TcpStream::from_std(StdStream::connect(address).expect("a connection")).expect("an option");
        assert!(time::timeout(Duration::from_millis(2), ours.read(&mut [0; 8])).await.is_err());
        let (theirs, _) = listener.accept().await.expect("a connection");
        let mut theirs = theirs.into_std();
        theirs.write_all(b"hello").expect("there is room");
        assert_eq!(ours.read(&mut [0; 8]).await.expect("a read"), 5);
        assert_eq!(inspect::live().sources, 2);
        let (mut ours, listener) = (ours.into_std(), listener.into_std());
        assert_eq!(inspect::live().sources, 0, "they left");
        assert_eq!(ours.read(&mut [0; 8]).expect_err("nothing was sent").kind(), ErrorKind::WouldBlock);
        assert_eq!(listener.accept().expect_err("nobody came").kind(), ErrorKind::WouldBlock);
        // And they may come back.
        let mut ours = TcpStream::from_std(ours).expect("an option");
        theirs.write_all(b"again").expect("there is room");
        assert_eq!(ours.read(&mut [0; 8]).await.expect("a read"), 5);
    });
}

#[test]
fn a_stream_is_given_back_in_the_middle_of_its_bytes() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        theirs.write_all(b"abcdef").expect("a write");
        let mut buf = [0; 3];
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 3);
        let mut ours = ours.into_std();
        ours.set_nonblocking(false).expect("an option");
        assert_eq!(ours.read(&mut buf).expect("a read"), 3);
        assert_eq!(&buf, b"def");
    });
}

#[test]
fn a_peek_leaves_what_it_saw() {
    run(async || {
        let (mut ours, mut theirs) = pair().await;
        let mut buf = [0; 8];
        assert!(time::timeout(Duration::from_millis(2), ours.peek(&mut buf)).await.is_err());
        theirs.write_all(b"twice").expect("a write");
        for _ in 0..3 {
            assert_eq!(ours.peek(&mut buf).await.expect("a peek"), 5);
        }
        assert_eq!(ours.read(&mut buf).await.expect("a read"), 5);
        drop(theirs);
        assert_eq!(ours.peek(&mut buf).await.expect("the end is no error"), 0);
    });
}

#[test]
fn options_reach_the_kernel() {
    run(async || {
        let (ours, _theirs) = pair().await;
        ours.set_keepalive(Some(Duration::from_secs(30))).expect("an option");
        let socket = SockRef::from(&ours);
        assert_eq!(socket.tcp_keepalive_time().expect("an option"), Duration::from_secs(30));
        assert!(socket.keepalive().expect("an option") && socket.tcp_nodelay().expect("an option"));
        ours.set_keepalive(None).expect("an option");
        assert!(!socket.keepalive().expect("an option"));
    });
}

#[test]
fn a_listener_moves_between_tasks_while_it_is_registered() {
    run(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let address = listener.local_addr().expect("an address");
        let accepting = |listener: Rc<TcpListener>| spawn(async move { listener.accept().await.map(drop) });
        let first = accepting(Rc::clone(&listener));
        yield_now().await;
        first.abort();
        assert!(first.await.expect_err("it was aborted").is_cancelled());
        let second = accepting(listener);
        yield_now().await;
        let _connection = StdStream::connect(address).expect("the backlog has room");
        second.await.expect("it is not cancelled").expect("a connection");
    });
}

/// An address that answers nothing, and what keeps it so: a listener whose backlog is full, where the kernel drops who knocks.
fn silent() -> (SocketAddr, impl Sized) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    listener.listen(0).expect("it is bound");
    let address = listener.local_addr().expect("an address").as_socket().expect("it is numbers");
    let mut held = Vec::new();
    let error = loop {
        match StdStream::connect_timeout(&address, Duration::from_millis(50)) {
            Ok(stream) => held.push(stream),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    (address, (listener, held))
}

#[test]
fn a_silent_address_does_not_keep_from_the_next_and_its_attempt_is_closed() {
    run(async || {
        yield_now().await;
        let before = inspect::live();
        let (silent, _held) = silent();
        let listener = StdListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address");
        let addresses: &[SocketAddr] = &[silent, here];
        let stream = TcpStream::connect(addresses).await.expect("the second answers");
        assert_eq!(stream.peer_addr().expect("an address"), here);
        drop(stream);
        assert_eq!(inspect::live(), before);
        // While both attempts and the timer are under way, too.
        let addresses: &[SocketAddr] = &[silent, silent, silent];
        assert!(time::timeout(Duration::from_millis(300), TcpStream::connect(addresses)).await.is_err());
        assert_eq!(inspect::live(), before);
    });
}

#[test]
fn a_connect_that_fails_everywhere_says_where_and_why() {
    run(async || {
        let gone = || StdListener::bind("127.0.0.1:0").and_then(|gone| gone.local_addr()).expect("a port");
        let addresses: &[SocketAddr] = &[gone(), gone()];
        let error = TcpStream::connect(addresses).await.expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(addresses.iter().all(|address| error.to_string().contains(&address.to_string())), "{error}");
    });
}

#[test]
fn loops_on_two_threads_share_a_port_and_send_what_they_got_over_a_channel() {
    run(async || {
        let first = ListenOptions::new().reuse_port().bind("127.0.0.1:0").expect("a port");
        let address = first.local_addr().expect("an address");
        assert_eq!(TcpListener::bind(address).expect_err("it did not ask to share").kind(), ErrorKind::AddrInUse);
        drop(first);
        let (results, seen) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let threads: Vec<_> = [0, 1]
            .map(|number| {
                let (results, ready) = (results.clone(), ready.clone());
                let (stop, stopped) = mpsc::channel::<()>();
                let thread = std::thread::spawn(move || {
                    block_on(async {
                        let listener = ListenOptions::new().reuse_port().bind(address).expect("a shared port");
                        ready.send(()).expect("the test listens");
                        let stopping = spawn_blocking(move || stopped.recv().is_err());
                        race(serve(listener, number, results), async { assert!(stopping.await.is_ok()) }).await;
                    });
                });
                (stop, thread)
            })
            .into();
        drop((results, ready));
        (0..2).for_each(|_| started.recv().expect("both start"));
        let tally = ask(address, 100).await;
        for (stop, thread) in threads {
            drop(stop);
            thread.join().expect("it does not panic");
        }
        // The kernel deals connections out by a hash of their addresses: of so many each loop gets some.
        assert!(0 < tally[0] && 0 < tally[1], "{tally:?}");
        let mut reported = [0, 0];
        seen.iter().for_each(|number| reported[usize::from(number)] += 1);
        assert_eq!(reported, tally);
    });
}

/// Connects so many times: how often each loop answered.
async fn ask(address: SocketAddr, times: usize) -> [usize; 2] {
    let mut tally = [0, 0];
    for _ in 0..times {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let mut number = [0];
        assert_eq!(stream.read(&mut number).await.expect("a read"), 1);
        tally[usize::from(number[0])] += 1;
    }
    tally
}

/// Tells each connection whose loop it reached, and the channel too.
async fn serve(listener: TcpListener, number: u8, results: mpsc::Sender<u8>) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(&[number]).await.expect("a write");
        results.send(number).expect("the test listens");
    }
}
