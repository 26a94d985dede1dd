//! Turns a client's settings into a client.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use super::Client;
use super::pool::Pool;
use super::redirect::Policy;
use super::retry::Retry;
#[cfg(feature = "tls")]
use super::tls;
use crate::Error;
use crate::proto::MAX_HEAD;

/// Looks a name up.
pub(crate) type Resolver = Rc<dyn Fn(String, u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>>>>>;

/// A client's settings, as they stand when it is built.
pub(crate) struct Options {
    pub(crate) total: Option<Duration>,
    pub(crate) pool: Option<Duration>,
    pub(crate) dns: Option<Duration>,
    pub(crate) connect: Option<Duration>,
    pub(crate) send: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) gap: Option<Duration>,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) pool_max_idle_per_host: Option<usize>,
    pub(crate) max_connections_per_host: Option<usize>,
    pub(crate) max_head: usize,
    pub(crate) resolver: Option<Resolver>,
    #[cfg(feature = "tls")]
    pub(crate) tls: tls::Settings,
    pub(crate) redirect: Policy,
    pub(crate) retry: Option<Retry>,
    pub(crate) https_only: bool,
}

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use wheelwright_http::Client;
///
/// let client = Client::builder()
///     .timeout(Duration::from_secs(10))
///     .first_byte_timeout(Duration::from_secs(2))
///     .max_connections_per_host(4)
///     .build()?;
/// # let _: Client = client;
/// # Ok::<(), wheelwright_http::Error>(())
/// ```
#[doc(alias = "TCPConnector")]
#[derive(Debug, Default)]
#[must_use = "a builder builds nothing until `build` is called"]
pub struct ClientBuilder {
    pub(super) options: Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            total: None,
            pool: None,
            dns: None,
            connect: Some(Duration::from_secs(10)),
            send: None,
            first_byte: None,
            gap: None,
            pool_idle_timeout: Duration::from_secs(15),
            pool_max_idle_per_host: None,
            max_connections_per_host: None,
            max_head: MAX_HEAD,
            resolver: None,
            #[cfg(feature = "tls")]
            tls: tls::Settings::default(),
            redirect: Policy::limited(10),
            retry: None,
            https_only: false,
        }
    }
}

impl ClientBuilder {
    /// Limits a whole call, from its first wait to the last byte of the body.
    ///
    /// There is no limit unless it is set.
    #[doc(alias = "ClientTimeout")]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.total = Some(limit);
        self
    }

    /// Limits the wait for one of the host's connections, where those are limited.
    ///
    /// No limit unless it is set. A call that finds none in time fails with `Timeout(Pool)`; after zero, at once.
    pub fn pool_timeout(mut self, limit: Duration) -> Self {
        self.options.pool = Some(limit);
        self
    }

    /// Limits the lookup of a name. No limit unless it is set.
    pub fn dns_timeout(mut self, limit: Duration) -> Self {
        self.options.dns = Some(limit);
        self
    }

    /// Limits connecting to all of a host's addresses together: 10 s unless it is set.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.options.connect = Some(limit);
        self
    }

    /// Limits each wait for room to send more of a request. No limit unless it is set.
    pub fn send_timeout(mut self, limit: Duration) -> Self {
        self.options.send = Some(limit);
        self
    }

    /// Limits the wait from the end of the request to the response's first byte.
    ///
    /// No limit unless it is set.
    pub fn first_byte_timeout(mut self, limit: Duration) -> Self {
        self.options.first_byte = Some(limit);
        self
    }

    /// Limits each wait for more bytes of a response that has begun.
    ///
    /// No limit unless it is set.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.options.gap = Some(limit);
        self
    }

    /// Closes connections that were idle for so long, or a little longer.
    ///
    /// It is 15 s unless it is set. Zero keeps none.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.options.pool_idle_timeout = limit;
        self
    }

    /// Keeps at most so many idle connections for each host.
    ///
    /// No limit unless it is set.
    pub fn pool_max_idle_per_host(mut self, count: usize) -> Self {
        self.options.pool_max_idle_per_host = Some(count);
        self
    }

    /// Uses at most so many connections to each host at once.
    ///
    /// Further calls wait in line. No limit unless it is set.
    ///
    /// # Panics
    /// If `count` is zero: no call could ever be made.
    #[doc(alias = "limit_per_host")]
    pub fn max_connections_per_host(mut self, count: usize) -> Self {
        assert!(0 < count, "a host needs at least one connection");
        self.options.max_connections_per_host = Some(count);
        self
    }

    /// Limits the head of a response, interim responses included.
    ///
    /// It is 64 KiB unless it is set.
    pub fn max_head(mut self, bytes: usize) -> Self {
        self.options.max_head = bytes;
        self
    }

    /// Follows redirects so far: ten of them unless it is set.
    #[doc(alias("allow_redirects", "max_redirects", "follow_redirects"))]
    pub fn redirect(mut self, policy: Policy) -> Self {
        self.options.redirect = policy;
        self
    }

    /// Tries again what failed for a reason that may pass.
    ///
    /// Nothing is tried again unless it is set, but for what [`send`](super::RequestBuilder::send) says of connections that
    /// were kept.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Refuses every `http://` URL, those of redirects included.
    pub fn https_only(mut self) -> Self {
        self.options.https_only = true;
        self
    }

    /// Looks names up by this function of a host and a port.
    ///
    /// Unless it is set, `getaddrinfo` does on the blocking pool. The future is dropped if its call is, and where another call
    /// gives a connection back first.
    ///
    /// ```
    /// use wheelwright_http::Client;
    ///
    /// let client = Client::builder()
    ///     .resolver(|host, port| async move {
    ///         assert_eq!(host, "db.internal");
    ///         Ok(vec![([127, 0, 0, 1], port).into()])
    ///     })
    ///     .build()?;
    /// # drop(client);
    /// # Ok::<(), wheelwright_http::Error>(())
    /// ```
    pub fn resolver<F, R>(mut self, resolve: F) -> Self
    where
        F: Fn(String, u16) -> R + 'static,
        R: Future<Output = io::Result<Vec<SocketAddr>>> + 'static,
    {
        self.options.resolver = Some(Rc::new(move |host, port| Box::pin(resolve(host, port))));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// None but, with the feature `tls`, `Tls` if a root certificate is none.
    pub fn build(self) -> Result<Client, Error> {
        #[cfg(feature = "tls")]
        self.options.tls.check()?;
        Ok(Client { pool: Pool::new(self.options) })
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("total", &self.total)
            .field("connect", &self.connect)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("max_connections_per_host", &self.max_connections_per_host)
            .finish_non_exhaustive()
    }
}
