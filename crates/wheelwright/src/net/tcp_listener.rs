//! Turns a local address into connections.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::Location;
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

use super::Accept;
use super::accept::SHORTEST_PAUSE;
use super::platform::REUSES_ADDRESS;
use super::socket::Socket;

/// How many connections the kernel holds for us until they are accepted. mio asks for 128, and a burst beyond the backlog
/// costs a client a second until its SYN is sent again.
const BACKLOG: i32 = 1024;

/// A TCP socket that takes connections.
///
/// Several tasks may wait in [`accept`](Self::accept) at once. When the process runs out of descriptors it waits and tries
/// again, from 5 ms up to 1 s apart, and no connection is lost that the kernel holds.
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
pub struct TcpListener {
    pub(super) socket: Socket<mio::net::TcpListener>,
    /// How long the next pause is, should there be no descriptor left.
    pub(super) pause: Cell<Duration>,
}

impl TcpListener {
    /// Listens at an address; port 0 lets the system choose. `SO_REUSEADDR` is set, and the backlog is 1,024.
    ///
    /// It does not wait, so a name here is looked up in place and blocks the loop: give it numbers.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)` for the last address tried.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with_backlog(address, BACKLOG)
    }

    /// Listens as [`bind`](Self::bind) does, with another backlog.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_with_backlog(address: impl ToSocketAddrs, backlog: i32) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no address to listen at");
        for address in address.to_socket_addrs()? {
            match listen(address, backlog) {
                Ok(listener) => {
                    let socket = Socket::new(mio::net::TcpListener::from_std(listener));
                    return Ok(Self { socket, pause: Cell::new(SHORTEST_PAUSE) });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// Those of `accept(2)` that do not pass by themselves. The listener can be used further.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, no connection was taken.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_> {
        Accept::new(self, Location::caller())
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }
}

fn listen(address: SocketAddr, backlog: i32) -> io::Result<std::net::TcpListener> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if REUSES_ADDRESS {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    Ok(socket.into())
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener").field("local", &self.local_addr().ok()).field("socket", &self.socket).finish()
    }
}
