//! Turns a UDP port into datagrams that tasks send and receive.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket as StdSocket};
use std::os::fd::{AsFd, BorrowedFd};

use super::operations::Try;
use super::socket::Socket;
use super::turn::Attempt;
use crate::observe::WaitOn;

/// A UDP socket.
///
/// Its methods take `&self`: any number of tasks may send and receive at once, by an `Rc` or a reference; each datagram goes to one of
/// them. It lends its descriptor ([`AsFd`]), so that socket2's `SockRef` can set any option: broadcast, multicast, TTL.
///
/// ```
/// use wheelwright::net::UdpSocket;
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
///     one.send_to(b"hello", other.local_addr()?).await?;
///     let mut buf = [0; 1500];
///     let (length, from) = other.recv_from(&mut buf).await?;
///     assert_eq!((&buf[..length], from), (&b"hello"[..], one.local_addr()?));
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("DatagramProtocol", "create_datagram_endpoint"))]
#[derive(Debug)]
pub struct UdpSocket {
    socket: Socket<StdSocket>,
}

impl UdpSocket {
    /// Takes a port of an address; port 0 lets the system choose.
    ///
    /// A name is looked up in place, which blocks: give it numbers.
    ///
    /// # Errors
    /// Those of `socket(2)` and `bind(2)` for the last address tried.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let socket = StdSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: Socket::new(socket) })
    }

    /// Takes a socket of std over; it is made non-blocking.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn from_std(socket: StdSocket) -> io::Result<Self> {
        Ok(Self { socket: Socket::adopt(socket)? })
    }

    /// Gives the socket to std, deregistered from the loop and still non-blocking.
    #[must_use]
    pub fn into_std(self) -> StdSocket {
        self.socket.into_io()
    }

    /// Talks to one address only, from here on.
    ///
    /// [`send`](Self::send) goes there, and what others send is not received. It sends nothing and does not wait. A name is
    /// looked up in place, which blocks: give it numbers.
    ///
    /// # Errors
    /// Those of `connect(2)` for the last address tried.
    pub fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        self.socket.io().connect(address)
    }

    /// Sends one datagram to the connected address: how many bytes, which is all.
    ///
    /// # Errors
    /// Those of `send(2)`: also what the last datagram ran into, as `ConnectionRefused`.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was sent.
    #[track_caller]
    pub fn send<'a>(&'a self, bytes: &'a [u8]) -> Attempt<'a, StdSocket, impl Try<StdSocket, usize>> {
        Attempt::new(&self.socket, WaitOn::Writable, |io| io.send(bytes))
    }

    /// Sends one datagram to an address: how many bytes were sent, which is all.
    ///
    /// # Errors
    /// Those of `sendto(2)`.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was sent.
    #[track_caller]
    #[doc(alias("sendto", "sock_sendto"))]
    pub fn send_to<'a>(
        &'a self,
        bytes: &'a [u8],
        address: SocketAddr,
    ) -> Attempt<'a, StdSocket, impl Try<StdSocket, usize>> {
        Attempt::new(&self.socket, WaitOn::Writable, move |io| io.send_to(bytes, address))
    }

    /// Receives one datagram: how long it is. What does not fit into `buf` is lost.
    ///
    /// # Errors
    /// Those of `recv(2)`: on a connected socket also what the last datagram sent ran into, as `ConnectionRefused`.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was received.
    #[track_caller]
    pub fn recv<'a>(&'a self, buf: &'a mut [u8]) -> Attempt<'a, StdSocket, impl Try<StdSocket, usize>> {
        Attempt::new(&self.socket, WaitOn::Readable, |io| io.recv(buf))
    }

    /// Receives one datagram: how long it is, and who sent it.
    ///
    /// What does not fit into `buf` is lost.
    ///
    /// # Errors
    /// Those of `recvfrom(2)`.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was received.
    #[track_caller]
    #[doc(alias("recvfrom", "sock_recvfrom"))]
    pub fn recv_from<'a>(
        &'a self,
        buf: &'a mut [u8],
    ) -> Attempt<'a, StdSocket, impl Try<StdSocket, (usize, SocketAddr)>> {
        Attempt::new(&self.socket, WaitOn::Readable, |io| io.recv_from(buf))
    }

    /// The address it is connected to.
    ///
    /// # Errors
    /// Those of `getpeername(2)`: `NotConnected` if it is not.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().peer_addr()
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }
}

/// Lends the descriptor. It may have been duplicated then, so that it is deregistered before it is closed.
impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
