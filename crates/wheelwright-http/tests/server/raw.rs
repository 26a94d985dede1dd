//! Turns bytes into a request as they are, and what comes back into something to compare.

use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http::{Request, Response};
use wheelwright::net::TcpStream;
use wheelwright_http::{Body, Incoming, Running, Server};

/// Far beyond what any test needs: it only keeps a test that hangs from hanging for ever.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test on a loop of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    wheelwright::block_on(async { wheelwright::time::timeout(LIMIT, test).await.expect("the test hangs") });
}

/// A server on a free port.
pub(crate) fn server() -> Server {
    Server::bind("127.0.0.1:0").expect("a free port")
}

/// A server that says which target was asked for, and how often it was asked anything.
pub(crate) fn naming(server: Server) -> (Running, Rc<Cell<usize>>) {
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    let running = server.serve(move |request: Request<Incoming>| {
        count.set(count.get() + 1);
        async move { Response::new(Body::full(request.uri().path().to_owned())) }
    });
    (running, asked)
}

/// A server that gives back the body it gets, or the error of reading it.
pub(crate) fn echoing(server: Server) -> Running {
    server.serve(|request: Request<Incoming>| async move {
        match request.into_body().bytes_limited(usize::MAX).await {
            Ok(bytes) => Response::new(Body::full(bytes)),
            Err(error) => Response::new(Body::full(format!("failed: {}", error.kind()))),
        }
    })
}

/// A client's end of a connection.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The head in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Raw {
        Raw { stream: TcpStream::connect(addr).await.expect("the server listens"), unread: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("the server reads");
    }

    /// More bytes; false at the end of the stream. A reset ends it too.
    async fn more(&mut self) -> bool {
        let mut buf = [0; 8192];
        let length = self.stream.read(&mut buf).await.unwrap_or(0);
        self.unread.extend_from_slice(&buf[..length]);
        0 < length
    }

    /// The head of the next response, interim ones included.
    pub(crate) async fn head(&mut self) -> Reply {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().await, "no whole head: {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_lowercase();
        self.unread.drain(..end);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        Reply { status, head, body: Vec::new() }
    }

    /// The next response, whose body has a declared length or is chunked.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        if reply.field("transfer-encoding") == Some("chunked") {
            reply.body = self.chunks().await.expect("a whole chunked body");
            return reply;
        }
        let length = reply.field("content-length").map_or(0, |length| length.parse().expect("a length"));
        reply.body = self.exactly(length).await;
        reply
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.unread.len() < length {
            assert!(self.more().await, "{} of {length} bytes", self.unread.len());
        }
        self.unread.drain(..length).collect()
    }

    /// The data of a chunked body; `None` if the connection ends within it.
    pub(crate) async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        loop {
            let feed = loop {
                match self.unread.iter().position(|&byte| byte == b'\n') {
                    Some(at) => break at,
                    None if self.more().await => {}
                    None => return None,
                }
            };
            let line: Vec<u8> = self.unread.drain(..=feed).collect();
            let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).expect("a chunk size");
            let chunk = self.exactly(size + 2).await;
            data.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Some(data);
            }
        }
    }

    /// Everything up to the end of the stream.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.unread)
    }

    /// Waits until the server closes in good order, with nothing more to say: a reset would destroy what was not read yet.
    pub(crate) async fn ends_well(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.unread), "");
        assert_eq!(self.stream.read(&mut [0; 16]).await.expect("the end of the stream and no reset"), 0);
    }

    /// Sends a request and takes its response.
    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Reply {
        self.send(bytes).await;
        self.reply().await
    }
}
