//! Turns the kernel's events into wakes.
//!
//! One `mio::Poll`, edge-triggered, and one [`Source`] for each registered descriptor: what it is believed to be ready for,
//! and who waits. An edge is told once, so readiness is cleared only when the kernel has said that nothing is left
//! (`WouldBlock`, or a short read where that proves it), and never on another error. Descriptors that nobody else can hold
//! are not deregistered before they are closed: closing does it, and an event that is already on its way finds another
//! generation.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use slab::Slab;

use crate::observe::event::Kind;
use crate::observe::recorder::{self, record, record_at};
use crate::observe::state::RecordedSource;
use crate::observe::{self, Place};
use crate::wait_list::WaitList;
use crate::waker;

/// The token of the waker that other threads use.
const REMOTE: Token = Token(usize::MAX);
/// How many events one turn takes from the kernel.
const EVENTS: usize = 1024;
const SLOT_BITS: u32 = 32;

/// One of the two ways bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

const READ: u8 = 1;
const WRITE: u8 = 2;
const READ_CLOSED: u8 = 4;
const URGENT: u8 = 8;

impl Direction {
    fn bit(self) -> u8 {
        match self {
            Self::Read => READ,
            Self::Write => WRITE,
        }
    }
}

/// A loop's look at the kernel.
pub(crate) struct Reactor {
    poll: RefCell<Poll>,
    pub(crate) registry: Registry,
    /// Taken out while its events are handed out, since wakes may run anybody's code.
    events: Cell<Option<Events>>,
    sources: RefCell<Slab<Rc<Source>>>,
    next_generation: Cell<u32>,
    /// How many waits for a stream's bytes are under way: virtual time must not jump over them.
    pub(crate) waiting: Cell<usize>,
    /// The runtime is gone: operations on what was registered fail.
    dead: Cell<bool>,
}

/// What the loop knows of a descriptor.
pub(crate) struct Source {
    slot: usize,
    generation: u32,
    pub(crate) fd: RawFd,
    ready: Cell<u8>,
    /// At most one each way: streams are used through `&mut`.
    waiters: [Cell<Option<Waiter>>; 2],
    /// Those who wait for each direction through `&`, first come first: there once somebody did.
    sharers: OnceCell<Box<[RefCell<WaitList<()>>; 2]>>,
}

struct Waiter {
    waker: Waker,
    /// Virtual time may jump over it: nobody depends on its coming soon.
    background: bool,
}

impl Reactor {
    pub(crate) fn new() -> io::Result<(Rc<Self>, mio::Waker)> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), REMOTE)?;
        let registry = poll.registry().try_clone()?;
        let reactor = Self {
            poll: RefCell::new(poll),
            registry,
            events: Cell::new(Some(Events::with_capacity(EVENTS))),
            sources: RefCell::new(Slab::new()),
            next_generation: Cell::new(0),
            waiting: Cell::new(0),
            dead: Cell::new(false),
        };
        Ok((Rc::new(reactor), waker))
    }

    /// Looks at the kernel once, waiting at most `limit` (for ever if `None`), and wakes whom the events are for.
    pub(crate) fn turn(&self, limit: Option<Duration>) -> io::Result<()> {
        let mut events = self.events.take().expect("turns do not nest: block_on refuses to");
        record(Kind::KernelEnter, 0, limit.map_or(u64::MAX, observe::nanos), 0);
        let polled = self.poll.borrow_mut().poll(&mut events, limit);
        if polled.is_ok() {
            recorder::tick();
            record(Kind::KernelExit, 0, events.iter().count() as u64, 0);
            events.iter().filter(|event| event.token() != REMOTE).for_each(|event| self.hand_out(event));
        }
        self.events.set(Some(events));
        // A signal ends the wait: whoever waits for one has an event of their own.
        polled.or_else(|error| if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) })
    }

    fn hand_out(&self, event: &Event) {
        let (slot, generation) = (event.token().0 & u32::MAX as usize, (event.token().0 >> SLOT_BITS) as u32);
        let source = self.sources.borrow().get(slot).filter(|source| source.generation == generation).cloned();
        if let Some(source) = source {
            source.set_ready(event);
            self.wake(&source, Direction::Read);
            self.wake(&source, Direction::Write);
        }
    }

    /// Wakes whoever waits for a direction that is ready, with nothing borrowed.
    fn wake(&self, source: &Source, direction: Direction) {
        if !source.is_ready(direction) {
            return;
        }
        if let Some(waiter) = self.take_waiter(source, direction) {
            waker::wake(waiter.waker);
        }
        // The list stays the same one, or its keys would name others' waits; who lines up meanwhile is not woken.
        let Some(sharers) = source.sharers.get().map(|both| &both[direction as usize]) else { return };
        let waiting = sharers.borrow().len();
        for _ in 0..waiting {
            let Some(sharer) = sharers.borrow_mut().pop_front() else { return };
            waker::wake(sharer.waker);
        }
    }

    /// Registers a descriptor of ours, believed ready both ways until the kernel says otherwise.
    pub(crate) fn register(&self, fd: RawFd, watched: Interest) -> io::Result<Rc<Source>> {
        self.check_alive()?;
        let generation = self.next_generation.get();
        self.next_generation.set(generation.wrapping_add(1));
        let slot = self.sources.borrow().vacant_key();
        let token = Token((generation as usize) << SLOT_BITS | slot);
        self.registry.register(&mut SourceFd(&fd), token, watched)?;
        let source = Rc::new(Source {
            slot,
            generation,
            fd,
            ready: Cell::new(READ | WRITE),
            waiters: [const { Cell::new(None) }; 2],
            sharers: OnceCell::new(),
        });
        self.sources.borrow_mut().insert(Rc::clone(&source));
        record(Kind::SourceRegistered, 0, slot as u64, fd as u64);
        Ok(source)
    }

    /// Forgets a source whose descriptor is about to be closed.
    pub(crate) fn forget(&self, source: &Source) {
        self.leave(source, Direction::Read);
        self.leave(source, Direction::Write);
        if !self.dead.get() {
            record(Kind::SourceDropped, 0, source.slot as u64, 0);
            let forgotten = self.sources.borrow_mut().try_remove(source.slot);
            drop(forgotten);
        }
    }

    /// The one who uses this direction waits for it.
    pub(crate) fn wait(&self, source: &Source, direction: Direction, cx: &Context<'_>, background: bool) {
        let old = self.take_waiter(source, direction);
        let waker = match old {
            Some(waiter) if waiter.waker.will_wake(cx.waker()) => waiter.waker,
            other => {
                drop(other);
                waker::keep(cx.waker())
            }
        };
        self.waiting.set(self.waiting.get() + usize::from(!background));
        source.waiters[direction as usize].set(Some(Waiter { waker, background }));
    }

    /// They wait no longer.
    pub(crate) fn leave(&self, source: &Source, direction: Direction) {
        drop(self.take_waiter(source, direction));
    }

    fn take_waiter(&self, source: &Source, direction: Direction) -> Option<Waiter> {
        let waiter = source.waiters[direction as usize].take()?;
        self.waiting.set(self.waiting.get() - usize::from(!waiter.background));
        Some(waiter)
    }

    /// What is registered, as a recording shows it.
    pub(crate) fn states(&self) -> BTreeMap<u32, RecordedSource> {
        let sources = self.sources.borrow();
        let state = |source: &Source| RecordedSource { fd: source.fd as u64, ready: source.ready.get() };
        sources.iter().map(|(slot, source)| (slot as u32, state(source))).collect()
    }

    /// How many descriptors are registered.
    pub(crate) fn len(&self) -> usize {
        self.sources.borrow().len()
    }

    /// # Errors
    /// The runtime that the descriptor was registered with is gone.
    pub(crate) fn check_alive(&self) -> io::Result<()> {
        if self.dead.get() {
            return Err(io::Error::other(
                "the runtime this socket belongs to has ended: use a socket only in the runtime that first waited for it",
            ));
        }
        Ok(())
    }

    /// The runtime ends: wakes everybody who waits here, to find it dead.
    pub(crate) fn kill(&self) {
        self.dead.set(true);
        let sources = std::mem::take(&mut *self.sources.borrow_mut());
        for (_, source) in sources {
            source.ready.set(READ | WRITE);
            self.wake(&source, Direction::Read);
            self.wake(&source, Direction::Write);
        }
    }
}

impl Source {
    pub(crate) fn sharers(&self, direction: Direction) -> &RefCell<WaitList<()>> {
        &self.sharers.get_or_init(|| Box::new([const { RefCell::new(WaitList::new()) }; 2]))[direction as usize]
    }

    pub(crate) fn is_ready(&self, direction: Direction) -> bool {
        self.ready.get() & direction.bit() != 0
    }

    /// The kernel said that the direction would block.
    pub(crate) fn clear(&self, direction: Direction) {
        self.ready.set(self.ready.get() & !direction.bit());
        record_at(Kind::SourceBlocked, direction.bit(), Place::UNKNOWN, 0, self.slot as u64, 0);
    }

    /// A read came back short, which on a stream says that nothing was left; unless the other side has closed, whose edge
    /// may have been this very one, or has ever sent urgent data, before which a read stops.
    pub(crate) fn drained(&self) {
        if self.ready.get() & (READ_CLOSED | URGENT) == 0 {
            self.clear(Direction::Read);
        }
    }

    fn set_ready(&self, event: &Event) {
        let closed = event.is_read_closed() || event.is_error();
        let told = [
            (READ, event.is_readable() || closed),
            (WRITE, event.is_writable() || event.is_write_closed() || event.is_error()),
            (READ_CLOSED, closed),
            (URGENT, event.is_priority()),
        ];
        let bits = told.iter().filter(|(_, is_so)| *is_so).fold(0, |bits, (bit, _)| bits | bit);
        self.ready.set(self.ready.get() | bits);
        record_at(Kind::SourceReady, bits, Place::UNKNOWN, 0, self.slot as u64, 0);
    }
}
