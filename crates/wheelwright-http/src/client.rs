//! Turns URLs into responses, over connections that are kept for the next call.

use std::borrow::Cow;
use std::rc::Rc;

use http::{Method, Request};

use crate::Error;
use crate::body::Body;
use crate::buffers::{URL, take};
use crate::url::{Url, origin_form};

mod options; // settings -> a client
mod request; // a URL, and what is said about it -> a request
mod response; // a head and a coming body -> what the caller sees
mod reading; // a coming body -> futures
mod discard; // a body that nobody wants -> a free connection
mod events; // a coming body -> server-sent events
mod call; // a request -> a response: permit, connection, out, in
mod redirect; // an answer that points elsewhere -> the next request
mod retry; // a failure that may pass -> another try
mod exchange; // a request and a connection -> the response's head
mod upload; // a large, slow or late body -> writes
mod inflow; // bytes behind a head -> data
#[cfg(feature = "gzip")]
mod gzip; // packed data -> unpacked data
mod dial; // a host -> a connection
#[cfg(feature = "tls")]
mod tls; // a connection -> one that nobody between its ends can read
mod pool; // idle connections -> connections for the next request
mod limits; // limits of time -> at most one timer

pub use call::Sending;
pub use events::EventStream;
pub use options::ClientBuilder;
pub use reading::{Chunk, Collect, Text};
pub use redirect::Policy;
pub use request::RequestBuilder;
pub use response::Response;
pub use retry::Retry;

use call::Call;
use pool::{Host, Pool};
use redirect::Trail;

#[cfg(feature = "tls")]
use tls::{SecureDial as Dialing, Stream};
#[cfg(not(feature = "tls"))]
use {dial::Dial as Dialing, wheelwright::net::TcpStream as Stream};

/// An HTTP/1.1 client that keeps its connections.
///
/// It is cheap to clone, and its clones share their connections. It belongs to one thread.
///
/// With the feature `gzip` it tells servers that they may pack bodies, and unpacks what comes so. A request that has an
/// `Accept-Encoding` of its own, or asks for a `Range`, gets its response as it was sent.
///
/// ```
/// use wheelwright_http::Client;
/// # use wheelwright_http::{Body, Server};
///
/// # fn main() -> Result<(), wheelwright_http::Error> {
/// wheelwright::block_on(async {
///     # let server = Server::bind("127.0.0.1:0").expect("a free port");
///     # let running = server.serve(|_| async { http::Response::new(Body::from("hello")) });
///     # let url = format!("http://{}/", running.local_addr());
///     let client = Client::new();
///     let text = client.get(url)?.send().await?.text().await?;
///     assert_eq!(text, "hello");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("ClientSession", "reqwest", "aiohttp", "fetch"))]
#[derive(Clone, Debug, Default)]
pub struct Client {
    pool: Rc<Pool>,
}

impl Client {
    /// Makes a client with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a client with other settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Begins a GET.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn get(&self, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.method(Method::GET, url)
    }

    /// Begins a HEAD.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn head(&self, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.method(Method::HEAD, url)
    }

    /// Begins a POST.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn post(&self, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.method(Method::POST, url)
    }

    /// Begins a PUT.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn put(&self, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.method(Method::PUT, url)
    }

    /// Begins a DELETE.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn delete(&self, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.method(Method::DELETE, url)
    }

    /// Begins a request of any method but CONNECT.
    ///
    /// # Errors
    /// `BadUrl` if the URL cannot be asked.
    pub fn method(&self, method: Method, url: impl AsRef<str>) -> Result<RequestBuilder, Error> {
        self.call(method, url.as_ref()).map(RequestBuilder::new)
    }

    /// Sends a request that somebody else put together; its URI must be absolute.
    ///
    /// # Errors
    /// Whatever [`ErrorKind`](crate::ErrorKind) tells.
    ///
    /// # Cancel safety
    /// As [`RequestBuilder::send`].
    #[doc(alias = "execute")]
    pub fn request(&self, request: Request<Body>) -> Sending {
        let (parts, body) = request.into_parts();
        match self.method(parts.method, parts.uri.to_string()) {
            Ok(builder) => builder.headers(parts.headers).body(body).send(),
            Err(error) => Sending::fault(error),
        }
    }

    /// How many connections it has opened so far.
    ///
    /// Set against the number of requests it tells what the pool saved.
    ///
    /// ```
    /// assert_eq!(wheelwright_http::Client::new().connections_opened(), 0);
    /// ```
    #[must_use]
    pub fn connections_opened(&self) -> u64 {
        self.pool.opened.get()
    }

    fn call(&self, method: Method, url: &str) -> Result<Call, Error> {
        let (host, sent) = locate(&self.pool, url)?;
        let mut text = String::from_utf8(take(&URL)).expect("it is empty");
        text.push_str(&sent);
        Ok(Call {
            host,
            // What is asked for as it was given had no fragment.
            trail: if matches!(sent, Cow::Owned(_)) { Trail::of(url) } else { None },
            pool: Rc::clone(&self.pool),
            method,
            url: text,
            headers: None,
            body: Body::empty(),
            #[cfg(feature = "gzip")]
            unpacks: false,
        })
    }
}

/// Finds the host that a URL names, and returns with it the URL as it is asked for.
#[inline]
fn locate<'u>(pool: &Rc<Pool>, url: &'u str) -> Result<(Rc<Host>, Cow<'u, str>), Error> {
    let (host, target) = match pool.same_host(url) {
        Some((host, target)) => match origin_form(target)? {
            Cow::Borrowed(_) => return Ok((host, Cow::Borrowed(url))),
            target => (host, target),
        },
        None => {
            let url = Url::parse(url)?;
            (pool.host(&url)?, url.target)
        }
    };
    let url = [&*host.origin, &target].concat();
    Ok((host, Cow::Owned(url)))
}
