//! Turns a non-blocking descriptor into one that a task can wait for.
//!
//! A socket is used first and registered only when it would block: one that is always ready costs no `epoll_ctl`.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use mio::event::Source as _;
use mio::unix::SourceFd;

use super::platform::WATCHED;
use crate::observe::{self, Line, WaitOn};
use crate::reactor::{Direction, Reactor, Source};
use crate::{ready, runtime};

/// A descriptor, and its place in a reactor once it had to wait.
pub(crate) struct Socket<S> {
    // Given up before the descriptor is closed.
    place: Place,
    io: S,
}

/// A descriptor's place in a reactor.
#[derive(Default)]
struct Place {
    binding: OnceCell<Binding>,
    /// A duplicate of the descriptor may outlive it, and would keep it registered.
    may_be_duplicated: Cell<bool>,
}

struct Binding {
    reactor: Rc<Reactor>,
    source: Rc<Source>,
    fd: RawFd,
}

/// How a task waits for a socket.
#[derive(Clone, Copy)]
pub(crate) struct Interest {
    pub(crate) direction: Direction,
    /// The line that waits.
    pub(crate) at: Line,
    /// Virtual time may jump over the wait.
    pub(crate) background: bool,
}

impl Interest {
    pub(crate) fn new(direction: Direction, at: Line) -> Self {
        Self { direction, at, background: false }
    }
}

impl<S> Socket<S> {
    /// A socket in use, of our own making: it is believed ready both ways until it would block.
    pub(crate) fn new(io: S) -> Self {
        Self { place: Place::default(), io }
    }

    pub(crate) fn io(&self) -> &S {
        &self.io
    }

    /// Gives the descriptor out, after taking it from the reactor.
    pub(crate) fn into_io(self) -> S {
        self.place.may_be_duplicated.set(true);
        drop(self.place);
        self.io
    }

    /// As `poll_ready`, at the price of some budget: a task that finds its socket always ready must pause all the same.
    pub(crate) fn poll_charged(&self, interest: Interest, cx: &Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ready(interest, cx))?;
        if ready::poll_budget(cx).is_pending() {
            observe::waits(WaitOn::Yield, 0, interest.at);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until the direction may be ready.
    pub(crate) fn poll_ready(&self, interest: Interest, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let Some(Binding { reactor, source, .. }) = self.place.binding.get() else { return Poll::Ready(Ok(())) };
        reactor.check_alive()?;
        if source.is_ready(interest.direction) {
            return Poll::Ready(Ok(()));
        }
        reactor.wait(source, interest.direction, cx, interest.background);
        if source.is_ready(interest.direction) {
            // Keeping or dropping another executor's waker is not beyond ending the runtime.
            reactor.leave(source, interest.direction);
            return Poll::Ready(reactor.check_alive());
        }
        let on = match interest.direction {
            Direction::Read => WaitOn::Readable,
            Direction::Write => WaitOn::Writable,
        };
        observe::waits(on, self.number(), interest.at);
        Poll::Pending
    }

    /// Whether the direction may be ready, as far as the loop knows.
    pub(crate) fn may_be_ready(&self, direction: Direction) -> bool {
        self.bound().is_none_or(|(_, source)| source.is_ready(direction))
    }

    /// A read came back short. On a socket that is not registered this proves nothing for later.
    pub(crate) fn drained(&self) {
        if let Some((_, source)) = self.bound() {
            source.drained();
        }
    }

    /// Whoever waited for the direction does so no longer.
    pub(crate) fn leave(&self, direction: Direction) {
        if let Some((reactor, source)) = self.bound() {
            reactor.leave(source, direction);
        }
    }

    /// Where it is registered, if it is.
    pub(super) fn bound(&self) -> Option<(&Reactor, &Source)> {
        self.place.binding.get().map(|binding| (&*binding.reactor, &*binding.source))
    }

    /// The descriptor as reports show it, once it is registered.
    pub(super) fn number(&self) -> u32 {
        self.place.binding.get().and_then(|binding| u32::try_from(binding.fd).ok()).unwrap_or_default()
    }
}

impl<S: AsFd> Socket<S> {
    /// A descriptor from elsewhere, in use. Others may hold duplicates of it: it is made non-blocking, which they share, and
    /// is deregistered in the end.
    pub(crate) fn adopt(io: S) -> io::Result<Self> {
        socket2::SockRef::from(&io).set_nonblocking(true)?;
        let socket = Self::new(io);
        socket.place.may_be_duplicated.set(true);
        Ok(socket)
    }

    /// A socket whose connection is being made: registered at once, and ready for nothing.
    pub(crate) fn connecting(io: S) -> io::Result<Self> {
        let socket = Self::new(io);
        let source = &socket.bind()?.source;
        source.clear(Direction::Read);
        source.clear(Direction::Write);
        Ok(socket)
    }

    /// Tries an operation whenever it may succeed, and waits when it would block.
    pub(crate) fn poll_io<T>(
        &self,
        interest: Interest,
        cx: &Context<'_>,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.poll_charged(interest, cx))?;
            match self.attempt(interest.direction, &mut operation) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready::refund_budget(),
                result => return Poll::Ready(result),
            }
        }
    }

    /// Tries an operation once. `WouldBlock` clears the direction, after registering a socket that was not.
    pub(crate) fn attempt<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some((reactor, _)) = self.bound() {
            reactor.check_alive()?;
        }
        loop {
            match operation(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Registered before readiness is cleared: the kernel tells of what came in between.
                    self.bind()?.source.clear(direction);
                    return Err(error);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Registers it, if it is not.
    pub(crate) fn register(&self) -> io::Result<()> {
        self.bind().map(drop)
    }

    fn bind(&self) -> io::Result<&Binding> {
        if let Some(binding) = self.place.binding.get() {
            return Ok(binding);
        }
        let reactor = runtime::try_current(|event_loop| Rc::clone(&event_loop.reactor)).ok_or_else(|| {
            io::Error::other("a socket was waited for outside a runtime: await it inside wheelwright::block_on")
        })?;
        let fd = self.raw();
        let source = reactor.register(&mut SourceFd(&fd), WATCHED)?;
        Ok(self.place.binding.get_or_init(|| Binding { reactor, source, fd }))
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.io.as_fd().as_raw_fd()
    }
}

/// Lends the descriptor, for socket2's `SockRef` and others to set options of. It may be duplicated now.
impl<S: AsFd> AsFd for Socket<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.place.may_be_duplicated.set(true);
        self.io.as_fd()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A descriptor of ours alone takes itself out of epoll when it is closed after this; an event on its way finds
        // another generation.
        let Some(Binding { reactor, source, fd }) = self.binding.take() else { return };
        if self.may_be_duplicated.get() {
            // It fails for what is not registered any more, which is what is wanted.
            let _ = SourceFd(&fd).deregister(&reactor.registry);
        }
        reactor.forget(&source);
    }
}

impl<S> fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("registered", &self.bound().map(|_| self.number())).finish_non_exhaustive()
    }
}
