//! Turns `GET /N` into a response of N bytes, from one thread, as fast as epoll and the kernel's TCP allow.
//!
//! `http-server [PORTS] [MS]` listens on so many ports, and answers so many milliseconds after the request came. It prints
//! `listening ADDR,ADDR...`, serves until its standard input ends, then prints how much it served. `GET /N?together=K` is
//! answered when K such requests are there.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use wheelwright_benches::measure::raise_descriptor_limit;

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
static REQUESTS: AtomicU64 = AtomicU64::new(0);
static FILLER: [u8; 65_536] = [b'x'; 65_536];

/// A client, what it has sent that was not answered yet, and what it has not yet taken.
struct Peer {
    stream: TcpStream,
    /// Others of its place had other numbers.
    number: u64,
    received: Vec<u8>,
    unsent: Vec<u8>,
}

/// Whom to answer, and with how many bytes.
struct Answer {
    place: usize,
    number: u64,
    size: usize,
}

struct Server {
    poll: Poll,
    listeners: Vec<TcpListener>,
    /// A listener's token is its index; a peer's stands behind them.
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    delay: Duration,
    /// In the order in which they are due.
    later: VecDeque<(Instant, Answer)>,
    /// Those that wait for one another.
    crowd: Vec<Answer>,
}

fn main() -> io::Result<()> {
    raise_descriptor_limit();
    let mut numbers = std::env::args().skip(1).map(|word| word.parse().expect("PORTS and MS are numbers"));
    let (ports, delay) = (numbers.next().unwrap_or(1), Duration::from_millis(numbers.next().unwrap_or(0)));
    let poll = Poll::new()?;
    let listeners = (0..ports).map(|port| listen(&poll, port as usize)).collect::<io::Result<Vec<_>>>()?;
    let addrs: Vec<_> =
        listeners.iter().map(|listener| Ok(listener.local_addr()?.to_string())).collect::<io::Result<_>>()?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening {}", addrs.join(","))?;
    stdout.flush()?;
    std::thread::spawn(end_with_standard_input);
    let (peers, free, later, crowd) = (Vec::new(), Vec::new(), VecDeque::new(), Vec::new());
    Server { poll, listeners, peers, free, delay, later, crowd }.run()
}

/// Binds a port of the kernel's choice; the standard library's backlog of 128 would cost a burst of clients SYN retries.
fn listen(poll: &Poll, token: usize) -> io::Result<TcpListener> {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
    listen(&socket, 4096)?;
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(listener);
    poll.registry().register(&mut listener, Token(token), Interest::READABLE)?;
    Ok(listener)
}

fn end_with_standard_input() {
    io::copy(&mut io::stdin(), &mut io::sink()).expect("standard input can be read");
    let (connections, requests) = (CONNECTIONS.load(Ordering::Relaxed), REQUESTS.load(Ordering::Relaxed));
    writeln!(io::stdout(), "{{\"connections\": {connections}, \"requests\": {requests}}}").expect("a reader is there");
    std::process::exit(0);
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let due = self.later.front().map(|(due, _)| due.saturating_duration_since(Instant::now()));
            self.poll.poll(&mut events, due)?;
            for event in &events {
                let Some(place) = event.token().0.checked_sub(self.listeners.len()) else {
                    self.accept_all(event.token().0)?;
                    continue;
                };
                // The client's end may come in one event with its last bytes, and is then not read.
                if self.serve(place).is_err() || event.is_read_closed() {
                    self.close(place);
                }
            }
            self.answer_the_due();
        }
    }

    fn accept_all(&mut self, listener: usize) -> io::Result<()> {
        loop {
            let mut stream = match self.listeners[listener].accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let place = self.free.pop().unwrap_or(self.peers.len());
            let token = Token(self.listeners.len() + place);
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
            let peer = Some(Peer { stream, number, received: Vec::new(), unsent: Vec::new() });
            match place == self.peers.len() {
                true => self.peers.push(peer),
                false => self.peers[place] = peer,
            }
        }
    }

    fn close(&mut self, place: usize) {
        if self.peers[place].take().is_some() {
            self.free.push(place);
            self.crowd.retain(|answer| answer.place != place);
        }
    }

    /// Reads what came, answers what is whole; an error means that the connection is over.
    fn serve(&mut self, place: usize) -> io::Result<()> {
        let Some(peer) = &mut self.peers[place] else { return Ok(()) };
        let mut buf = [0; 16_384];
        loop {
            match peer.stream.read(&mut buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    peer.received.extend_from_slice(&buf[..read]);
                    // A short read has emptied the socket.
                    if read < buf.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let received = std::mem::take(&mut peer.received);
        let left = self.take_whole_requests(place, &received);
        let peer = self.peers[place].as_mut().expect("it was there above");
        peer.received = received;
        peer.received.drain(..left?);
        send(peer)
    }

    /// Sees to it that whole requests are answered, now or later, and returns how many bytes they were.
    fn take_whole_requests(&mut self, place: usize, received: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut request = httparse::Request::new(&mut headers);
            let parsed = request.parse(&received[taken..]).map_err(io::Error::other)?;
            let httparse::Status::Complete(length) = parsed else { return Ok(taken) };
            taken += length;
            let (Some("GET"), Some(path)) = (request.method, request.path) else {
                return Err(io::Error::other("only GET is served"));
            };
            let (size, together) = path[1..].split_once("?together=").unwrap_or((&path[1..], "0"));
            let (Ok(size), Ok(together)) = (size.parse(), together.parse()) else {
                return Err(io::Error::other("only /N and /N?together=K are served"));
            };
            self.take_request(place, size, together);
        }
    }

    fn take_request(&mut self, place: usize, size: usize, together: usize) {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        let peer = self.peers[place].as_mut().expect("requests come of a peer");
        if together == 0 && self.delay.is_zero() {
            return answer(peer, size);
        }
        let answer = Answer { place, number: peer.number, size };
        if together == 0 {
            return self.later.push_back((Instant::now() + self.delay, answer));
        }
        self.crowd.push(answer);
        if self.crowd.len() == together {
            let now = Instant::now();
            self.later.extend(self.crowd.drain(..).map(|answer| (now, answer)));
        }
    }

    fn answer_the_due(&mut self) {
        let now = Instant::now();
        while let Some((_, Answer { place, number, size })) = self.later.pop_front_if(|(due, _)| *due <= now) {
            let Some(peer) = self.peers[place].as_mut().filter(|peer| peer.number == number) else { continue };
            answer(peer, size);
            if send(peer).is_err() {
                self.close(place);
            }
        }
    }
}

fn answer(peer: &mut Peer, size: usize) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {size}\r\n\r\n");
    peer.unsent.extend_from_slice(head.as_bytes());
    peer.unsent.extend_from_slice(&FILLER[..size]);
}

fn send(peer: &mut Peer) -> io::Result<()> {
    while !peer.unsent.is_empty() {
        match peer.stream.write(&peer.unsent) {
            Ok(written) => drop(peer.unsent.drain(..written)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
