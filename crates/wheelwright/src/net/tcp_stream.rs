//! Turns an address into a TCP connection, and holds what only TCP has.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::connection::Sealed;
use super::operations::{Operation, Try};
use super::platform;
use super::socket::Socket;
use super::{Connect, Connection, ToAddress};
use crate::reactor::Direction;

/// A TCP connection.
///
/// It is a [`Connection`] of std's stream: reads, writes, halves and conversions are there. Nagle's algorithm is off: what
/// is written is sent.
///
/// ```
/// use wheelwright::net::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let mut client = TcpStream::connect(listener.local_addr()?).await?;
///     let (mut server, _) = listener.accept().await?;
///     client.write_all(b"ping").await?;
///     let mut buf = [0; 4];
///     assert_eq!(server.read(&mut buf).await?, 4);
///     assert_eq!(&buf, b"ping");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("read_exact", "readexactly", "StreamWriter"))]
pub type TcpStream = Connection<std::net::TcpStream>;

impl Sealed for std::net::TcpStream {
    type Listener = mio::net::TcpListener;
    type Peer = SocketAddr;
    const SHORT_READ_DRAINS: bool = platform::SHORT_READ_DRAINS;

    #[inline]
    fn bytes(&self) -> impl Read + Write {
        self
    }

    fn accept(listener: &Self::Listener) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = listener.accept()?;
        // Some systems refuse options to a connection that has gone meanwhile.
        let stream = TcpStream::made(Socket::new(stream.into())).map_err(|_| io::ErrorKind::ConnectionAborted)?;
        Ok((stream, peer))
    }

    fn prepare(&self) -> io::Result<()> {
        // Urgent data would otherwise split a read without an edge for what comes after it.
        SockRef::from(self).set_out_of_band_inline(true)
    }
}

impl TcpStream {
    /// A connection that was just made.
    pub(super) fn made(socket: Socket<std::net::TcpStream>) -> io::Result<Self> {
        socket.io().prepare()?;
        socket.io().set_nodelay(true)?;
        Ok(Self { socket })
    }

    /// Connects to an address, by name or number.
    ///
    /// It may be `"127.0.0.1:80"`, `("example.com", 80)`, a `SocketAddr`, or several.
    ///
    /// Names are looked up on the blocking pool. Several addresses are tried as RFC 8305 says: the two families in turn,
    /// beginning with that of the first address; the next one when one failed, or after 250 ms without an answer. The first
    /// connection made is taken and the others are closed.
    ///
    /// # Errors
    /// That of the address, or, when several failed, one that names the error of each and has the kind of the last;
    /// `NotFound` if there is no address, or what the lookup gave.
    ///
    /// # Cancel safety
    /// Dropping it closes the connections being made.
    #[track_caller]
    #[doc(alias("create_connection", "happy eyeballs", "open_connection"))]
    pub fn connect(address: impl ToAddress) -> Connect {
        Connect::new(address.to_address(), Location::caller())
    }

    /// Reads what comes next and leaves it to be read again.
    ///
    /// # Errors
    /// Those of `recv(2)`, or that the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn peek<'a>(&'a mut self, buf: &'a mut [u8]) -> Operation<'a, std::net::TcpStream, impl Try<Self, usize>> {
        Operation::new(self, Direction::Read, |stream| stream.socket.attempt(Direction::Read, |io| io.peek(buf)))
    }

    /// The address of the other side.
    ///
    /// # Errors
    /// Those of `getpeername(2)`.
    #[doc(alias("get_extra_info", "getpeername"))]
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

    /// Turns Nagle's algorithm off (true, as it is at first) or on.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.io().set_nodelay(nodelay)
    }

    /// Lets the kernel probe a connection that has been silent for so long.
    ///
    /// `None` is for never, as it is at first.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    pub fn set_keepalive(&self, silence: Option<Duration>) -> io::Result<()> {
        let socket = SockRef::from(self.socket.io());
        match silence {
            Some(silence) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence)),
            None => socket.set_keepalive(false),
        }
    }
}
