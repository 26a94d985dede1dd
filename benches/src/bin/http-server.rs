//! Turns `GET /N` into a response of N bytes, from one thread, as fast as epoll and the kernel's TCP allow.
//!
//! It prints `listening ADDR`, serves until its standard input ends, then prints how much it served.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use wheelwright_benches::measure::raise_descriptor_limit;

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
static REQUESTS: AtomicU64 = AtomicU64::new(0);
static FILLER: [u8; 65_536] = [b'x'; 65_536];
const LISTENER: Token = Token(usize::MAX);

/// A client, what it has sent that was not answered yet, and what it has not yet taken.
struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
    unsent: Vec<u8>,
}

fn main() -> io::Result<()> {
    raise_descriptor_limit();
    let mut listener = listen()?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening {}", listener.local_addr()?)?;
    stdout.flush()?;
    std::thread::spawn(end_with_standard_input);
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                accept_all(&listener, &poll, &mut peers)?;
                continue;
            }
            let place = &mut peers[event.token().0];
            // The client's end may come in one event with its last bytes, and is then not read.
            if place.as_mut().is_some_and(|peer| serve(peer).is_err() || event.is_read_closed()) {
                *place = None;
            }
        }
    }
}

/// Binds a port of the kernel's choice; the standard library's backlog of 128 would cost a burst of clients SYN retries.
fn listen() -> io::Result<TcpListener> {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
    listen(&socket, 4096)?;
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener))
}

fn end_with_standard_input() {
    io::copy(&mut io::stdin(), &mut io::sink()).expect("standard input can be read");
    let (connections, requests) = (CONNECTIONS.load(Ordering::Relaxed), REQUESTS.load(Ordering::Relaxed));
    writeln!(io::stdout(), "{{\"connections\": {connections}, \"requests\": {requests}}}").expect("a reader is there");
    std::process::exit(0);
}

/// Places are never used again: a run of the bench makes a few thousand connections at most.
fn accept_all(listener: &TcpListener, poll: &Poll, peers: &mut Vec<Option<Peer>>) -> io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nodelay(true)?;
        poll.registry().register(&mut stream, Token(peers.len()), Interest::READABLE | Interest::WRITABLE)?;
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        peers.push(Some(Peer { stream, received: Vec::new(), unsent: Vec::new() }));
    }
}

/// Reads what came, answers what is whole; an error means that the connection is over.
fn serve(peer: &mut Peer) -> io::Result<()> {
    let mut buf = [0; 16_384];
    loop {
        match peer.stream.read(&mut buf) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                peer.received.extend_from_slice(&buf[..read]);
                answer_whole_requests(peer)?;
                // A short read has emptied the socket.
                if read < buf.len() {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    send(peer)
}

fn answer_whole_requests(peer: &mut Peer) -> io::Result<()> {
    let mut answered = 0;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(&peer.received[answered..]).map_err(io::Error::other)?;
        let httparse::Status::Complete(length) = parsed else { break };
        let size = request.path.and_then(|path| path[1..].parse().ok()).filter(|&size| size <= FILLER.len());
        let (Some("GET"), Some(size)) = (request.method, size) else {
            return Err(io::Error::other("only GET /N is served"));
        };
        write!(peer.unsent, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {size}\r\n\r\n")?;
        peer.unsent.extend_from_slice(&FILLER[..size]);
        answered += length;
        REQUESTS.fetch_add(1, Ordering::Relaxed);
    }
    peer.received.drain(..answered);
    Ok(())
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
