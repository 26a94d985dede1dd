//! Turns blocking jobs into work for threads, which start on demand and end when idle.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use crate::{panics, report};

/// After so long the end of a runtime says what it waits for.
const SILENCE: Duration = Duration::from_secs(1);

/// How large a pool may grow.
#[derive(Clone, Debug)]
pub(crate) struct PoolLimits {
    pub(crate) threads: usize,
    /// How many `Spawned` jobs may wait for a thread.
    pub(crate) queue: usize,
    pub(crate) keep_alive: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { threads: 64, queue: 10_000, keep_alive: Duration::from_secs(10) }
    }
}

/// A piece of blocking work. It tells its waiter itself how it went, also when it is dropped without being run.
pub(crate) struct Job {
    pub(crate) kind: JobKind,
    pub(crate) work: Box<dyn FnOnce() + Send>,
}

/// Who wants the job, which decides how many may wait and what the end of the runtime does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// By `spawn_blocking`: only so many may wait.
    Spawned,
    /// By a future of ours that waits for it, so there are at most as many as tasks.
    Awaited,
    /// A name being looked up or standard input being read, by a future of ours: the end of the runtime does not wait for it.
    Endless,
}

impl JobKind {
    /// What sends it.
    pub(crate) fn way(self) -> &'static str {
        match self {
            Self::Spawned => "spawn_blocking",
            Self::Awaited => "a future that needs a thread",
            Self::Endless => "a name or a line of standard input",
        }
    }
}

/// Why a job was not taken; it is dropped.
#[derive(Debug)]
pub(crate) enum Refusal {
    Full,
    Closed,
    NoThread(io::Error),
}

/// What a thread calls when it is done with a job.
pub(crate) type OnFinished = Box<dyn Fn() + Send + Sync>;

/// The pool of one runtime.
pub(crate) struct Pool {
    crew: Arc<Crew>,
    /// `None` once the pool is closed, which ends the idle threads.
    jobs: RefCell<Option<Sender<Job>>>,
    /// How long the end waits for jobs that have begun.
    patience: Cell<Duration>,
}

/// What the threads of a pool work from.
struct Crew {
    jobs: Receiver<Job>,
    limits: PoolLimits,
    /// Called after a job no longer counts as unfinished, if that is somebody's business.
    on_finished: Option<OnFinished>,
    counts: Mutex<Counts>,
    /// Told whenever a thread ends, once the pool is closed.
    ended: Condvar,
}

#[derive(Default)]
struct Counts {
    next_id: u64,
    /// The threads that are there. Each takes itself out when it ends.
    threads: BTreeMap<u64, thread::JoinHandle<()>>,
    /// The threads that ended since the pool was closed, to be joined.
    joinable: Vec<thread::JoinHandle<()>>,
    /// How many threads wait for a job, or are about to.
    idle: usize,
    /// How many jobs were sent and not begun: an idle thread that has taken one is idle until it begins.
    queued: usize,
    /// How many threads do an endless job.
    endless: usize,
    /// Jobs sent whose waiter has not been told yet, or only just.
    unfinished: usize,
    is_closed: bool,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits, on_finished: Option<OnFinished>) -> Self {
        // The bound of the queue depends on the kind of job, so it is `send` that keeps it.
        let (sender, jobs) = unbounded();
        let crew = Crew { jobs, limits, on_finished, counts: Mutex::default(), ended: Condvar::new() };
        let patience = Cell::new(Duration::from_secs(60));
        Self { crew: Arc::new(crew), jobs: RefCell::new(Some(sender)), patience }
    }

    /// Takes a job.
    pub(crate) fn send(&self, job: Job) -> Result<(), Refusal> {
        let Some(jobs) = self.jobs.borrow().clone() else { return Err(Refusal::Closed) };
        let mut counts = self.crew.counts();
        if counts.is_short() && counts.threads.len() < self.crew.limits.threads {
            let hired = self.crew.hire(&mut counts);
            if let Err(error) = hired
                && counts.threads.is_empty()
            {
                return Err(Refusal::NoThread(error));
            }
        }
        if job.kind == JobKind::Spawned && counts.is_full(&self.crew.limits) {
            return Err(Refusal::Full);
        }
        counts.queued += 1;
        counts.unfinished += 1;
        jobs.send(job).unwrap_or_else(|_| unreachable!("the crew holds a receiver"));
        Ok(())
    }

    /// Whether no thread is free, none may start, and as many jobs wait as may.
    pub(crate) fn is_full(&self) -> bool {
        let (counts, limits) = (self.crew.counts(), &self.crew.limits);
        limits.threads <= counts.threads.len() && counts.is_full(limits)
    }

    /// How many jobs were sent whose waiter has not been told yet, or only just.
    pub(crate) fn unfinished(&self) -> usize {
        self.crew.counts().unfinished
    }

    pub(crate) fn set_patience(&self, patience: Duration) {
        self.patience.set(patience);
    }

    /// Cancels the jobs that wait, waits for those that have begun, and joins the threads.
    pub(crate) fn close(&self) {
        self.crew.counts().is_closed = true;
        drop(self.jobs.take());
        for job in self.crew.jobs.try_iter() {
            panics::drop_contained(job);
            let mut counts = self.crew.counts();
            counts.queued -= 1;
            counts.unfinished -= 1;
        }
        let joinable = self.crew.wait_for_end(self.patience.get());
        for thread in joinable {
            // Jobs do not unwind; and if one did, the end of the runtime is not the place to tell.
            let _ = thread.join();
        }
    }
}

impl Counts {
    /// Whether one more job would wait for a thread.
    fn is_short(&self) -> bool {
        self.idle <= self.queued
    }

    /// Whether as many jobs wait as may. As many as there are idle threads do not wait for one.
    fn is_full(&self, limits: &PoolLimits) -> bool {
        self.idle + limits.queue <= self.queued
    }

    /// How many threads do what the end of the runtime waits for.
    fn busy(&self) -> usize {
        self.threads.len() - self.idle - self.endless
    }
}

impl Crew {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing of anybody else's runs under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one more thread.
    fn hire(self: &Arc<Self>, counts: &mut Counts) -> io::Result<()> {
        let (crew, id) = (Arc::clone(self), counts.next_id);
        // What a job of this loop fails with has the same end as what its tasks do.
        let consequence = report::consequence();
        let work = move || {
            report::install(consequence);
            crew.work(id);
        };
        let thread = thread::Builder::new().name("wheelwright-blocking".into()).spawn(work)?;
        counts.next_id += 1;
        counts.idle += 1;
        counts.threads.insert(id, thread);
        Ok(())
    }

    /// What each thread does.
    fn work(&self, id: u64) {
        loop {
            match self.jobs.recv_timeout(self.limits.keep_alive) {
                Ok(job) => self.do_job(job),
                Err(RecvTimeoutError::Disconnected) => return self.leave(self.counts(), id),
                Err(RecvTimeoutError::Timeout) => {
                    let counts = self.counts();
                    // Under the lock no job can come: `send` counted on this thread if one did before.
                    if self.jobs.is_empty() {
                        return self.leave(counts, id);
                    }
                }
            }
        }
    }

    fn do_job(&self, job: Job) {
        let is_endless = usize::from(job.kind == JobKind::Endless);
        let mut counts = self.counts();
        counts.idle -= 1;
        counts.queued -= 1;
        counts.endless += is_endless;
        let is_closed = counts.is_closed;
        drop(counts);
        if is_endless != 0 {
            // A thread that the end leaves alone must not be what it waits for.
            self.ended.notify_all();
        }
        // A job delivers its own panic; what else may panic, the destructor of what a cancelled one held, must not take the
        // thread along.
        panics::contain(move || {
            if !is_closed {
                (job.work)();
            }
        });
        let mut counts = self.counts();
        counts.idle += 1;
        counts.endless -= is_endless;
        counts.unfinished -= 1;
        drop(counts);
        if let Some(call) = &self.on_finished {
            call();
        }
    }

    fn leave(&self, mut counts: MutexGuard<'_, Counts>, id: u64) {
        counts.idle -= 1;
        let thread = counts.threads.remove(&id);
        if counts.is_closed {
            counts.joinable.extend(thread);
            self.ended.notify_all();
        }
    }

    /// Waits until no thread is left but those with an endless job; what can be joined then.
    fn wait_for_end(&self, patience: Duration) -> Vec<thread::JoinHandle<()>> {
        let begin = Instant::now();
        let mut has_told = false;
        let mut counts = self.counts();
        while counts.endless < counts.threads.len() && begin.elapsed() < patience {
            let left = patience.saturating_sub(begin.elapsed());
            let (back, _) = self.ended.wait_timeout(counts, left.min(SILENCE)).unwrap_or_else(PoisonError::into_inner);
            counts = back;
            let busy = counts.busy();
            if !has_told && SILENCE <= begin.elapsed() && 0 < busy {
                has_told = true;
                report::tell(format_args!(
                    "the runtime has ended but for {busy} blocking jobs that have begun: waiting for them"
                ));
            }
        }
        if 0 < counts.busy() {
            report::tell(format_args!("gave up waiting for {} blocking jobs", counts.busy()));
        }
        std::mem::take(&mut counts.joinable)
    }
}

#[cfg(test)]
mod tests;
