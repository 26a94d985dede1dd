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

pub(super) struct Binding {
    pub(super) reactor: Rc<Reactor>,
    pub(super) source: Rc<Source>,
    fd: RawFd,
}

/// While it is there, virtual time does not jump: somebody waits for what others answer.
pub(super) struct Awaited(Rc<Reactor>);

impl Awaited {
    pub(super) fn new(reactor: &Rc<Reactor>) -> Self {
        reactor.waiting.set(reactor.waiting.get() + 1);
        Self(Rc::clone(reactor))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
    }
}

/// How a task waits for a socket.
#[derive(Clone, Copy, Debug)]
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

/// Spends some budget: a task that finds everything ready must pause all the same.
#[inline]
pub(crate) fn poll_charge(at: Line, cx: &Context<'_>) -> Poll<()> {
    let charged = ready::poll_budget(cx);
    if charged.is_pending() {
        observe::waits(WaitOn::Yield, 0, at);
    }
    charged
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

    /// Tries an operation whenever it may succeed, each time at the price of some budget, and waits when it would block.
    #[inline]
    pub(crate) fn poll_io<T>(
        &self,
        interest: Interest,
        cx: &Context<'_>,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.poll_ready(interest, cx))?;
            ready!(poll_charge(interest.at, cx));
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // One that did a part of its work has paid for that.
                    if !self.may_be_ready(interest.direction) {
                        ready::refund_budget();
                    }
                }
                result => return Poll::Ready(result),
            }
        }
    }

    /// Waits until the direction may be ready.
    fn poll_ready(&self, interest: Interest, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let Some(Binding { reactor, source, .. }) = self.bound() else { return Poll::Ready(Ok(())) };
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
        self.bound().is_none_or(|binding| binding.source.is_ready(direction))
    }

    /// A read came back short. On a socket that is not registered this proves nothing for later.
    pub(crate) fn drained(&self) {
        if let Some(binding) = self.bound() {
            binding.source.drained();
        }
    }

    /// Whoever waited for the direction does so no longer.
    pub(crate) fn leave(&self, direction: Direction) {
        if let Some(Binding { reactor, source, .. }) = self.bound() {
            reactor.leave(source, direction);
        }
    }

    /// Where it is registered, if it is.
    pub(super) fn bound(&self) -> Option<&Binding> {
        self.place.binding.get()
    }

    /// The descriptor as reports show it, once it is registered.
    pub(super) fn number(&self) -> u32 {
        self.bound().and_then(|binding| u32::try_from(binding.fd).ok()).unwrap_or_default()
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

    /// Tries an operation once. `WouldBlock` clears the direction, after registering a socket that was not.
    pub(crate) fn attempt<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(binding) = self.bound() {
            binding.reactor.check_alive()?;
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
        let fd = self.io.as_fd().as_raw_fd();
        let source = reactor.register(fd, WATCHED)?;
        Ok(self.place.binding.get_or_init(|| Binding { reactor, source, fd }))
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

show!([S: fmt::Debug] Socket<S>, |it| io: it.io, registered: it.bound().map(|_| it.number()));

#[cfg(test)]
mod tests;
