//! Turns a non-blocking descriptor into one that a task can wait for.
//!
//! A socket is used first and registered only when it would block: one that is always ready costs no `epoll_ctl`.

use std::cell::{OnceCell, Ref, RefCell};
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::platform::WATCHED;
use crate::observe::{self, Line, WaitOn};
use crate::reactor::{Direction, Reactor, Source};
use crate::wait_list::{self, WaitKey};
use crate::{ready, runtime};

/// A descriptor, and its place in a reactor once it had to wait.
pub(crate) struct Socket<S: mio::event::Source + AsRawFd> {
    /// Borrowed mutably only to be registered.
    io: RefCell<S>,
    binding: OnceCell<Binding>,
}

struct Binding {
    reactor: Rc<Reactor>,
    source: Rc<Source>,
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

impl<S: mio::event::Source + AsRawFd> Socket<S> {
    /// A socket in use: it is believed ready both ways until it would block.
    pub(crate) fn new(io: S) -> Self {
        Self { io: RefCell::new(io), binding: OnceCell::new() }
    }

    /// A socket whose connection is being made: registered at once, and ready for nothing.
    pub(crate) fn connecting(io: S) -> io::Result<Self> {
        let socket = Self::new(io);
        let source = &socket.bind()?.source;
        source.clear(Direction::Read);
        source.clear(Direction::Write);
        Ok(socket)
    }

    pub(crate) fn io(&self) -> Ref<'_, S> {
        self.io.borrow()
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
        let Some(binding) = self.binding.get() else { return Poll::Ready(Ok(())) };
        binding.reactor.check_alive()?;
        if binding.source.is_ready(interest.direction) {
            return Poll::Ready(Ok(()));
        }
        binding.reactor.wait(&binding.source, interest.direction, cx, interest.background);
        if binding.source.is_ready(interest.direction) {
            // Keeping or dropping another executor's waker is not beyond ending the runtime.
            binding.reactor.leave(&binding.source, interest.direction);
            return Poll::Ready(binding.reactor.check_alive());
        }
        let on = match interest.direction {
            Direction::Read => WaitOn::Readable,
            Direction::Write => WaitOn::Writable,
        };
        observe::waits(on, self.number(), interest.at);
        Poll::Pending
    }

    /// Tries an operation once. `WouldBlock` clears the direction, after registering a socket that was not.
    pub(crate) fn attempt<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        if let Some(binding) = self.binding.get() {
            binding.reactor.check_alive()?;
        }
        loop {
            let result = operation(&self.io.borrow());
            match result {
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

    /// As `poll_io`, for reads through `&`: any number of tasks may wait, `key` names this one's place among them.
    pub(crate) fn poll_shared<T>(
        &self,
        key: &mut Option<WaitKey>,
        at: Line,
        cx: &Context<'_>,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        if ready::poll_budget(cx).is_pending() {
            observe::waits(WaitOn::Yield, 0, at);
            return Poll::Pending;
        }
        if self.may_be_ready(Direction::Read) {
            match self.attempt(Direction::Read, &mut operation) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => {
                    self.unshare(key);
                    return Poll::Ready(result);
                }
            }
        }
        ready::refund_budget();
        let binding = self.binding.get().expect("a socket that would block is registered");
        binding.reactor.check_alive()?;
        *key = Some(wait_list::line_up(&binding.source.sharers, *key, (), cx));
        if binding.source.is_ready(Direction::Read) {
            // Keeping or dropping another executor's waker is not beyond ending the runtime.
            cx.waker().wake_by_ref();
        }
        observe::waits(WaitOn::Accept, self.number(), at);
        Poll::Pending
    }

    /// Whose place this is waits no longer.
    pub(crate) fn unshare(&self, key: &mut Option<WaitKey>) {
        if let (Some(binding), Some(key)) = (self.binding.get(), key.take()) {
            wait_list::leave(&binding.source.sharers, key);
        }
    }

    /// Whether the direction may be ready, as far as the loop knows.
    pub(crate) fn may_be_ready(&self, direction: Direction) -> bool {
        self.binding.get().is_none_or(|binding| binding.source.is_ready(direction))
    }

    /// A read came back short. On a socket that is not registered this proves nothing for later.
    pub(crate) fn drained(&self) {
        if let Some(binding) = self.binding.get() {
            binding.source.drained();
        }
    }

    /// Whoever waited for the direction does so no longer.
    pub(crate) fn leave(&self, direction: Direction) {
        if let Some(binding) = self.binding.get() {
            binding.reactor.leave(&binding.source, direction);
        }
    }

    fn bind(&self) -> io::Result<&Binding> {
        if let Some(binding) = self.binding.get() {
            return Ok(binding);
        }
        let reactor = runtime::try_current(|event_loop| Rc::clone(&event_loop.reactor)).ok_or_else(|| {
            io::Error::other("a socket was waited for outside a runtime: await it inside wheelwright::block_on")
        })?;
        let source = reactor.register(&mut *self.io.borrow_mut(), WATCHED)?;
        Ok(self.binding.get_or_init(|| Binding { reactor, source }))
    }

    /// The descriptor as reports show it.
    fn number(&self) -> u32 {
        u32::try_from(self.io.borrow().as_raw_fd()).unwrap_or_default()
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.io.borrow().as_raw_fd()
    }
}

impl<S: mio::event::Source + AsRawFd> Drop for Socket<S> {
    fn drop(&mut self) {
        // The descriptor is closed after this, and takes itself out of epoll; an event on its way finds another generation.
        if let Some(binding) = self.binding.take() {
            binding.reactor.forget(&binding.source);
        }
    }
}

impl<S: mio::event::Source + AsRawFd> fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("descriptor", &self.raw())
            .field("registered", &self.binding.get().is_some())
            .finish()
    }
}
