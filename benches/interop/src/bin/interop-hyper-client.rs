//! Turns a server's address into what hyper's client gets from it, on tokio: kept connections, streams, trailers.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Channel, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use wheelwright_benches_interop::agreement::{Sum, TRAILER, hyper_version, page, pieces};

const CROWD: usize = 50;
const QUESTIONS: usize = 5_000;

type Content = BoxBody<Bytes, Infallible>;

/// One connection, and how often it was used.
struct Asking {
    addr: String,
    sender: SendRequest<Content>,
    exchanges: Rc<Cell<usize>>,
}

fn main() -> io::Result<()> {
    let url = std::env::args().nth(1).expect("usage: URL");
    let addr = url.strip_prefix("http://").expect("a URL of http").to_owned();
    let exchanges = Rc::new(Cell::new(0));
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let mut asking = Asking::connect(&addr, &exchanges).await?;
        asking.bodies().await;
        asking.uploads().await;
        crowd(&addr, &exchanges).await?;
        writeln!(io::stdout(), "hyper {} on tokio: {} exchanges", hyper_version(), exchanges.get())
    })
}

/// Many connections at once, each used again and again.
async fn crowd(addr: &str, exchanges: &Rc<Cell<usize>>) -> io::Result<()> {
    let left = Rc::new(Cell::new(QUESTIONS));
    let mut workers = Vec::new();
    for _ in 0..CROWD {
        let mut asking = Asking::connect(addr, exchanges).await?;
        let left = Rc::clone(&left);
        workers.push(spawn_local(async move {
            while let Some(length) = left.get().checked_sub(1) {
                left.set(length);
                asking.ask(Method::GET, &format!("/bytes/{length}"), whole(Bytes::new()), &page(length)).await;
            }
        }));
    }
    for worker in workers {
        worker.await.map_err(io::Error::other)?;
    }
    Ok(())
}

impl Asking {
    async fn connect(addr: &str, exchanges: &Rc<Cell<usize>>) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        drop(spawn_local(connection));
        Ok(Self { addr: addr.to_owned(), sender, exchanges: Rc::clone(exchanges) })
    }

    async fn bodies(&mut self) {
        for length in [0, 1, 65_536, 5_000_000] {
            for kind in ["bytes", "chunks"] {
                self.ask(Method::GET, &format!("/{kind}/{length}"), whole(Bytes::new()), &page(length)).await;
            }
        }
        self.ask(Method::HEAD, "/bytes/1000", whole(Bytes::new()), b"").await;
        let missing = self.send(Method::GET, "/nowhere", whole(Bytes::new())).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert_eq!(collected(missing).await.1, "404");
    }

    /// Bodies whose length is known, and streams whose end says what they were.
    async fn uploads(&mut self) {
        for length in [0, 1_000, 5_000_000] {
            let body = page(length);
            let sum = Sum::of(&body);
            let head = self.ask(Method::POST, "/sum", whole(body.clone()), sum.as_bytes()).await;
            assert!(!head.contains_key(TRAILER), "a body with a length has no trailers");
            let head = self.ask(Method::PUT, "/sum", streamed(body), sum.as_bytes()).await;
            assert_eq!(head[TRAILER], sum.as_str(), "the server has read the trailers");
        }
        let body = page(500_000);
        self.ask(Method::POST, "/echo", streamed(body.clone()), &body).await;
    }

    /// One exchange; the fields of its reply.
    async fn ask(&mut self, method: Method, path: &str, body: Content, expected: &[u8]) -> HeaderMap {
        let response = self.send(method, path, body).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let (fields, came) = collected(response).await;
        assert!(came == expected, "{path}: {} bytes instead of {}, or others", came.len(), expected.len());
        fields
    }

    async fn send(&mut self, method: Method, path: &str, body: Content) -> Response<Incoming> {
        self.exchanges.set(self.exchanges.get() + 1);
        let id = format!("hyper-{}", self.exchanges.get());
        let request = Request::builder().method(method).uri(path).header("host", &self.addr).header("x-id", &id);
        // hyper sends the trailers that are announced, and no others.
        let request = request.header("trailer", TRAILER);
        self.sender.ready().await.expect("the connection is kept");
        let request = request.body(body).expect("its parts are valid");
        let response = self.sender.send_request(request).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(response.headers()["x-id"], id, "{path}: the reply is to this request");
        response
    }
}

async fn collected(response: Response<Incoming>) -> (HeaderMap, Bytes) {
    let (head, body) = response.into_parts();
    (head.headers, body.collect().await.expect("the body comes whole").to_bytes())
}

fn whole(body: Bytes) -> Content {
    Full::new(body).boxed()
}

fn streamed(body: Bytes) -> Content {
    let (mut sender, channel) = Channel::<Bytes, Infallible>::new(1);
    drop(spawn_local(async move {
        let sum = HeaderValue::try_from(Sum::of(&body)).expect("a sum is hex");
        for piece in pieces(body) {
            sender.send_data(piece).await.expect("the connection takes it");
        }
        sender.send_trailers(HeaderMap::from_iter([(http::HeaderName::from_static(TRAILER), sum)])).await
    }));
    channel.boxed()
}
