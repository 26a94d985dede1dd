//! Turns threads into a server that behaves as a request's path tells it to, and counts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server at work until the test ends.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    release: Sender<()>,
}

/// What it saw.
#[derive(Default)]
struct Seen {
    /// Of each request all the bytes.
    heads: Vec<String>,
    in_flight: usize,
    most: usize,
    /// How often each path was asked for.
    asked: BTreeMap<String, usize>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (release, held) = channel();
        let server = Self { addr: listener.local_addr().unwrap(), seen: Arc::default(), release };
        let (seen, held) = (Arc::clone(&server.seen), Arc::new(Mutex::new(held)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, held) = (Arc::clone(&seen), Arc::clone(&held));
                // A client that goes away is no fault of the server's.
                thread::spawn(move || connection(stream, &seen, &held));
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.addr)
    }

    /// The same URL, so many times.
    pub(crate) fn list(&self, path: &str, count: usize) -> String {
        (self.url(path) + "\n").repeat(count)
    }

    /// Lets one request for `/held` have its answer.
    pub(crate) fn release(&self) {
        self.release.send(()).unwrap();
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.seen.lock().unwrap().most
    }
}

fn connection(stream: TcpStream, seen: &Mutex<Seen>, held: &Mutex<Receiver<()>>) -> std::io::Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if requests.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let before = arrived(&mut seen.lock().unwrap(), head, &path);
        let answer = answer(&path, before, held, &mut requests);
        // Before the client can know that its call is over.
        seen.lock().unwrap().in_flight -= 1;
        let Some(answer) = answer else { return Ok(()) };
        stream.write_all(&answer)?;
        if path == "half" {
            return Ok(());
        }
    }
}

/// Counts a request; how often its path was asked for before.
fn arrived(seen: &mut Seen, head: String, path: &str) -> usize {
    seen.heads.push(head);
    seen.in_flight += 1;
    seen.most = seen.most.max(seen.in_flight);
    let asked = seen.asked.entry(path.to_owned()).or_default();
    *asked += 1;
    *asked - 1
}

/// What to send; nothing for a connection that is to be closed.
fn answer(path: &str, before: usize, held: &Mutex<Receiver<()>>, requests: &mut impl Read) -> Option<Vec<u8>> {
    let (word, number) = path.split_once('/').unwrap_or((path, "0"));
    let number: usize = number.parse().unwrap_or_default();
    match word {
        "page" => Some(page(200, number)),
        "status" => Some(page(number, 0)),
        "slow" => {
            thread::sleep(Duration::from_millis(number as u64));
            Some(page(200, 1))
        }
        "flaky" if before < number => Some(page(503, 0)),
        "flaky" => Some(page(200, 1)),
        "held" => held.lock().unwrap().recv().ok().map(|()| page(200, 1)),
        "silent" => {
            // Until the client gives up.
            let _ = requests.read(&mut [0]);
            None
        }
        "half" => {
            Some(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n".iter().copied().chain([7; 100_000]).collect())
        }
        _ => None,
    }
}

fn page(status: usize, length: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} \r\ncontent-length: {length}\r\n\r\n");
    head.into_bytes().into_iter().chain(body(length)).collect()
}

/// So many bytes of a body.
pub(crate) fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}
