//! Turns an address or a path into connections.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::Location;

use socket2::{Domain, Protocol, Type};

use super::Accept;
use super::connection::Wire;
use super::platform::REUSES_ADDRESS;
use super::socket::Socket;

/// How many connections the kernel holds for us until they are accepted. mio asks for 128, and a burst beyond the backlog
/// costs a client a second until its SYN is sent again.
const BACKLOG: i32 = 1024;

/// A socket that takes connections.
///
/// [`TcpListener`] and [`UnixListener`](super::UnixListener) are its two kinds.
///
/// Several tasks may wait in [`accept`](Self::accept) at once. When the process runs out of descriptors it waits and tries
/// again, from 5 ms up to 1 s apart, and no connection is lost that the kernel holds.
///
/// ```
/// use wheelwright::net::{Listener, Wire};
///
/// async fn close_each<S: Wire>(listener: Listener<S>) -> std::io::Result<()> {
///     loop {
///         drop(listener.accept().await?);
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Listener<S: Wire> {
    pub(super) socket: Socket<S::Listener>,
}

/// A TCP socket that takes connections.
///
/// It is a [`Listener`] whose connections are [`TcpStream`](super::TcpStream)s.
///
/// ```
/// use wheelwright::net::TcpListener;
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let client = std::net::TcpStream::connect(listener.local_addr()?)?;
///     let (stream, peer) = listener.accept().await?;
///     assert_eq!(peer, client.local_addr()?);
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("start_server", "create_server"))]
pub type TcpListener = Listener<std::net::TcpStream>;

impl<S: Wire> Listener<S> {
    /// Waits for the next connection.
    ///
    /// # Errors
    /// Those of `accept(2)` that do not pass by themselves. The listener can be used further.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, no connection was taken.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_, S> {
        Accept::new(self, Location::caller())
    }
}

impl TcpListener {
    /// Listens at an address; port 0 lets the system choose.
    ///
    /// `SO_REUSEADDR` is set, and the backlog is 1,024.
    ///
    /// It does not wait, so a name here is looked up in place and blocks the loop: give it numbers.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)` for the last address tried.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        ListenOptions::new().bind(address)
    }

    /// Takes a listener of std over; it is made non-blocking.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self { socket: Socket::adopt(mio::net::TcpListener::from_std(listener))? })
    }

    /// Gives the listener to std, deregistered from the loop and still non-blocking.
    #[must_use]
    pub fn into_std(self) -> std::net::TcpListener {
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

/// How a [`TcpListener`] is to listen.
///
/// With [`reuse_port`](Self::reuse_port) several loops, each on a thread of its own, listen at one address, and the kernel
/// deals the connections out.
///
/// ```
/// use wheelwright::net::ListenOptions;
///
/// # fn main() -> std::io::Result<()> {
/// let one = ListenOptions::new().reuse_port().bind("127.0.0.1:0")?;
/// let other = ListenOptions::new().reuse_port().bind(one.local_addr()?)?;
/// # drop(other);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "TcpSocket")]
#[derive(Clone, Debug)]
#[must_use = "nobody listens until it is bound"]
pub struct ListenOptions {
    backlog: i32,
    shares_port: bool,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self { backlog: BACKLOG, shares_port: false }
    }
}

impl ListenOptions {
    /// Begins with a backlog of 1,024, and an address of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections the kernel holds until they are accepted.
    pub fn backlog(mut self, connections: i32) -> Self {
        self.backlog = connections;
        self
    }

    /// Lets other sockets of this user listen at the address, if they ask for it too.
    ///
    /// That is `SO_REUSEPORT`: one loop for each core may listen at the same port.
    #[doc(alias = "SO_REUSEPORT")]
    pub fn reuse_port(mut self) -> Self {
        self.shares_port = true;
        self
    }

    /// Listens at an address, as [`TcpListener::bind`] does.
    ///
    /// # Errors
    /// As there.
    pub fn bind(&self, address: impl ToSocketAddrs) -> io::Result<TcpListener> {
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to listen at");
        for address in address.to_socket_addrs()? {
            match self.listen(address) {
                Ok(listener) => {
                    return Ok(TcpListener { socket: Socket::new(mio::net::TcpListener::from_std(listener)) });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn listen(&self, address: SocketAddr) -> io::Result<std::net::TcpListener> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_address(REUSES_ADDRESS)?;
        socket.set_reuse_port(self.shares_port)?;
        socket.bind(&address.into())?;
        socket.listen(self.backlog)?;
        Ok(socket.into())
    }
}

/// Lends the descriptor. It may have been duplicated then, so that it is deregistered before it is closed.
impl<S: Wire> AsFd for Listener<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
