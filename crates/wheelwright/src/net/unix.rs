//! Turns paths into connections on this machine: Unix sockets.

use std::io::{self, Read, Write};
use std::os::unix::net::{self, SocketAddr};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::connection::Sealed;
use super::patience::Patience;
use super::socket::{Awaited, Socket, poll_charge};
use super::{Connection, Listener};
use crate::observe::Line;
use crate::{ready, runtime};

/// A connection over a Unix socket: a [`Connection`] of std's stream.
///
/// ```
/// use wheelwright::net::UnixStream;
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (mut one, mut other) = UnixStream::pair()?;
///     one.write_all(b"hello").await?;
///     let mut buf = [0; 8];
///     assert_eq!(other.read(&mut buf).await?, 5);
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("open_unix_connection", "create_unix_connection"))]
pub type UnixStream = Connection<net::UnixStream>;

/// A Unix socket that takes connections.
///
/// It is a [`Listener`] whose connections are [`UnixStream`]s.
///
/// Binding makes a file at its path. Nobody unlinks it: a path that is there already is an error (`AddrInUse`), and the
/// file stays when the listener is dropped. Remove it yourself, before or after.
///
/// ```
/// use wheelwright::net::{UnixListener, UnixStream};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     # let path = std::env::temp_dir().join(format!("wheelwright-unix-{}", std::process::id()));
///     let listener = UnixListener::bind(&path)?;
///     let mut client = UnixStream::connect(&path).await?;
///     let (mut server, _) = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     assert_eq!(server.read(&mut [0; 8]).await?, 5);
///     std::fs::remove_file(path)
/// })
/// # }
/// ```
#[doc(alias("start_unix_server", "create_unix_server"))]
pub type UnixListener = Listener<net::UnixStream>;

impl Sealed for net::UnixStream {
    type Listener = mio::net::UnixListener;
    type Peer = SocketAddr;
    /// What comes with a passed descriptor ends a read early.
    const SHORT_READ_DRAINS: bool = false;

    #[inline]
    fn bytes(&self) -> impl Read + Write {
        self
    }

    fn accept(listener: &Self::Listener) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, peer) = listener.accept()?;
        Ok((UnixStream { socket: Socket::new(stream.into()) }, peer))
    }
}

impl UnixStream {
    /// Connects to the listener at a path.
    ///
    /// While that has no room it is asked again, after 5 ms at first and 1 s at last: no
    /// event tells of room.
    ///
    /// # Errors
    /// Those of `connect(2)`: `NotFound` if there is no such file, `ConnectionRefused` if nobody listens there.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nobody sees a connection.
    #[track_caller]
    pub fn connect(path: impl AsRef<Path>) -> ConnectUnix {
        let at = Location::caller();
        ConnectUnix { path: path.as_ref().to_owned(), patience: Patience::new(at), awaited: None, at }
    }

    /// Makes two connected streams without a path.
    ///
    /// # Errors
    /// Those of `socketpair(2)`.
    ///
    /// ```
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (mut left, mut right) = UnixStream::pair()?;
    ///     left.write_all(b"hello").await?;
    ///     let mut buf = [0; 8];
    ///     assert_eq!(right.read(&mut buf).await?, 5);
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "socketpair")]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = mio::net::UnixStream::pair()?;
        Ok((Self { socket: Socket::new(one.into()) }, Self { socket: Socket::new(other.into()) }))
    }

    /// The address of the other side.
    ///
    /// # Errors
    /// Those of `getpeername(2)`.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }
}

impl UnixListener {
    /// Listens at a path, where it makes a file.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)`.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { socket: Socket::new(mio::net::UnixListener::bind(path)?) })
    }

    /// Takes a listener of std over; it is made non-blocking.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn from_std(listener: net::UnixListener) -> io::Result<Self> {
        Ok(Self { socket: Socket::adopt(mio::net::UnixListener::from_std(listener))? })
    }

    /// Gives the listener to std, deregistered from the loop and still non-blocking.
    #[must_use]
    pub fn into_std(self) -> net::UnixListener {
        self.socket.into_io().into()
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }
}

/// The future of [`UnixStream::connect`].
#[must_use = "it connects to nothing until it is awaited"]
pub struct ConnectUnix {
    path: PathBuf,
    patience: Patience,
    /// There while the listener has no room.
    awaited: Option<Awaited>,
    at: Line,
}

impl Future for ConnectUnix {
    type Output = io::Result<UnixStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            ready!(self.patience.poll(cx));
            ready!(poll_charge(self.at, cx));
            match mio::net::UnixStream::connect(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready::refund_budget();
                    self.patience.pause();
                    self.awaited = Some(runtime::current(|event_loop| Awaited::new(&event_loop.reactor)));
                }
                result => {
                    self.awaited = None;
                    return Poll::Ready(result.map(|stream| UnixStream { socket: Socket::new(stream.into()) }));
                }
            }
        }
    }
}

show!([] ConnectUnix, |it| path: it.path);
