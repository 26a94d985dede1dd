//! Turns one connection into two values, one for each way, lent (`&Connection`) or owned (`Rc<Connection>`).

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, Wire};
use super::operations::{Operation, Try, write_all};
use super::socket::Interest;
use crate::reactor::Direction;

/// The way in of a [`Connection`].
///
/// ```
/// use wheelwright::net::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let (mut input, mut output) = TcpStream::connect(listener.local_addr()?).await?.into_split();
///     let (mut server, _) = listener.accept().await?;
///     let writer = wheelwright::spawn(async move { output.write_all(b"hello").await });
///     let mut buf = [0; 5];
///     server.read(&mut buf).await?;
///     server.write_all(&buf).await?;
///     assert_eq!(input.read(&mut buf).await?, 5);
///     writer.await.unwrap()
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct ReadHalf<P: Deref<Target: TwoWays>>(pub(super) P);

/// The way out of a [`Connection`].
#[derive(Debug)]
pub struct WriteHalf<P: Deref<Target: TwoWays>>(pub(super) P);

/// What a [`ReadHalf`] and a [`WriteHalf`] are halves of: a [`Connection`].
pub trait TwoWays {
    /// Nobody waits for this way any more.
    fn leave(&self, way: Shutdown);
}

impl<S> TwoWays for Connection<S> {
    fn leave(&self, way: Shutdown) {
        self.socket.leave(if way == Shutdown::Read { Direction::Read } else { Direction::Write });
    }
}

// A wait by the ecosystem's traits has no future whose drop would end it.
impl<P: Deref<Target: TwoWays>> Drop for ReadHalf<P> {
    fn drop(&mut self) {
        self.0.leave(Shutdown::Read);
    }
}

impl<P: Deref<Target: TwoWays>> Drop for WriteHalf<P> {
    fn drop(&mut self) {
        self.0.leave(Shutdown::Write);
    }
}

impl<S: Wire, P: Deref<Target = Connection<S>>> ReadHalf<P> {
    /// As [`Connection::read`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was read.
    #[track_caller]
    pub fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Operation<'a, S, impl Try<Connection<S>, usize>> {
        Operation::new(&self.0, Direction::Read, |stream| stream.take(buf))
    }

    /// As [`Connection::readable`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn readable(&mut self) -> Operation<'_, S, impl Try<Connection<S>, ()>> {
        Operation::new(&self.0, Direction::Read, |_| Ok(()))
    }

    /// As [`Connection::try_read`].
    ///
    /// # Errors
    /// As there.
    pub fn try_read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.take(buf)
    }

    /// The connection, to ask it for addresses and options.
    #[must_use]
    pub fn stream(&self) -> &Connection<S> {
        &self.0
    }
}

impl<S: Wire, P: Deref<Target = Connection<S>>> WriteHalf<P> {
    /// As [`Connection::write`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[track_caller]
    pub fn write<'a>(&'a mut self, bytes: &'a [u8]) -> Operation<'a, S, impl Try<Connection<S>, usize>> {
        Operation::new(&self.0, Direction::Write, |stream| stream.put(bytes))
    }

    /// As [`Connection::write_all`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Not cancel-safe: if it is dropped, an unknown part was written.
    #[track_caller]
    pub fn write_all<'a>(&'a mut self, bytes: &'a [u8]) -> Operation<'a, S, impl Try<Connection<S>, ()>> {
        Operation::new(&self.0, Direction::Write, write_all(bytes))
    }

    /// As [`Connection::write_vectored`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, nothing was written.
    #[track_caller]
    pub fn write_vectored<'a>(
        &'a mut self,
        slices: &'a [IoSlice<'a>],
    ) -> Operation<'a, S, impl Try<Connection<S>, usize>> {
        Operation::new(&self.0, Direction::Write, |stream| stream.put_vectored(slices))
    }

    /// As [`Connection::writable`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    #[track_caller]
    pub fn writable(&mut self) -> Operation<'_, S, impl Try<Connection<S>, ()>> {
        Operation::new(&self.0, Direction::Write, |_| Ok(()))
    }

    /// Tells the other side that no more will come. Dropping the half does not.
    ///
    /// # Errors
    /// Those of `shutdown(2)`.
    pub fn shutdown(&self) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)
    }

    /// The connection, to ask it for addresses and options.
    #[must_use]
    pub fn stream(&self) -> &Connection<S> {
        &self.0
    }
}

impl<S: Wire, P: Deref<Target = Connection<S>>> AsyncRead for ReadHalf<P> {
    #[track_caller]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.socket.poll_io(Interest::new(Direction::Read, Location::caller()), cx, || self.0.take(buf))
    }
}

impl<S: Wire, P: Deref<Target = Connection<S>>> AsyncWrite for WriteHalf<P> {
    #[track_caller]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.socket.poll_io(Interest::new(Direction::Write, Location::caller()), cx, || self.0.put(bytes))
    }

    #[track_caller]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let interest = Interest::new(Direction::Write, Location::caller());
        self.0.socket.poll_io(interest, cx, || self.0.put_vectored(slices))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown())
    }
}
