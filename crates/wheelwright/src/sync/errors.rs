//! Turns the ways in which waiting and sending come to nothing into types that say which, and give the value back.

use std::error::Error;
use std::fmt;

/// What was waited for will not come: the other end is gone, or was closed.
///
/// ```
/// use wheelwright::sync::{Closed, Semaphore};
///
/// let door = Semaphore::new(0);
/// door.close();
/// assert_eq!(wheelwright::block_on(door.acquire()).err(), Some(Closed));
/// ```
#[doc(alias("RecvError", "QueueShutDown"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is closed: there is nothing left to wait for")
    }
}

impl Error for Closed {}

/// Nobody will receive the value; here it is again.
///
/// ```
/// use wheelwright::sync::{SendError, mpsc};
///
/// let (sender, receiver) = mpsc::channel(1);
/// drop(receiver);
/// assert_eq!(wheelwright::block_on(sender.send("a value")), Err(SendError("a value")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody will receive it: the channel is closed")
    }
}

impl<T> Error for SendError<T> {}

/// The value cannot be sent at once; here it is again.
///
/// ```
/// use wheelwright::sync::{TrySendError, mpsc};
///
/// let (sender, receiver) = mpsc::channel(1);
/// sender.try_send(1).unwrap();
/// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
/// drop(receiver);
/// assert_eq!(sender.try_send(3), Err(TrySendError::Closed(3)));
/// ```
#[doc(alias = "QueueFull")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// As many values as the channel holds are waiting for the receiver.
    Full(T),
    /// Nobody will receive the value.
    Closed(T),
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Full(_)) { "Full(..)" } else { "Closed(..)" })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Full(_)) { "the channel is full" } else { "the channel is closed" })
    }
}

impl<T> Error for TrySendError<T> {}

/// There is no value at once.
///
/// ```
/// use wheelwright::sync::{TryRecvError, mpsc};
///
/// let (sender, mut receiver) = mpsc::channel::<u8>(1);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
/// ```
#[doc(alias = "QueueEmpty")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// One may come yet.
    Empty,
    /// None will come any more.
    #[doc(alias = "Disconnected")]
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Empty { "the channel is empty" } else { "the channel is closed" })
    }
}

impl Error for TryRecvError {}
