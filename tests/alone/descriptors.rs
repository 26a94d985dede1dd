//! Turns the lack of descriptors into a wait, and closed connections into none.

use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::sync::Event;
use wheelwright::{block_on, inspect, join, join_all, spawn, spawn_named, time};

use crate::run;

/// Starts the case with so few descriptors that forty connections are too many.
pub(crate) fn with_few(command: &mut Command) -> Result<(), String> {
    limited_to(64, command)
}

/// Starts the case with so many descriptors and no more; it must end well.
pub(crate) fn limited_to(count: usize, command: &mut Command) -> Result<(), String> {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {count} && exec \"$0\"")]).arg(command.get_program());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    run(&mut limited).map(drop)
}

/// Forty connections need eighty descriptors, and there are 64: accept must wait until some are closed.
pub(crate) fn emfile() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        // Clients first: the kernel completes their connections without us.
        let mut clients: Vec<_> = (0..40).map(|_| StdStream::connect(address).expect("the backlog has room")).collect();
        let (mut held, mut accepted) = (Vec::new(), 0);
        while accepted < 40 {
            match time::timeout(Duration::from_millis(200), listener.accept()).await {
                Ok(connection) => {
                    held.push(connection.expect("the lack passes, and is no error"));
                    accepted += 1;
                }
                // Nothing is free: give some back, and the pending accept of the next round finds them.
                Err(_) => {
                    assert!(!held.is_empty(), "it waits because we hold descriptors");
                    held.clear();
                    clients.drain(..4);
                }
            }
        }
        assert!(clients.len() < 40, "the descriptors did run out");
        let (accepted, connected) = join(listener.accept(), TcpStream::connect(address)).await;
        accepted.expect("the listener lives");
        connected.expect("a descriptor is free");
    });
}

/// Eight acceptors find no descriptor at the same time. One comes back soon, and the first of them has it soon: that they are
/// many does not make each wait longer.
pub(crate) fn emfile_for_many() {
    wheelwright::test(async || {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let client = StdStream::connect(listener.local_addr().expect("an address")).expect("the backlog has room");
        let mut held = Vec::new();
        held.extend(std::iter::from_fn(|| std::fs::File::open("/proc/self/stat").ok()));
        let accepted = Rc::new(Event::new());
        for _ in 0..8 {
            let (listener, accepted) = (Rc::clone(&listener), Rc::clone(&accepted));
            spawn_named("acceptor", async move {
                drop(listener.accept().await.expect("the lack passes, and is no error"));
                accepted.set();
            })
            .detach();
        }
        let begin = time::now();
        time::sleep(Duration::from_millis(30)).await;
        let tasks = inspect::tasks().into_iter().map(|task| task.to_string());
        let waits: Vec<_> = tasks.filter(|task| task.contains("acceptor")).collect();
        assert!(waits.iter().all(|task| task.matches("alone/descriptors.rs").count() == 2), "{waits:?}");
        let lack = time::now() - begin;
        held.clear();
        accepted.wait().await;
        assert!(time::now() - begin < lack * 4, "{:?} after {lack:?} without", time::now() - begin);
        drop(client);
    });
}

/// Connects that lose the race, fail everywhere or are given up leave no descriptor.
pub(crate) fn losers() {
    let gone = || StdListener::bind("127.0.0.1:0").and_then(|gone| gone.local_addr()).expect("a port");
    let (silent, _held) = silent();
    let listener = StdListener::bind("127.0.0.1:0").expect("a port");
    let here = listener.local_addr().expect("an address");
    let before = open();
    block_on(async {
        let during = open();
        for addresses in [&[gone(), gone(), gone()][..], &[silent, here], &[silent, gone(), here], &[gone(), silent]] {
            for patience in [0, 100, 400] {
                let connecting = TcpStream::connect(addresses);
                drop(time::timeout(Duration::from_millis(patience), connecting).await);
                assert_eq!((open(), inspect::live().sources), (during, 0), "{addresses:?}, {patience} ms");
            }
        }
    });
    assert_eq!(open(), before);
}

/// An address that answers nothing, and what keeps it so: a listener whose backlog is full.
fn silent() -> (SocketAddr, impl Sized) {
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    listener.listen(0).expect("it is bound");
    let address = listener.local_addr().expect("an address").as_socket().expect("it is numbers");
    let knock = || StdStream::connect_timeout(&address, Duration::from_millis(50)).ok();
    let held: Vec<_> = std::iter::from_fn(knock).collect();
    (address, (listener, held))
}

/// How many descriptors this process has.
fn open() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux lists them").count()
}

/// A thousand connections, made and dropped in every state.
pub(crate) fn none_left() {
    let before = open();
    block_on(async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").expect("a port"));
        let address = listener.local_addr().expect("an address");
        for _ in 0..20 {
            let server = Rc::clone(&listener);
            let accepting = spawn(async move {
                loop {
                    let (mut stream, _) = server.accept().await.expect("a connection");
                    spawn(async move {
                        let mut buf = [0; 16];
                        let _ = stream.read(&mut buf).await;
                        let _ = stream.write_all(&buf).await;
                    })
                    .detach();
                }
            });
            join_all((0..50_u64).map(async |n| {
                let exchange = async {
                    let mut stream = TcpStream::connect(address).await.expect("a connection");
                    stream.write_all(b"hello").await.expect("a write");
                    stream.read(&mut [0; 16]).await.expect("a read")
                };
                let _ = time::timeout(Duration::from_micros(n * 50), exchange).await;
            }))
            .await;
            accepting.abort();
            let _ = accepting.await;
        }
    });
    assert_eq!(open(), before);
}
