//! Turns what the loop does into 32 bytes: one event of a recording.

use super::Place;

/// One thing that the loop did.
///
/// What [`a`](Event::a) and [`b`](Event::b) mean depends on the kind, whose documentation says it. See
/// [`Recording`](crate::record::Recording).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Event {
    /// Nanoseconds since the loop began, by its own clock. Events within a poll bear the time at which it began.
    /// The clock is read where a poll ends, and not again where the next of the lap begins: what the loop does in between counts to
    /// that one.
    pub at: u64,
    /// What happened.
    pub kind: Kind,
    /// More about it: an [`Outcome`], a [`Cause`], or what a task waits for, as the kind says.
    pub flags: u8,
    /// The number of a source line, 0 if none is known; [`Recording::line`](crate::record::Recording::line) has the line.
    pub(crate) place: Place,
    /// The task that it is about, 0 if none.
    pub task: u32,
    /// The first number.
    pub a: u64,
    /// The second number.
    pub b: u64,
}

/// What an [`Event`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// Those who are ready become the batch: `a` is the lap's number, `b` how many they are.
    LapStart,
    /// The batch is done with.
    LapEnd,
    /// One of those left in the batch was chosen to be next: the one `a` places behind the first, of `b`. The first and the
    /// chosen one change places. Flags are 1 if the choice was among the children of a group, which are no tasks.
    Choice,
    /// A task is polled.
    PollStart,
    /// It has returned; flags are the [`Outcome`].
    PollEnd,
    /// A task that was idle is put at the end of the ready list; flags are the [`Cause`], `a` is the task that woke it.
    Wake,
    /// A task that returned `Pending` waits: flags are what for, `a` is the resource's number, `b` how many further waits it
    /// noted, the place is where.
    Wait,
    /// A task begins to be: `a` is the task that spawned it, the place is where. The low half of `b` is its slot; of the high
    /// half, 1 says that it is the root, 2 that it is at the end of the ready list (else an entry of its slot stood there).
    Spawn,
    /// A task was asked to end, by task `a`.
    Cancel,
    /// A task is dropped at the end of its runtime.
    Drop,
    /// The kernel is asked: `a` is for how many nanoseconds at most, `u64::MAX` for ever.
    KernelEnter,
    /// It answers with `a` events.
    KernelExit,
    /// A timer is armed: `a` is its number, `b` its deadline in nanoseconds since the loop began.
    TimerArmed,
    /// The timers whose millisecond has passed are gone: `a` is how many, `b` the time, in nanoseconds since the loop began.
    TimersFired,
    /// A timer is gone before it was due: `a` is its number.
    TimerCancelled,
    /// A descriptor is registered: `a` is the number of its source, `b` the descriptor.
    SourceRegistered,
    /// The kernel says that source `a` is ready: flags are 1 to be read, 2 to be written, 4 closed by its peer, 8 urgent.
    SourceReady,
    /// The kernel says that source `a` would block: flags are 1 to be read, 2 to be written.
    SourceBlocked,
    /// The source is forgotten.
    SourceDropped,
    /// A blocking job is sent to the pool: `a` is its number; the place is where.
    JobSent,
    /// Its end was told to the loop.
    JobDone,
    /// A mark of the program's own: `a` is the number of its text, `b` its value.
    Mark,
    /// The poll that is under way was slow, or else the lap was: flags are [why](crate::slow::Why), `a` for how many
    /// nanoseconds it held the loop, `b` how many polls it was. The task is that of the longest, the place where it was spawned.
    Slow,
}

/// How a poll ended: the flags of a [`Kind::PollEnd`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Outcome {
    /// It goes on when it is woken.
    Pending,
    /// It is done.
    Ready,
    /// It panicked.
    Panicked,
    /// It was dropped where it was parked.
    Cancelled,
}

/// Who woke a task: the flags of a [`Kind::Wake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Cause {
    /// Another task, while it was polled.
    Task,
    /// The task itself, while it was polled.
    Itself,
    /// The kernel, by an event.
    Kernel,
    /// A timer.
    Timer,
    /// Another thread.
    Thread,
    /// The end of a blocking job.
    Job,
    /// Code outside the loop: before it runs, or while it ends.
    Outside,
}
