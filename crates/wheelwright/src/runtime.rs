//! Turns ready tasks, timers and kernel events into laps: the loop itself, the only part that knows them all.
//!
//! ```text
//! lap:  1  the mailbox says PENDING: take the remote wakes and what the handles sent
//!       2  who is ready becomes the batch; whoever is woken from now on runs in the next lap
//!       3  each of the batch is polled, with a budget; after 256 polls or 1 ms the reactor has a turn in between
//!       4  nothing ready: park until an event, a timer or a remote wake
//! ```

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::mailbox::{self, Mailbox};
use crate::observe::event::Kind;
use crate::observe::recorder::{self, record};
use crate::observe::{self, Line};
use crate::pool::Pool;
use crate::reactor::Reactor;
use crate::ready::{self, KERNEL, Next, TIMER};
use crate::timer::Timers;
use crate::waker::{self, Key, probe};
use crate::{report, task};

mod builder;
mod debug;
mod entry;
mod explore;
mod handle;
mod recorded;
pub(crate) mod trouble;

pub use builder::Builder;
pub use entry::{Runtime, block_on, test};
pub use handle::{Handle, HandleError, RemoteJoinHandle};

use handle::Inbox;

/// After so many polls the kernel is looked at, also inside a batch: a busy loop still hears its sockets and timers.
pub(crate) const POLLS_PER_TURN: u32 = 256;
/// And after so much time, where polls are slow.
const TIME_PER_TURN: Duration = Duration::from_millis(1);
/// After so many polls at the latest a loop that has parked looks at the clock again.
const FIRST_LOOK: u32 = 4;

thread_local! {
    // Never destroyed, so that destructors at the thread's end may still ask.
    static CURRENT: ManuallyDrop<RefCell<Option<Rc<EventLoop>>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// What the futures of this thread find when they look for their loop.
pub(crate) struct EventLoop {
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) timers: Rc<Timers>,
    pub(crate) pool: Pool,
    pub(crate) inbox: Arc<Inbox>,
    mailbox: &'static Mailbox,
    id: u16,
    /// When the reactor last had a turn, if that is known.
    turned_at: Cell<Option<Instant>>,
    /// After how many polls since then to look at the clock: rarer, the shorter the polls are.
    look_at: Cell<u32>,
    /// A `block_on` is under way.
    running: Cell<bool>,
    /// Kept between drains for its allocation; empty meanwhile.
    remote: Cell<Vec<u32>>,
}

/// Looks at this thread's loop, with nothing borrowed meanwhile.
///
/// # Panics
/// Outside a runtime.
#[track_caller]
pub(crate) fn current<T>(look: impl FnOnce(&EventLoop) -> T) -> T {
    try_current(look).expect("there is no runtime on this thread: call this inside wheelwright::block_on")
}

/// Looks at this thread's loop, if there is one.
pub(crate) fn try_current<T>(look: impl FnOnce(&EventLoop) -> T) -> Option<T> {
    let event_loop = CURRENT.with(|current| current.borrow().clone())?;
    Some(look(&event_loop))
}

/// The root's slot, given back also when the root panics.
struct Root<'a> {
    event_loop: &'a EventLoop,
    key: Key,
}

impl Drop for Root<'_> {
    fn drop(&mut self) {
        self.event_loop.end_root();
        ready::free(self.key);
        ready::rest();
        self.event_loop.running.set(false);
    }
}

impl EventLoop {
    /// Whether a `block_on` is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.running.get()
    }

    fn run<F: Future>(&self, mut future: Pin<&mut F>, at: Line) -> F::Output {
        self.running.set(true);
        let root = Root { event_loop: self, key: ready::add_root(at) };
        loop {
            let waker = self.run_until_root_is_due();
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            ready::park::<false>(root.key);
            self.count_poll();
        }
    }

    /// The laps: mail, batch, park. Comes back whenever the root is next in the batch.
    fn run_until_root_is_due(&self) -> Waker {
        loop {
            let root =
                if recorder::is_watched() { self.run_watched() } else { self.run_batch::<false>().map(Key::waker) };
            if let Some(waker) = root {
                return waker;
            }
            if self.mailbox.answer() {
                self.open_mail();
            }
            if !ready::begin_lap() {
                self.park();
            }
        }
    }

    /// Polls those who are left in the batch; comes back early when the root is next.
    #[inline]
    fn run_batch<const WATCHED: bool>(&self) -> Option<Key> {
        while let Some(next) = ready::next::<WATCHED>() {
            match next {
                Next::Task(key, task) => step::<WATCHED>(key, task),
                Next::Root(key) => return Some(key),
            }
            self.count_poll();
        }
        None
    }

    #[inline]
    fn count_poll(&self) {
        let polls = ready::count_poll();
        if self.look_at.get() <= polls {
            self.look(polls);
        }
    }

    /// Takes what other threads sent: wakes, and futures to be spawned.
    fn open_mail(&self) {
        let mut slots = self.remote.take();
        self.mailbox.collect(&mut slots);
        ready::wake_slots(slots.drain(..));
        self.remote.set(slots);
        self.inbox.open();
        report::raise();
    }

    /// Looks at the clock, and at the kernel without waiting if it is time. Out of line, as it is seldom called.
    #[cold]
    fn look(&self, polls: u32) {
        let now = Instant::now();
        let turned_at = self.turned_at.get().unwrap_or(now);
        let is_late = TIME_PER_TURN <= now - turned_at;
        if !is_late && polls < POLLS_PER_TURN {
            self.turned_at.set(Some(turned_at));
            return self.look_at.set(POLLS_PER_TURN.min(2 * polls));
        }
        ready::reset_polls();
        if self.reactor.len() != 0 {
            self.turn(Some(Duration::ZERO));
        }
        self.fire();
        self.look_at.set(if is_late { 1 } else { POLLS_PER_TURN });
    }

    /// Nothing is ready: waits for an event, a timer or a remote wake.
    fn park(&self) {
        if !self.mailbox.lie_down() {
            // Counted as a poll: a storm of wakes for nobody must not keep sockets and timers waiting.
            return self.count_poll();
        }
        ready::reset_polls();
        match self.timers.paused_at() {
            None => self.turn(self.timers.until_next()),
            Some(clock) => self.park_paused(clock),
        }
        self.mailbox.get_up();
        self.fire();
        self.look_at.set(FIRST_LOOK.min(self.look_at.get()));
    }

    /// Jumps to the next deadline; runs at real speed while something real is awaited.
    fn park_paused(&self, clock: &Cell<u64>) {
        let is_real = 0 < self.reactor.waiting.get() + self.pool.unfinished();
        match self.timers.next_expiry() {
            // What lies at the end of the clock's range never comes.
            Some(next) if !is_real && next < u64::MAX => {
                self.turn(Some(Duration::ZERO));
                if !ready::is_any_ready() && self.mailbox.is_quiet() {
                    clock.set(next.max(clock.get()));
                }
            }
            _ => {
                let before = Instant::now();
                self.turn(self.timers.until_next());
                if is_real {
                    clock.set(clock.get().saturating_add(observe::nanos(before.elapsed())));
                }
            }
        }
    }

    fn turn(&self, limit: Option<Duration>) {
        ready::act_as(KERNEL);
        if let Err(error) = self.reactor.turn(limit) {
            panic!("the kernel refused to be waited for: {error}");
        }
    }

    /// Wakes those whose deadline has passed.
    fn fire(&self) {
        ready::act_as(TIMER);
        self.turned_at.set(self.timers.advance());
        ready::act_as(0);
    }

    /// The end, in this order: nothing new; the tasks; sockets and timers; the pool; then the thread is free again.
    fn shut_down(&self) {
        ready::close();
        self.inbox.close();
        let mut from = 0;
        while let Some((key, task)) = ready::find_task(from) {
            from = key.slot();
            record(Kind::Drop, ready::current_id(), 0, 0);
            let joiner = task.cancel(key);
            ready::free(key);
            if let Some(joiner) = joiner {
                waker::wake(joiner);
            }
        }
        task::tell_of_the_rest();
        self.reactor.kill();
        self.timers.kill();
        self.pool.close();
        let current = CURRENT.with(|current| current.borrow_mut().take());
        self.mailbox.close(ready::uninstall());
        self.mailbox.collect(&mut Vec::new());
        mailbox::return_id(self.id);
        drop(current);
    }
}

/// Polls one task, and frees its slot if that was the end of it.
#[inline]
fn step<const WATCHED: bool>(key: Key, task: Rc<dyn ready::Run>) {
    // Dropping a waker does nothing, but it is a call that the compiler cannot see through.
    let waker = ManuallyDrop::new(if WATCHED { probe::for_poll(key) } else { key.waker() });
    match task.run(&mut Context::from_waker(&waker), key) {
        Poll::Pending => ready::park::<WATCHED>(key),
        Poll::Ready(joiner) => {
            ready::free(key);
            drop(task);
            if let Some(joiner) = joiner {
                waker::wake(joiner);
            }
            if WATCHED {
                ready::note_end();
            }
        }
    }
}

#[cfg(test)]
mod tests;
