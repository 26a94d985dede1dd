//! Turns a signal of the system into a future, by a pipe that the reactor watches: no thread.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};
use std::task::{Context, Poll};

use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::net::socket::{Interest, Socket};
use crate::observe::Line;
use crate::reactor::Direction;

/// Waits for Ctrl-C (SIGINT).
///
/// It counts from this call, not from the first await: make the next one before you act on the last, and none is missed.
/// From the first call on, Ctrl-C no longer ends the process by itself, also while nobody waits.
///
/// # Errors
/// Awaiting it gives an error if the system refuses a pipe or the handler.
///
/// # Cancel safety
/// Dropping it forgets the signals that came since it was made.
///
/// ```no_run
/// use wheelwright::signal::ctrl_c;
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     ctrl_c().await?;
///     println!("finishing; press it again to end at once");
///     ctrl_c().await
/// })
/// # }
/// ```
#[doc(alias("SIGINT", "KeyboardInterrupt", "add_signal_handler", "open_signal_receiver"))]
#[track_caller]
pub fn ctrl_c() -> Signal {
    Signal::listen(SIGINT)
}

/// Waits for the request to end that service managers send (SIGTERM).
///
/// It counts as [`ctrl_c`] does, from this call.
///
/// # Errors
/// As [`ctrl_c`].
///
/// # Cancel safety
/// As [`ctrl_c`].
///
/// ```no_run
/// use wheelwright::{race, signal};
///
/// # fn main() -> std::io::Result<()> {
/// wheelwright::block_on(async {
///     race(signal::ctrl_c(), signal::terminate()).await?;
///     println!("finishing");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias("SIGTERM", "SignalKind"))]
#[track_caller]
pub fn terminate() -> Signal {
    Signal::listen(SIGTERM)
}

/// The future of [`ctrl_c`] and [`terminate`].
#[must_use = "a signal is noticed from here on, but nobody acts on it until this is awaited"]
#[derive(Debug)]
pub struct Signal {
    /// Or why there is none, until that was told.
    pipe: Result<Pipe, Option<io::Error>>,
    at: Line,
}

impl Signal {
    #[track_caller]
    pub(crate) fn listen(signal: i32) -> Self {
        Self { pipe: Pipe::open(signal).map_err(Some), at: Location::caller() }
    }

    /// # Errors
    /// Why it hears nothing.
    pub(crate) fn check(&self) -> io::Result<()> {
        let why = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
        self.pipe.as_ref().map(drop).map_err(|error| error.as_ref().map_or(io::ErrorKind::Other.into(), why))
    }
}

/// From now on a second SIGQUIT ends the process as if there were no handler.
pub(crate) fn let_second_quit_end() {
    static IS_SET: Once = Once::new();
    IS_SET.call_once(|| {
        let came = Arc::new(AtomicBool::new(false));
        // The system refuses a handler where it refused that of the pipe before, which was told.
        let set = flag::register_conditional_default(SIGQUIT, Arc::clone(&came));
        let _ = set.and_then(|_| flag::register(SIGQUIT, came));
    });
}

/// The handler writes a byte into the one end, the loop waits at the other.
#[derive(Debug)]
struct Pipe {
    end: Socket<mio::net::UnixStream>,
    handler: SigId,
}

impl Pipe {
    fn open(signal: i32) -> io::Result<Self> {
        let (end, handlers_end) = UnixStream::pair()?;
        end.set_nonblocking(true)?;
        handlers_end.set_nonblocking(true)?;
        let handler = low_level::pipe::register(signal, handlers_end)?;
        Ok(Self { end: Socket::new(mio::net::UnixStream::from_std(end)), handler })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        low_level::unregister(self.handler);
    }
}

impl Future for Signal {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let interest = Interest { direction: Direction::Read, at: self.at, background: true };
        match &mut self.pipe {
            Ok(Pipe { end, .. }) => {
                let take = |mut end: &mio::net::UnixStream| end.read(&mut [0; 1]).map(drop);
                end.poll_io(interest, cx, || end.attempt(Direction::Read, take))
            }
            Err(error) => Poll::Ready(Err(error.take().expect("a signal was polled after it told its error"))),
        }
    }
}
