//! Turns a TCP connection into reads and writes that a task can await.

use std::fmt;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use socket2::{SockRef, TcpKeepalive};

use super::halves::{ReadHalf, WriteHalf};
use super::operations::{Read, Readable, Wait, Writable, Write, WriteAll, WriteVectored};
use super::platform::SHORT_READ_DRAINS;
use super::socket::{Interest, Socket};
use super::{Connect, ToAddress};
use crate::reactor::Direction;

/// A TCP connection.
///
/// Its methods take `&mut self`, so that at most one task reads and one writes; [`split`](Self::split) and
/// [`into_split`](Self::into_split) give the two ways to two tasks. Nagle's algorithm is off: what is written is sent.
///
/// It belongs to the runtime in which it first had to wait. After that runtime's end every operation is an error.
/// Dropping it closes the connection.
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
pub struct TcpStream {
    pub(super) stream: Stream,
}

/// What a stream and its halves share: it trusts them to wait at most once each way.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) socket: Socket<mio::net::TcpStream>,
}

impl TcpStream {
    pub(super) fn new(socket: Socket<mio::net::TcpStream>) -> io::Result<Self> {
        let stream = Self { stream: Stream { socket } };
        stream.set_nodelay(true)?;
        // Urgent data would otherwise split a read without an edge for what comes after it.
        stream.with_socket(|socket| socket.set_out_of_band_inline(true))?;
        Ok(stream)
    }

    /// Connects to an address: `"127.0.0.1:80"`, `("example.com", 80)`, a `SocketAddr`, or several. Names are looked up
    /// on the blocking pool, and the addresses are tried one after the other until one answers.
    ///
    /// # Errors
    /// That of the last address, `NotFound` or what the lookup gave for a name without any.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection being made.
    #[track_caller]
    pub fn connect(address: impl ToAddress) -> Connect {
        Connect::new(address.to_address(), Location::caller())
    }

    /// Reads into `buf`: how many bytes came, 0 at the end of the stream.
    ///
    /// # Errors
    /// Those of `read(2)`, or that the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was read.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a> {
        Read { wait: Wait::new(&self.stream, Direction::Read, Location::caller()), buf }
    }

    /// Writes from `bytes`: how many were taken.
    ///
    /// # Errors
    /// Those of `write(2)`, or that the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[track_caller]
    pub fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Write<'a> {
        Write { wait: Wait::new(&self.stream, Direction::Write, Location::caller()), bytes }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// As [`write`](Self::write); an unknown part may have been written then.
    ///
    /// # Cancel safety
    /// Not cancel-safe: if it is dropped, an unknown part was written.
    #[track_caller]
    #[doc(alias = "sendall")]
    pub fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> WriteAll<'a> {
        WriteAll { wait: Wait::new(&self.stream, Direction::Write, Location::caller()), bytes }
    }

    /// Writes from several slices with one system call: how many bytes were taken.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[track_caller]
    pub fn write_vectored<'a>(&'a mut self, slices: &'a [IoSlice<'a>]) -> WriteVectored<'a> {
        WriteVectored { wait: Wait::new(&self.stream, Direction::Write, Location::caller()), slices }
    }

    /// Waits until there may be something to read, so that no buffer need be held meanwhile.
    ///
    /// # Errors
    /// That the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn readable(&mut self) -> Readable<'_> {
        Readable { wait: Wait::new(&self.stream, Direction::Read, Location::caller()) }
    }

    /// Waits until there may be room to write.
    ///
    /// # Errors
    /// That the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn writable(&mut self) -> Writable<'_> {
        Writable { wait: Wait::new(&self.stream, Direction::Write, Location::caller()) }
    }

    /// Whether the next read may succeed, as far as the loop knows: no system call. False is the loop's word that nothing
    /// had come when it last looked.
    #[must_use]
    pub fn read_ready(&self) -> bool {
        self.stream.socket.may_be_ready(Direction::Read)
    }

    /// Reads what is there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; else as [`read`](Self::read).
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buf)
    }

    /// Writes what there is room for, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else as [`write`](Self::write).
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.socket.attempt(Direction::Write, |mut io| io.write(bytes))
    }

    /// Writes what there is room for from several slices, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else as [`write`](Self::write).
    pub fn try_write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.socket.attempt(Direction::Write, |mut io| io.write_vectored(slices))
    }

    /// Closes one way of the connection, or both.
    ///
    /// # Errors
    /// Those of `shutdown(2)`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.stream.socket.io().shutdown(how)
    }

    /// Lends the two ways to two futures of one task.
    pub fn split(&mut self) -> (ReadHalf<&Self>, WriteHalf<&Self>) {
        (ReadHalf::new(self), WriteHalf::new(self))
    }

    /// Gives the two ways to two tasks. The connection is closed when both halves are dropped.
    #[must_use]
    pub fn into_split(self) -> (ReadHalf<Rc<Self>>, WriteHalf<Rc<Self>>) {
        let stream = Rc::new(self);
        (ReadHalf::new(Rc::clone(&stream)), WriteHalf::new(stream))
    }

    /// The address of the other side.
    ///
    /// # Errors
    /// Those of `getpeername(2)`.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.socket.io().peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.socket.io().local_addr()
    }

    /// Turns Nagle's algorithm off (true, as it is at first) or on.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.stream.socket.io().set_nodelay(nodelay)
    }

    /// Lets the kernel probe a connection that has been silent for so long; `None` for never, as it is at first.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    pub fn set_keepalive(&self, silence: Option<Duration>) -> io::Result<()> {
        self.with_socket(|socket| match silence {
            Some(silence) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence)),
            None => socket.set_keepalive(false),
        })
    }

    fn with_socket<T>(&self, look: impl FnOnce(SockRef<'_>) -> T) -> T {
        look(SockRef::from(&*self.stream.socket.io()))
    }
}

impl Stream {
    pub(super) fn poll_read(&self, interest: Interest, cx: &Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let count = std::task::ready!(self.socket.poll_io(interest, cx, |mut io| io.read(buf)))?;
        self.look_at_length(count, buf.len());
        Poll::Ready(Ok(count))
    }

    pub(super) fn poll_write(&self, interest: Interest, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.socket.poll_io(interest, cx, |mut io| io.write(bytes))
    }

    pub(super) fn poll_write_vectored(
        &self,
        interest: Interest,
        cx: &Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_io(interest, cx, |mut io| io.write_vectored(slices))
    }

    pub(super) fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.attempt(Direction::Read, |mut io| io.read(buf))?;
        self.look_at_length(count, buf.len());
        Ok(count)
    }

    /// A short read saves the one that would say `WouldBlock`.
    fn look_at_length(&self, count: usize, asked: usize) {
        if SHORT_READ_DRAINS && 0 < count && count < asked {
            self.socket.drained();
        }
    }
}

impl AsyncRead for TcpStream {
    #[track_caller]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_read(Interest::new(Direction::Read, Location::caller()), cx, buf)
    }
}

impl AsyncWrite for TcpStream {
    #[track_caller]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_write(Interest::new(Direction::Write, Location::caller()), cx, bytes)
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_write_vectored(Interest::new(Direction::Write, Location::caller()), cx, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown(Shutdown::Write))
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream").field("peer", &self.peer_addr().ok()).field("socket", &self.stream.socket).finish()
    }
}
