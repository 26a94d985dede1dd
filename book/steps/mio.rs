//! Turns the kernel's events into wakes: the loop of `heap`, which parks in `epoll_wait` until a socket has news or a timer is due.
//!
//! `cargo run --release --example step_mio` takes 20 ms. Spawn, join, sleep and sockets, on one thread.
//!
//! Try: let `wait` forget the waker (take out its `insert`). Where does the program stand, and what does `top` say of it?

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::task::{Poll, Waker};
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Token};

#[path = "heap.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
pub(crate) mod heap;

use heap::key_wakers::{run, spawn};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Direction {
    Read,
    Write,
}

/// Who waits for which socket. A token is never used again, so an event for a socket that is gone finds nobody.
struct Reactor {
    poll: mio::Poll,
    wakers: HashMap<(Token, Direction), Waker>,
    tokens: usize,
}

thread_local! {
    static REACTOR: RefCell<Reactor> = RefCell::new(Reactor {
        poll: mio::Poll::new().expect("the kernel has room for it"),
        wakers: HashMap::new(),
        tokens: 0,
    });
}

impl Reactor {
    /// Waits for news, and takes out the wakers that it is for.
    fn turn(&mut self, limit: Option<Duration>) -> Vec<Waker> {
        let mut events = Events::with_capacity(256);
        self.poll.poll(&mut events, limit).expect("no signal comes, and nothing else can end the wait early");
        let mut woken = Vec::new();
        for event in &events {
            let is_over = event.is_error() || event.is_read_closed() || event.is_write_closed();
            let told = [(Direction::Read, event.is_readable()), (Direction::Write, event.is_writable())];
            let ways = told.into_iter().filter(|(_, is_told)| *is_told || is_over);
            woken.extend(ways.filter_map(|(way, _)| self.wakers.remove(&(event.token(), way))));
        }
        woken
    }
}

/// A socket that the kernel tells of.
pub(crate) struct Socket<S: Source> {
    io: S,
    token: Token,
}

impl<S: Source> Socket<S> {
    pub(crate) fn new(mut io: S) -> io::Result<Self> {
        REACTOR.with_borrow_mut(|reactor| {
            let token = Token(reactor.tokens);
            reactor.tokens += 1;
            reactor.poll.registry().register(&mut io, token, Interest::READABLE | Interest::WRITABLE)?;
            Ok(Self { io, token })
        })
    }

    /// Tries until it would not block; after each try that would, waits for an event.
    async fn wait<T>(&mut self, way: Direction, mut attempt: impl FnMut(&mut S) -> io::Result<T>) -> io::Result<T> {
        poll_fn(|cx| match attempt(&mut self.io) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let waker = cx.waker().clone();
                REACTOR.with_borrow_mut(|reactor| reactor.wakers.insert((self.token, way), waker));
                Poll::Pending
            }
            result => Poll::Ready(result),
        })
        .await
    }
}

impl Socket<TcpStream> {
    pub(crate) async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.wait(Direction::Read, |io| io.read(buf)).await
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(Direction::Write, |io| io.write(bytes)).await
    }
}

/// Runs the loop until this future is ready. It parks in the kernel, until an event or the first deadline.
pub(crate) fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    run(future, || {
        let woken = REACTOR.with_borrow_mut(|reactor| reactor.turn(heap::until_next()));
        woken.into_iter().for_each(Waker::wake);
        heap::fire();
    })
}

async fn serve(mut listener: Socket<TcpListener>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.wait(Direction::Read, |io| io.accept()).await?;
        drop(spawn(echo(Socket::new(stream)?)));
    }
}

async fn echo(mut socket: Socket<TcpStream>) -> io::Result<()> {
    let mut buf = [0; 4];
    while let count @ 1.. = socket.read(&mut buf).await? {
        socket.write(&buf[..count]).await?; // So few are taken whole or not at all.
    }
    Ok(())
}

async fn ask(addr: SocketAddr, words: &str) -> io::Result<String> {
    let mut socket = Socket::new(TcpStream::connect(addr)?)?;
    socket.write(words.as_bytes()).await?; // waits until it is connected
    let (mut buf, mut heard) = ([0; 4], String::new());
    while heard.len() < words.len() {
        let count = socket.read(&mut buf).await?;
        heard.push_str(&String::from_utf8_lossy(&buf[..count]));
    }
    Ok(heard)
}

fn main() -> io::Result<()> {
    let answers = block_on(async {
        let listener = Socket::new(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?)?;
        let addr = listener.io.local_addr()?;
        drop(spawn(serve(listener)));
        let [one, two] = ["one thread, ", "many waits"].map(|words| spawn(ask(addr, words)));
        heap::sleep(Duration::from_millis(20)).await;
        io::Result::Ok(one.await? + &two.await?)
    })?;
    println!("the echoes say: {answers}");
    assert_eq!(answers, "one thread, many waits");
    println!("\nOne thread parks in the kernel, for all sockets and all timers at once.");
    Ok(())
}
