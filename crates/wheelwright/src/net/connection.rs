//! Turns a connection, of TCP or of a Unix socket, into reads and writes that a task can await.

use std::fmt;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use super::halves::{ReadHalf, WriteHalf};
use super::operations::{Operation, Try, write_all};
use super::socket::{Interest, Socket};
use crate::reactor::Direction;

/// A connection: bytes both ways. [`TcpStream`](super::TcpStream) and [`UnixStream`](super::UnixStream) are its two kinds.
///
/// Its methods take `&mut self`, so that at most one task reads and one writes; [`split`](Self::split) and
/// [`into_split`](Self::into_split) give the two ways to two tasks.
///
/// It belongs to the runtime in which it first had to wait. After that runtime's end every operation is an error.
/// Dropping it closes the connection. It lends its descriptor ([`AsFd`]), so that socket2's `SockRef` can set any option.
///
/// ```
/// use wheelwright::net::{Connection, UnixStream, Wire};
///
/// async fn greet<S: Wire>(stream: &mut Connection<S>) -> std::io::Result<()> {
///     stream.write_all(b"hello").await
/// }
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (mut one, mut other) = UnixStream::pair()?;
///     greet(&mut one).await?;
///     assert_eq!(other.read(&mut [0; 8]).await?, 5);
///     Ok(())
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct Connection<S> {
    pub(super) socket: Socket<S>,
}

/// What a [`Connection`] can be made of: std's stream of TCP or of a Unix socket.
///
/// It cannot be implemented elsewhere.
pub trait Wire: AsFd + Sealed + Sized {}

impl<S: Sealed> Wire for S {}

/// What the two kinds of [`Connection`] differ in.
pub trait Sealed: AsFd + fmt::Debug + Sized {
    /// mio's listener, whose connections are non-blocking from the first.
    type Listener: AsFd + fmt::Debug;
    /// Who connected.
    type Peer;
    /// Whether a read that comes back short proves that nothing is left.
    const SHORT_READ_DRAINS: bool;

    /// The stream as std's traits see it.
    fn bytes(&self) -> impl io::Read + io::Write;

    /// Takes a connection that the kernel holds.
    ///
    /// # Errors
    /// Those of `accept(2)`.
    fn accept(listener: &Self::Listener) -> io::Result<(Connection<Self>, Self::Peer)>;

    /// Sets the options without which reads would miss something.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`.
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }
}

impl<S: Wire> Connection<S> {
    /// Takes a stream of std over; it is made non-blocking.
    ///
    /// Duplicates of it share that, and do no harm: the stream is deregistered from the loop when it is dropped.
    ///
    /// # Errors
    /// Those of `fcntl(2)` and `setsockopt(2)`.
    pub fn from_std(stream: S) -> io::Result<Self> {
        stream.prepare()?;
        Ok(Self { socket: Socket::adopt(stream)? })
    }

    /// Gives the stream to std, deregistered from the loop and still non-blocking.
    ///
    /// ```
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (left, _right) = UnixStream::pair()?;
    ///     let plain: std::os::unix::net::UnixStream = left.into_std();
    ///     let again = UnixStream::from_std(plain)?;
    ///     assert!(again.read_ready());
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn into_std(self) -> S {
        self.socket.into_io()
    }

    /// Reads into `buf`: how many bytes came, 0 at the end of the stream.
    ///
    /// # Errors
    /// Those of `read(2)`, or that the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was read.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Operation<'a, S, impl Try<Self, usize>> {
        Operation::new(self, Direction::Read, |stream| stream.take(buf))
    }

    /// Writes from `bytes`: how many were taken.
    ///
    /// # Errors
    /// Those of `write(2)`, or that the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[track_caller]
    pub fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Operation<'a, S, impl Try<Self, usize>> {
        Operation::new(self, Direction::Write, |stream| stream.put(bytes))
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
    pub fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Operation<'a, S, impl Try<Self, ()>> {
        Operation::new(self, Direction::Write, write_all(bytes))
    }

    /// Writes from several slices with one system call: how many bytes were taken.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[doc(alias("writelines", "writev"))]
    #[track_caller]
    pub fn write_vectored<'a>(&'a mut self, slices: &'a [IoSlice<'a>]) -> Operation<'a, S, impl Try<Self, usize>> {
        Operation::new(self, Direction::Write, |stream| stream.put_vectored(slices))
    }

    /// Waits until there may be something to read; no buffer is held meanwhile.
    ///
    /// # Errors
    /// That the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    ///
    /// ```
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (mut reader, mut writer) = UnixStream::pair()?;
    ///     writer.write_all(b"hello").await?;
    ///     let bytes = loop {
    ///         reader.readable().await?;
    ///         let mut buf = vec![0; 1024]; // only now
    ///         match reader.try_read(&mut buf) {
    ///             Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///             outcome => break outcome?,
    ///         }
    ///     };
    ///     assert_eq!(bytes, 5);
    ///     Ok::<(), std::io::Error>(())
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn readable(&mut self) -> Operation<'_, S, impl Try<Self, ()>> {
        Operation::new(self, Direction::Read, |_| Ok(()))
    }

    /// Waits until there may be room to write.
    ///
    /// # Errors
    /// That the socket's runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn writable(&mut self) -> Operation<'_, S, impl Try<Self, ()>> {
        Operation::new(self, Direction::Write, |_| Ok(()))
    }

    /// Whether the next read may succeed, as far as the loop knows: no system call.
    ///
    /// False is the loop's word that nothing had come when it last looked.
    #[must_use]
    pub fn read_ready(&self) -> bool {
        self.socket.may_be_ready(Direction::Read)
    }

    /// Reads what is there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; else as [`read`](Self::read).
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.take(buf)
    }

    /// Writes what there is room for, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else as [`write`](Self::write).
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes)
    }

    /// Writes what there is room for from several slices, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; else as [`write`](Self::write).
    pub fn try_write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.put_vectored(slices)
    }

    /// Closes one way of the connection, or both.
    ///
    /// # Errors
    /// Those of `shutdown(2)`.
    #[doc(alias = "write_eof")]
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        SockRef::from(self.socket.io()).shutdown(how)
    }

    /// Lends the two ways to two futures of one task.
    pub fn split(&mut self) -> (ReadHalf<&Self>, WriteHalf<&Self>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// Gives the two ways to two tasks.
    ///
    /// The connection is closed when both halves are dropped.
    ///
    /// ```
    /// use wheelwright::net::UnixStream;
    ///
    /// wheelwright::block_on(async {
    ///     let (near, mut far) = UnixStream::pair()?;
    ///     let (mut reader, mut writer) = near.into_split();
    ///     let echo = wheelwright::spawn(async move {
    ///         let mut buf = [0; 8];
    ///         let bytes = far.read(&mut buf).await?;
    ///         far.write_all(&buf[..bytes]).await
    ///     });
    ///     writer.write_all(b"hello").await?;
    ///     assert_eq!(reader.read(&mut [0; 8]).await?, 5);
    ///     echo.await.expect("it does not panic")
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn into_split(self) -> (ReadHalf<Rc<Self>>, WriteHalf<Rc<Self>>) {
        let stream = Rc::new(self);
        (ReadHalf(Rc::clone(&stream)), WriteHalf(stream))
    }

    /// Reads once. A short read saves the one that would say `WouldBlock`.
    #[inline]
    pub(super) fn take(&self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.attempt(Direction::Read, |io| io.bytes().read(buf))?;
        if S::SHORT_READ_DRAINS && 0 < count && count < buf.len() {
            self.socket.drained();
        }
        Ok(count)
    }

    #[inline]
    pub(super) fn put(&self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.attempt(Direction::Write, |io| io.bytes().write(bytes))
    }

    #[inline]
    pub(super) fn put_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket.attempt(Direction::Write, |io| io.bytes().write_vectored(slices))
    }
}

impl<S: Wire> AsyncRead for Connection<S> {
    #[track_caller]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.socket.poll_io(Interest::new(Direction::Read, Location::caller()), cx, || self.take(buf))
    }
}

impl<S: Wire> AsyncWrite for Connection<S> {
    #[track_caller]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.socket.poll_io(Interest::new(Direction::Write, Location::caller()), cx, || self.put(bytes))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_io(Interest::new(Direction::Write, Location::caller()), cx, || self.put_vectored(slices))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown(Shutdown::Write))
    }
}

/// Lends the descriptor. It may have been duplicated then, so that it is deregistered before it is closed.
impl<S: Wire> AsFd for Connection<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
