//! Turns one value, sent once, into a future.
//!
//! Both ends hold the same allocation, and each says there that it is gone before it wakes the other: a waker may poll at
//! once.

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::waiting::LoneWaiter;
use super::{Closed, TryRecvError};
use crate::observe::{Line, WaitOn, resource_id};

/// Makes a channel for one value.
///
/// It is for the reply to a request, or the outcome of something started elsewhere.
///
/// The two ends work within one thread. For more than one value there is [`mpsc`](super::mpsc); for a result that several
/// tasks look at, [`watch`](super::watch) or [`OnceCell`](super::OnceCell); for a task's own output,
/// its [`JoinHandle`](crate::JoinHandle); for a reply from another thread, [`remote`](super::remote) with a capacity of 1.
///
/// # Examples
///
/// A request that carries the way back for its reply:
///
/// ```
/// use wheelwright::sync::{mpsc, oneshot};
///
/// wheelwright::block_on(async {
///     let (requests, mut inbox) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(8);
///     let server = wheelwright::spawn(async move {
///         while let Some((number, reply)) = inbox.recv().await {
///             // Whoever asked may have gone meanwhile.
///             let _ = reply.send(number * number);
///         }
///     });
///     let (reply, answer) = oneshot::channel();
///     requests.send((12, reply)).await.unwrap();
///     assert_eq!(answer.await, Ok(144));
///     drop(requests);
///     server.await.unwrap();
/// });
/// ```
#[doc(alias("create_future", "set_result"))]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Rc::new(Channel {
        id: resource_id(),
        value: Cell::new(None),
        has_sender: Cell::new(true),
        has_receiver: Cell::new(true),
        receiver: LoneWaiter::new(),
        sender: LoneWaiter::new(),
    });
    (Sender { channel: Rc::clone(&channel) }, Receiver { channel, at: Location::caller() })
}

struct Channel<T> {
    id: u32,
    /// There from the sending until the receiver takes it.
    value: Cell<Option<T>>,
    has_sender: Cell<bool>,
    has_receiver: Cell<bool>,
    receiver: LoneWaiter,
    /// A sender that waits for the receiver to go.
    sender: LoneWaiter,
}

impl<T> Channel<T> {
    #[inline]
    fn take(&self) -> Result<T, TryRecvError> {
        let nothing = if self.has_sender.get() { TryRecvError::Empty } else { TryRecvError::Closed };
        self.value.take().ok_or(nothing)
    }
}

/// Sends the value; made by [`channel`].
///
/// Dropped before, it tells the receiver that nothing will come.
#[must_use = "a sender that is dropped tells the receiver that nothing will come"]
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Sends the value, without waiting.
    ///
    /// That it was sent does not mean that it will be received: the receiver may yet be dropped, and the value with it.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver is gone.
    ///
    /// ```
    /// let (sender, receiver) = wheelwright::sync::oneshot::channel();
    /// drop(receiver);
    /// assert_eq!(sender.send("here"), Err("here"));
    /// ```
    #[doc(alias = "set_result")]
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        if self.is_closed() {
            return Err(value);
        }
        self.channel.value.set(Some(value));
        // The receiver is woken as this end goes.
        Ok(())
    }

    /// Whether the receiver is gone, so that the work for it can be spared.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.channel.has_receiver.get()
    }

    /// Waits until the receiver is gone, to give up work that nobody wants any more.
    ///
    /// ```
    /// use wheelwright::sync::oneshot;
    ///
    /// wheelwright::block_on(async {
    ///     let (mut sender, receiver) = oneshot::channel::<u32>();
    ///     let work = wheelwright::spawn(async move {
    ///         let answer = std::future::pending::<u32>();
    ///         matches!(wheelwright::select(answer, sender.closed()).await, wheelwright::Either::Right(()))
    ///     });
    ///     wheelwright::yield_now().await;
    ///     drop(receiver);
    ///     assert!(work.await.unwrap());
    /// });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing; the sender can still send.
    #[track_caller]
    pub fn closed(&mut self) -> Closing<'_, T> {
        Closing { sender: self, at: Location::caller() }
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        self.channel.has_sender.set(false);
        self.channel.receiver.wake();
    }
}

show!([T] Sender<T>, |it| id: it.channel.id, closed: it.is_closed());

/// The value to come, as a future; made by [`channel`].
///
/// It gives [`Closed`] if the sender was dropped without sending, and also when it is awaited again after the value.
///
/// # Cancel safety
///
/// Awaited by reference (`(&mut receiver).await`) it loses nothing: the value stays until it is taken. Dropping the
/// receiver itself drops a value that was sent, and closes the channel.
#[must_use = "futures do nothing unless awaited"]
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
    at: Line,
}

impl<T> Receiver<T> {
    /// Takes the value if it is there.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] while it may come yet, [`TryRecvError::Closed`] if the sender was dropped without sending or
    /// the value was taken before.
    ///
    /// ```
    /// use wheelwright::sync::{TryRecvError, oneshot};
    ///
    /// let (sender, mut receiver) = oneshot::channel();
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    /// sender.send(7).unwrap();
    /// assert_eq!(receiver.try_recv(), Ok(7));
    /// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.take()
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, Closed>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let channel = &*self.channel;
        channel.receiver.poll(cx, (WaitOn::Value, channel.id, self.at), || channel.take())
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        self.channel.has_receiver.set(false);
        self.channel.receiver.leave();
        self.channel.sender.wake();
    }
}

show!([T] Receiver<T>, |it| id: it.channel.id);

/// Waits until nobody will receive; made by [`Sender::closed`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Closing<'a, T> {
    sender: &'a mut Sender<T>,
    at: Line,
}

impl<T> Future for Closing<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let what = (WaitOn::Gone, self.sender.channel.id, self.at);
        let is_gone = || if self.sender.is_closed() { Err(TryRecvError::Closed) } else { Err(TryRecvError::Empty) };
        self.sender.channel.sender.poll(cx, what, is_gone).map(|_: Result<(), Closed>| ())
    }
}

impl<T> Drop for Closing<'_, T> {
    fn drop(&mut self) {
        self.sender.channel.sender.leave();
    }
}

#[cfg(test)]
mod tests;
