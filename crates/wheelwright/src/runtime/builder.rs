//! Turns settings into a runtime, installed on its thread.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::handle::Inbox;
use super::{CURRENT, EventLoop, Runtime};
use crate::observe::slow;
use crate::pool::{OnFinished, Pool, PoolLimits};
use crate::reactor::Reactor;
use crate::report::{self, Consequence, Unhandled};
use crate::schedule::{self, Order, Schedule};
use crate::timer::Timers;
use crate::{mailbox, ready};

/// The settings of a [`Runtime`].
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{Runtime, time};
///
/// let runtime = Runtime::builder().paused().max_blocking_threads(2).build()?;
/// runtime.block_on(time::sleep(Duration::from_secs(3600))); // at once: the clock is paused
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes no runtime until `build`"]
pub struct Builder {
    paused: bool,
    pub(super) schedule: Schedule,
    limits: PoolLimits,
    inbox: usize,
    recorded: Option<usize>,
    unhandled: Unhandled,
    pub(super) slow_poll: Option<Duration>,
    pub(super) debug: bool,
    /// What is done as soon as the runtime is there.
    at_start: Option<fn() -> io::Result<()>>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            paused: false,
            schedule: Schedule::Fifo,
            limits: PoolLimits::default(),
            inbox: 1024,
            recorded: None,
            unhandled: Unhandled::default(),
            slow_poll: None,
            debug: false,
            at_start: None,
        }
    }

    /// Pauses the clock: it jumps to the next deadline when every task waits for one.
    ///
    /// An hour of sleeps takes milliseconds. While something real is awaited (a socket's bytes, a blocking job) it runs at
    /// real speed. A listener in `accept` does not count as such.
    #[doc(alias("start_paused", "pause", "advance", "MockClock", "autojump_clock"))]
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }

    /// Records the last `capacity` events of the loop, from its first one on.
    ///
    /// [`record::take`](crate::record::take) gives them, also after the runtime has ended. Without it
    /// [`record::start`](crate::record::start) begins a recording at any time.
    pub fn recorded(mut self, capacity: usize) -> Self {
        self.recorded = Some(capacity);
        self
    }

    /// Sets how many threads blocking jobs may have at once; 64 unless set.
    ///
    /// They start on demand.
    pub fn max_blocking_threads(mut self, count: usize) -> Self {
        self.limits.threads = count.max(1);
        self
    }

    /// Reports each poll that takes at least so long.
    ///
    /// And each lap whose polls do together. The [`slow`](crate::slow) module says what a report tells. Without it, and without [`debug`](Self::debug), polls are not
    /// timed, and cost nothing for it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let runtime = wheelwright::Runtime::builder().slow_poll(Duration::from_millis(10)).build()?;
    /// runtime.block_on(async { std::thread::sleep(Duration::from_millis(20)) }); // told of on stderr
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias("slow_callback_duration", "long_poll"))]
    pub fn slow_poll(mut self, threshold: Duration) -> Self {
        self.slow_poll = Some(threshold);
        self
    }

    /// Sets how many blocking jobs may wait for a thread; 10,000 unless set.
    ///
    /// One more is refused.
    pub fn max_blocking_queue(mut self, count: usize) -> Self {
        self.limits.queue = count;
        self
    }

    /// Sets how long a blocking thread without work stays; 10 s unless set.
    #[doc(alias = "thread_keep_alive")]
    pub fn blocking_keep_alive(mut self, limit: Duration) -> Self {
        self.limits.keep_alive = limit;
        self
    }

    /// Sets how many futures sent by handles may wait for the loop; 1,024 unless set.
    ///
    /// A sender over the bound gets its factory back.
    pub fn inbox_capacity(mut self, count: usize) -> Self {
        self.inbox = count;
        self
    }

    /// Sets what a failure that nobody takes does, beyond words on stderr.
    ///
    /// Nothing unless set.
    ///
    /// ```should_panic
    /// use wheelwright::{Runtime, Unhandled, spawn};
    ///
    /// let runtime = Runtime::builder().unhandled(Unhandled::ShutDown).build().unwrap();
    /// runtime.block_on(async {
    ///     spawn(async { panic!("nobody joins it") }).detach();
    ///     std::future::pending::<()>().await // and yet it ends
    /// });
    /// ```
    #[doc(alias("unhandled_panic", "set_exception_handler", "unhandledRejection"))]
    pub fn unhandled(mut self, unhandled: Unhandled) -> Self {
        self.unhandled = unhandled;
        self
    }

    /// Does something as soon as the runtime is there.
    pub(crate) fn at_start(mut self, act: fn() -> io::Result<()>) -> Self {
        self.at_start = Some(act);
        self
    }

    /// Makes the runtime and installs it on this thread.
    ///
    /// # Errors
    /// If this thread has a runtime, if 4,096 are alive in the process, or if the system refuses the three descriptors
    /// that a loop needs. If the environment sets a [`Schedule`] or a [debug mode](Self::debug) that cannot be read.
    pub fn build(self) -> io::Result<Runtime> {
        if ready::is_installed() {
            return Err(io::Error::other("this thread already has a runtime: drop it first, or use it"));
        }
        let this = self.debugged()?;
        let order = Order::new(this.schedule)?;
        let (reactor, waker) = Reactor::new()?;
        let Some(id) = mailbox::take_id() else {
            return Err(io::Error::other("4,096 runtimes are alive in this process, and there can be no more"));
        };
        let mailbox = mailbox::of(id);
        ready::install(id, mailbox.open(waker));
        // Only a paused clock depends on how many jobs are under way, and must look again when one is not any more.
        let on_finished = this.paused.then(|| -> OnFinished { Box::new(|| mailbox.ring()) });
        let event_loop = Rc::new(EventLoop {
            reactor,
            timers: Rc::new(Timers::new(this.paused)),
            pool: Pool::new(this.limits, on_finished),
            inbox: Inbox::new(mailbox, this.inbox),
            mailbox,
            id,
            turned_at: Cell::new(None),
            look_at: Cell::new(1),
            running: Cell::new(false),
            remote: Cell::new(Vec::new()),
        });
        schedule::begin(order);
        report::install(Consequence::of(this.unhandled, || mailbox.ring()));
        CURRENT.with(|current| *current.borrow_mut() = Some(Rc::clone(&event_loop)));
        slow::watch(this.slow_poll);
        if let Some(capacity) = this.recorded {
            event_loop.begin_recording(capacity);
        }
        let runtime = Runtime { event_loop };
        this.at_start.map_or(Ok(()), |act| act())?;
        Ok(runtime)
    }
}
