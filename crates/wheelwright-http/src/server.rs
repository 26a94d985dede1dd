//! Turns a listener and a function from requests to responses into a running HTTP/1.1 server.
//!
//! The way of a request: the accept loop starts a task for each socket ([`connection`]); it reads a head into a lent
//! [`buffer`], calls the handler with a body that reads on from the same socket ([`incoming`]), and writes what comes
//! back ([`reply`]). One request is answered before the next is looked at, so that pipelined responses come in order.

mod blocking; // a request -> a job for a thread -> a response
mod buffer; // memory for reading, lent by the thread while there is something to read
mod connection; // one socket -> requests and responses in turn
mod incoming; // a request's framed bytes -> chunks for the handler
mod reply; // a response -> bytes on the socket
mod running; // a server at work -> its orderly end
mod wire; // a socket, what was read ahead from it, and the body being read

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use wheelwright::net::{TcpListener, TcpStream};
use wheelwright::time::sleep;

use crate::body::Body;
use crate::proto::MAX_HEAD;
use connection::Connection;
use running::Connections;

pub use incoming::Incoming;
pub use running::Running;

/// Pause of the accept loop after an error that the listener could not mend by itself.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// A limit of time beyond this is none; adding it to a clock cannot overflow.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Answers HTTP/1.1 requests on one address, on one thread.
///
/// Limits are on by default: a head of 64 KiB that has to be whole after 30 s, a body of 2 MiB, 75 s between two
/// requests of a connection, 30 s without progress within a body or a response.
///
/// ```
/// use std::time::Duration;
/// use http::Response;
/// use wheelwright_http::{Body, Server};
///
/// wheelwright::block_on(async {
///     let server = Server::bind("127.0.0.1:0").expect("a free port").max_body(64 << 10);
///     let running = server.serve(|request| async move {
///         Response::new(Body::full(format!("you asked for {}", request.uri())))
///     });
///     println!("listening on {}", running.local_addr());
///     running.shutdown(Duration::from_secs(5)).await;
/// });
/// ```
#[doc(alias("run_app", "serve_connection", "Application"))]
#[must_use = "a server answers nobody until `serve` is called"]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    limits: Limits,
}

/// What a peer may ask of the server, in bytes and in time.
#[derive(Clone, Debug)]
struct Limits {
    /// Bytes of a head.
    head: usize,
    /// Bytes of a request's body, however it is framed.
    body: u64,
    /// From the accept, or from a later head's first byte, until the head is whole.
    header_read: Duration,
    /// From a response until the next request's first byte.
    idle: Duration,
    /// Without a byte of progress, while a body is awaited or a response is written.
    stall: Duration,
}

impl Server {
    /// Listens on the first of the addresses that can be had.
    ///
    /// # Errors
    /// Those of binding: the address is in use, is not of this host, or its port needs a privilege.
    pub fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        Self::from_listener(TcpListener::bind(addr)?)
    }

    /// Serves a listener that was set up elsewhere.
    ///
    /// # Errors
    /// That the listener cannot say its own address.
    pub fn from_listener(listener: TcpListener) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let limits = Limits {
            head: MAX_HEAD,
            body: 2 << 20,
            header_read: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(30),
        };
        Ok(Self { listener, addr, limits })
    }

    /// Returns the address on which the server listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Limits the head of a request to so many bytes.
    ///
    /// A longer one is answered with 431, or 414 if its first line is.
    pub fn max_head(mut self, bytes: usize) -> Self {
        self.limits.head = bytes;
        self
    }

    /// Limits the body of a request to so many bytes.
    ///
    /// A longer one is answered with 413 if its length is declared; otherwise reading it fails where it exceeds the limit.
    #[doc(alias("Limited", "client_max_size"))]
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.limits.body = bytes;
        self
    }

    /// Limits the time for a head.
    ///
    /// It counts from the accept, and for later requests from the head's first byte.
    pub fn header_read_timeout(mut self, limit: Duration) -> Self {
        self.limits.header_read = limit.min(FOREVER);
        self
    }

    /// Limits the time that a connection may wait for its next request.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle = limit.min(FOREVER);
        self
    }

    /// Limits the time without progress while a body is read or a response written.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.limits.stall = limit.min(FOREVER);
        self
    }

    /// Starts to answer every request with what `handler` makes of it.
    ///
    /// Handlers run on the thread of the caller and need not be `Send`. A handler that panics is answered for with 500,
    /// and the server goes on. Where the process has no descriptor for the next connection, a few of those that have been idle
    /// longest are closed.
    ///
    /// What goes around all handlers, a layer, is a function from handler to handler:
    ///
    /// ```
    /// use std::{cell::Cell, pin::Pin, time::{Duration, Instant}};
    /// use bytes::Bytes;
    /// use http::{Request, Response, StatusCode};
    /// use wheelwright_http::{Body, Client, ErrorKind, Incoming, Server};
    ///
    /// type Answer = Pin<Box<dyn Future<Output = Response<Body>>>>;
    ///
    /// /// Tells how long each answer took.
    /// fn timed<B, F>(handler: impl Fn(Request<B>) -> F) -> impl Fn(Request<B>) -> Answer
    /// where
    ///     F: Future<Output = Response<Body>> + 'static,
    /// {
    ///     move |request| {
    ///         let (begun, target, answer) = (Instant::now(), request.uri().clone(), handler(request));
    ///         Box::pin(async move {
    ///             let response = answer.await;
    ///             println!("{target}: {} after {:?}", response.status(), begun.elapsed());
    ///             response
    ///         })
    ///     }
    /// }
    ///
    /// /// Numbers the requests: the handler finds its number in the extensions, the client in a header.
    /// fn numbered<B, F>(handler: impl Fn(Request<B>) -> F) -> impl Fn(Request<B>) -> Answer
    /// where
    ///     F: Future<Output = Response<Body>> + 'static,
    /// {
    ///     let last = Cell::new(0_u64);
    ///     move |mut request| {
    ///         last.set(last.get() + 1);
    ///         let number = last.get();
    ///         request.extensions_mut().insert(number);
    ///         let answer = handler(request);
    ///         Box::pin(async move {
    ///             let mut response = answer.await;
    ///             response.headers_mut().insert("x-request-id", number.into());
    ///             response
    ///         })
    ///     }
    /// }
    ///
    /// /// Reads bodies of at most so many bytes for a handler that takes them whole.
    /// fn whole<F>(limit: usize, handler: impl Fn(Request<Bytes>) -> F + Clone + 'static) -> impl Fn(Request<Incoming>) -> Answer
    /// where
    ///     F: Future<Output = Response<Body>> + 'static,
    /// {
    ///     move |request| {
    ///         let (handler, (parts, body)) = (handler.clone(), request.into_parts());
    ///         Box::pin(async move {
    ///             let status = match body.bytes_limited(limit).await {
    ///                 Ok(bytes) => return handler(Request::from_parts(parts, bytes)).await,
    ///                 Err(error) if error.kind() == ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
    ///                 Err(_) => StatusCode::BAD_REQUEST,
    ///             };
    ///             Response::builder().status(status).body(Body::empty()).expect("a status and no more")
    ///         })
    ///     }
    /// }
    ///
    /// async fn echo(request: Request<Bytes>) -> Response<Body> {
    ///     Response::new(Body::full(request.into_body()))
    /// }
    ///
    /// # fn main() -> Result<(), wheelwright_http::Error> {
    /// wheelwright::block_on(async {
    ///     let server = Server::bind("127.0.0.1:0").expect("a free port");
    ///     let running = server.serve(timed(numbered(whole(5, echo))));
    ///     let (client, url) = (Client::new(), format!("http://{}/", running.local_addr()));
    ///     assert_eq!(client.post(&url)?.body("hello").send().await?.text().await?, "hello");
    ///     let refused = client.post(&url)?.body("hello!").send().await?;
    ///     assert_eq!(refused.status(), 413);
    ///     assert_eq!(refused.headers()["x-request-id"], "2");
    ///     running.shutdown(Duration::from_secs(1)).await;
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside a runtime.
    #[doc(alias("service_fn", "add_get", "middleware", "layer"))]
    pub fn serve<H, F>(self, handler: H) -> Running
    where
        H: Fn(Request<Incoming>) -> F + 'static,
        F: Future<Output = Response<Body>> + 'static,
    {
        let connections = Rc::new(Connections::new(self.limits));
        let accepting = wheelwright::spawn_named("http accept", {
            accept(self.listener, Rc::clone(&connections), Rc::new(handler))
        });
        Running::new(self.addr, accepting, connections)
    }

    /// Starts to answer every request on a thread of the blocking pool.
    ///
    /// It is for handlers that block: files, databases, long computations. A request is read whole before, up to the limit
    /// of [`max_body`](Self::max_body), beyond which it is answered with 413; the address of the client stands among its
    /// extensions, as a [`SocketAddr`]. How many handlers run at once, and how many requests wait for one, is the
    /// [runtime's](wheelwright::Builder::max_blocking_threads) to say; one more is answered with 503 at once, before its body
    /// is read. A handler that panics is answered for with 500.
    ///
    /// A handler that has begun cannot be cancelled: it runs to its end even if its client is gone. A layer around it is a
    /// function from handler to handler, as for [`serve`](Self::serve):
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::{Duration, Instant};
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use wheelwright_http::{Client, Server};
    ///
    /// /// Adds up the time that answers took, in microseconds.
    /// fn timed<B>(
    ///     total: &'static AtomicU64,
    ///     handler: impl Fn(Request<Bytes>) -> Response<B> + Send + Sync,
    /// ) -> impl Fn(Request<Bytes>) -> Response<B> + Send + Sync {
    ///     move |request| {
    ///         let begun = Instant::now();
    ///         let response = handler(request);
    ///         total.fetch_add(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
    ///         response
    ///     }
    /// }
    ///
    /// static TOTAL: AtomicU64 = AtomicU64::new(0);
    ///
    /// # fn main() -> Result<(), wheelwright_http::Error> {
    /// wheelwright::block_on(async {
    ///     let server = Server::bind("127.0.0.1:0").expect("a free port");
    ///     let running = server.serve_blocking(timed(&TOTAL, |_: Request<Bytes>| {
    ///         std::thread::sleep(Duration::from_millis(2));
    ///         Response::new("slept well")
    ///     }));
    ///     let url = format!("http://{}/", running.local_addr());
    ///     assert_eq!(Client::new().get(url)?.send().await?.text().await?, "slept well");
    ///     assert!(2_000 <= TOTAL.load(Ordering::Relaxed));
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside a runtime.
    #[doc(alias("sync_handler", "WSGI", "def endpoint"))]
    pub fn serve_blocking<H, B>(self, handler: H) -> Running
    where
        H: Fn(Request<Bytes>) -> Response<B> + Send + Sync + 'static,
        B: Into<Bytes> + 'static,
    {
        let handler = Arc::new(handler);
        self.serve(move |request| blocking::answer(Arc::clone(&handler), request))
    }
}

/// Starts a task for each connection until the server is told to close.
async fn accept<H, F>(listener: TcpListener, connections: Rc<Connections>, handler: Rc<H>)
where
    H: Fn(Request<Incoming>) -> F + 'static,
    F: Future<Output = Response<Body>> + 'static,
{
    while let Some(accepted) = connections.closing.run_until_cancelled(next(&listener, &connections)).await {
        let Ok(accepted) = accepted else {
            // One connection that died in the queue says nothing about the next; a pause keeps any other error from spinning.
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (server, handler) = (Rc::clone(&connections), Rc::clone(&handler));
        connections.start(|id| Connection::new(accepted, server, id).serve(handler));
    }
}

/// Takes the next connection. Where there is no descriptor for it, some that are idle are closed, though it may not have come
/// yet: Linux looks for the descriptor first.
async fn next(listener: &TcpListener, connections: &Connections) -> io::Result<(TcpStream, SocketAddr)> {
    let mut accepting = listener.accept();
    poll_fn(|cx| {
        let accepted = Pin::new(&mut accepting).poll(cx);
        if accepting.lacks_descriptors() && connections.end_few() {
            // They end before this task comes to try again.
            accepting = listener.accept();
            cx.waker().wake_by_ref();
        }
        accepted
    })
    .await
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("addr", &self.addr).field("limits", &self.limits).finish_non_exhaustive()
    }
}
