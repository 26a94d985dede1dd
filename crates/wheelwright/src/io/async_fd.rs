//! Turns any descriptor that the kernel can watch into operations that a task can await.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::net::socket::Socket;
use crate::net::{Attempt, Try};
use crate::observe::WaitOn;

/// A descriptor of any kind that tasks wait for.
///
/// For instance a pipe, a terminal, a timer or a socket of another library.
///
/// [`read_with`](Self::read_with) and [`write_with`](Self::write_with) call an operation when the descriptor may be ready,
/// and wait when the operation says [`WouldBlock`](io::ErrorKind::WouldBlock). There is no readiness to be cleared by hand,
/// and so none to be cleared too early or never. Any number of tasks may wait at once.
///
/// The descriptor is made non-blocking, which its duplicates share: another process that has the same terminal or pipe open
/// sees that too. It is deregistered from the loop when it is dropped or given back, so that duplicates do no harm.
///
/// ```
/// use std::io::{Read, Write};
/// use wheelwright::io::AsyncFd;
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     let (reader, mut writer) = std::io::pipe()?;
///     let reader = AsyncFd::new(reader)?;
///     writer.write_all(b"hello")?;
///     let mut buf = [0; 8];
///     let count = reader.read_with(|mut pipe| pipe.read(&mut buf)).await?;
///     assert_eq!(&buf[..count], b"hello");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("add_reader", "add_writer", "Async"))]
#[derive(Debug)]
pub struct AsyncFd<T> {
    socket: Socket<T>,
}

impl<T: AsFd> AsyncFd<T> {
    /// Registers a descriptor with this thread's loop.
    ///
    /// # Errors
    /// `Unsupported` for a regular file or a directory, which are always ready and cannot be watched: [`fs`](crate::fs)
    /// reads them. `AlreadyExists` if this descriptor is registered already. An error outside a runtime.
    pub fn new(descriptor: T) -> io::Result<Self> {
        let socket = Socket::adopt(descriptor)?;
        socket.register().map_err(explain)?;
        Ok(Self { socket })
    }

    /// Reads by an operation that is called once the descriptor may be readable.
    ///
    /// It is called again after each `WouldBlock`; what else it returns comes out.
    ///
    /// The kernel tells once of what has come. So the operation may say `WouldBlock` only if the descriptor did, or if
    /// nothing is to be done before more has come.
    ///
    /// # Errors
    /// Those of the operation, or that the descriptor's runtime has ended.
    ///
    /// # Cancel safety
    /// If it is dropped before it is ready, the last call of the operation said `WouldBlock`.
    #[track_caller]
    #[doc(alias("readable", "async_io", "sock_recv"))]
    pub fn read_with<R, F: Try<T, R>>(&self, operation: F) -> Attempt<'_, T, F> {
        Attempt::new(&self.socket, WaitOn::Readable, operation)
    }

    /// Writes as [`read_with`](Self::read_with) reads, once the descriptor may be writable.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    #[track_caller]
    #[doc(alias = "writable")]
    pub fn write_with<R, F: Try<T, R>>(&self, operation: F) -> Attempt<'_, T, F> {
        Attempt::new(&self.socket, WaitOn::Writable, operation)
    }

    /// What holds the descriptor.
    #[must_use]
    pub fn get_ref(&self) -> &T {
        self.socket.io()
    }

    /// Gives it back, deregistered from the loop and still non-blocking.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.socket.into_io()
    }
}

/// What the kernel means.
fn explain(error: io::Error) -> io::Error {
    let (kind, what) = match error.kind() {
        io::ErrorKind::PermissionDenied => (
            io::ErrorKind::Unsupported,
            "this descriptor cannot be watched: a file is always ready, use wheelwright::fs",
        ),
        kind @ io::ErrorKind::AlreadyExists => (kind, "this descriptor is registered with the loop already"),
        _ => return error,
    };
    io::Error::new(kind, what)
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
