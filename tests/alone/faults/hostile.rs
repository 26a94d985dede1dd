//! Turns the path of a request into what a server does to it: answer, keep silent, reset, close half, or drip.
//!
//! One loop on a thread of its own, in plain bytes: nothing of the HTTP crate is on this side. Whatever it sends of a reply
//! names the request's id, in the head and in every few bytes of the body.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::SockRef;
use wheelwright::net::{ListenOptions, TcpListener, TcpStream};
use wheelwright::sync::{Barrier, remote};
use wheelwright::time::sleep;
use wheelwright::{block_on, race, select, spawn};

/// The pause between two bytes of a body that drips.
pub(crate) const DRIP: Duration = Duration::from_millis(40);

/// A server at work; dropping it closes the listener and every connection.
pub(crate) struct Hostile {
    pub(crate) addr: SocketAddr,
    log: Arc<Log>,
    /// The loop ends with it. `None` once it has.
    stop: Option<remote::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the server has seen.
#[derive(Default)]
struct Log {
    accepted: AtomicUsize,
    /// Whoever comes is closed at once.
    shut: AtomicBool,
    /// How often each method and path came.
    heard: Mutex<HashMap<String, usize>>,
}

/// One connection.
struct Peer {
    stream: TcpStream,
    inbox: Vec<u8>,
    /// Requests that came on it.
    count: usize,
    log: Arc<Log>,
    barriers: Rc<RefCell<HashMap<usize, Rc<Barrier>>>>,
}

/// A request: `/ACT/ID`, or `/gather/ID/COUNT`.
struct Request {
    act: String,
    id: u64,
    count: usize,
}

/// The whole body of the reply to a request.
pub(crate) fn page(id: u64) -> String {
    format!("{id};").repeat(20)
}

/// So much of it comes before a fault.
pub(crate) fn half_page(id: u64) -> String {
    format!("{id};").repeat(10)
}

fn head(id: u64) -> String {
    format!("HTTP/1.1 200 OK\r\nX-Id: {id}\r\nContent-Length: {}\r\n\r\n", page(id).len())
}

impl Hostile {
    pub(crate) fn start() -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into())
    }

    pub(crate) fn start_at(addr: SocketAddr) -> Self {
        let (bound, address) = std::sync::mpsc::channel();
        let (stop, mut stopped) = remote::channel::<()>(1);
        let log = Arc::new(Log::default());
        let own = Arc::clone(&log);
        let thread = thread::spawn(move || {
            block_on(async {
                let listener = ListenOptions::new().backlog(4096).bind(addr).expect("a free port");
                bound.send(listener.local_addr().expect("it is bound")).expect("the starter waits");
                let ended = async {
                    let _ = stopped.recv().await;
                };
                race(accept(listener, own), ended).await;
            });
        });
        let addr = address.recv().expect("the server starts");
        Self { addr, log, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self, act: &str, id: u64) -> String {
        format!("http://{}/{act}/{id}", self.addr)
    }

    /// How many connections were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.log.accepted.load(Ordering::SeqCst)
    }

    /// How often this request came.
    pub(crate) fn heard(&self, request: &str) -> usize {
        self.log.heard.lock().expect("no server panics here").get(request).copied().unwrap_or(0)
    }

    /// How many requests came.
    pub(crate) fn requests(&self) -> usize {
        self.log.heard.lock().expect("no server panics here").values().sum()
    }

    /// Closes whoever comes from now on.
    pub(crate) fn shut(&self) {
        self.log.shut.store(true, Ordering::SeqCst);
    }

    /// Serves those who come from now on.
    pub(crate) fn open(&self) {
        self.log.shut.store(false, Ordering::SeqCst);
    }

    /// Ends the server with all its connections, and starts another one at the same address.
    pub(crate) fn restart(&mut self) {
        self.end();
        *self = Self::start_at(self.addr);
    }

    fn end(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no server panics here");
        }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.end();
    }
}

async fn accept(listener: TcpListener, log: Arc<Log>) {
    let barriers = Rc::default();
    loop {
        let (stream, _) = listener.accept().await.expect("the listener lives");
        log.accepted.fetch_add(1, Ordering::SeqCst);
        if log.shut.load(Ordering::SeqCst) {
            continue;
        }
        stream.set_nodelay(true).expect("the connection is there");
        let (log, barriers) = (Arc::clone(&log), Rc::clone(&barriers));
        spawn(Peer { stream, inbox: Vec::new(), count: 0, log, barriers }.serve()).detach();
    }
}

impl Peer {
    async fn serve(mut self) {
        while let Some(request) = self.request().await {
            if !self.answer(&request).await {
                return;
            }
        }
    }

    /// Reads a request's head, and its body if it declares one; `None` if the client is gone.
    async fn request(&mut self) -> Option<Request> {
        let end = loop {
            if let Some(end) = self.inbox.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let head = String::from_utf8(self.inbox.drain(..end).collect()).expect("the requests are text");
        let field = |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok();
        let length: usize = head.lines().find_map(field).unwrap_or(0);
        while self.inbox.len() < length {
            self.read().await?;
        }
        let body: Vec<u8> = self.inbox.drain(..length).collect();
        let (method, rest) = head.split_once(' ').expect("a request begins with its method");
        let path = rest.split(' ').next().expect("a target follows");
        *self.log.heard.lock().expect("no server panics here").entry(format!("{method} {path}")).or_default() += 1;
        self.count += 1;
        let mut words = path.split('/').skip(1);
        let act = words.next().expect("an act").to_owned();
        let id = words.next().and_then(|id| id.parse().ok()).expect("an id");
        assert!(body.is_empty() || body == page(id).into_bytes(), "the body of another request");
        Some(Request { act, id, count: words.next().map_or(0, |count| count.parse().expect("a number")) })
    }

    async fn read(&mut self) -> Option<()> {
        let mut buf = [0; 4096];
        let count = self.stream.read(&mut buf).await.ok().filter(|count| 0 < *count)?;
        self.inbox.extend_from_slice(&buf[..count]);
        Some(())
    }

    /// Does what the request asks for; says whether the connection goes on.
    async fn answer(&mut self, request: &Request) -> bool {
        let id = request.id;
        let cut = head(id) + &half_page(id);
        match request.act.as_str() {
            "whole" => self.whole(id).await,
            "gather" => {
                let barriers = Rc::clone(&self.barriers);
                let new = || Rc::new(Barrier::new(request.count));
                let barrier = Rc::clone(barriers.borrow_mut().entry(request.count).or_insert_with(new));
                // Those who go away meanwhile do not count.
                select(barrier.wait(), pin!(self.gone())).await;
                self.whole(id).await
            }
            // The first request of a connection is answered, and the next one closes it.
            "once" => self.count == 1 && self.whole(id).await,
            "silent" => self.leave().await,
            "reset-head" => self.send(&cut[..cut.len() / 4]).await && self.reset(),
            "reset-body" => self.send(&cut).await && self.reset(),
            "half" => self.send(&cut).await && self.close_half().await,
            "half-mute" => self.close_half().await,
            "drip" => self.drip(id).await,
            other => unreachable!("no test asks for {other}"),
        }
    }

    async fn whole(&mut self, id: u64) -> bool {
        self.send(&(head(id) + &page(id))).await
    }

    /// Says whether the client took it.
    async fn send(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).await.is_ok()
    }

    /// Waits until the client closes.
    async fn gone(&mut self) {
        while self.read().await.is_some() {}
    }

    async fn leave(&mut self) -> bool {
        self.gone().await;
        false
    }

    /// The drop that follows sends a reset in place of an orderly end.
    fn reset(&self) -> bool {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("the connection is there");
        false
    }

    async fn close_half(&mut self) -> bool {
        self.stream.shutdown(Shutdown::Write).is_ok() && self.leave().await
    }

    async fn drip(&mut self, id: u64) -> bool {
        let mut next = self.send(&head(id)).await;
        for byte in page(id).as_bytes() {
            if !next {
                break;
            }
            sleep(DRIP).await;
            next = self.stream.write_all(&[*byte]).await.is_ok();
        }
        next
    }
}
