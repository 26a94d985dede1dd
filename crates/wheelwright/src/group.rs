//! Turns many futures into children of one: only those that were woken are polled.
//!
//! The children sit in seats that the group owns. A child that has to wait gets a slot of its own in the runtime's table; the
//! slot names its seat and the group's list. Waking a child puts its seat on the list and queues the parent in the same
//! step, so a wake costs no lap more than that of a task. One slot is held ready and goes from child to child until one
//! returns `Pending` and keeps it: children that are ready at once cost none. The next child in that seat takes the slot
//! over, and with it, at worst, a late wake meant for the last one.

use std::cell::RefCell;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::observe::{self, Line, WaitOn};
use crate::panics;
use crate::ready::{self, Parent, WokenList};
use crate::runtime::{self, EventLoop, POLLS_PER_TURN};
use crate::schedule;
use crate::task::Seats;
use crate::waker::{Key, probe};

mod buffered;
mod concurrent;
mod join_all;
mod join_next;
mod line;

pub use buffered::Buffered;
pub use concurrent::{ForEachConcurrent, MapConcurrent, for_each_concurrent, map_concurrent};
pub use join_all::{JoinAll, JoinAllSettled, TryJoinAll, join_all, join_all_settled, try_join_all};
pub use join_next::JoinNext;

/// Futures that one task runs side by side, taking their outputs as they come.
///
/// Dropping it drops the futures. They are polled by the task that awaits [`join_next`](Self::join_next), and only then; what must run
/// whatever its parent awaits is a task: [`spawn`](crate::spawn) it.
///
/// ```
/// use std::time::Duration;
/// use wheelwright::{Group, time::sleep};
///
/// wheelwright::test(async || {
///     let mut group = Group::new();
///     for seconds in [3, 1, 2] {
///         group.insert(async move {
///             sleep(Duration::from_secs(seconds)).await;
///             seconds
///         });
///     }
///     let mut order = Vec::new();
///     while let Some(seconds) = group.join_next().await {
///         order.push(seconds);
///     }
///     assert_eq!(order, [1, 2, 3]);
/// });
/// ```
#[doc(alias("FuturesUnordered", "as_completed", "FuturesOrdered"))]
#[must_use = "the futures of a group run only while it is awaited"]
pub struct Group<F: Future> {
    seats: Seats<F>,
    /// The slot of each seat; `NOBODY` until a child of it had to wait.
    keys: Vec<Key>,
    vacant: Vec<u32>,
    list: Rc<WokenList>,
    /// The seats to be polled, woken before this lap or new; those before `at` were polled.
    batch: Vec<u32>,
    at: usize,
    /// Up to here a schedule has put them into its order; kept up to date only where there is one.
    ordered: usize,
    /// The lap in which the group was last polled.
    lap: u32,
    /// Its last poll gave `Pending`: who adds a child must wake the parent.
    is_waiting: bool,
    /// A slot for the next child that has to wait.
    reserved: Key,
    /// Which runtime the slots are of.
    instance: u32,
    /// How many children were polled since the parent last got to wait.
    polled: u32,
    len: usize,
    made_at: Line,
}

impl<F: Future> Group<F> {
    /// Makes a group without futures.
    #[track_caller]
    pub fn new() -> Self {
        Self::with_seats(Seats::empty(0), Location::caller())
    }

    /// A group whose seats are taken already, or empty to the last one.
    fn with_seats(mut seats: Seats<F>, made_at: Line) -> Self {
        let count = seats.len() as u32;
        let is_empty = seats.len() == 0 || seats.is_empty(0);
        let (vacant, batch) =
            if is_empty { ((0..count).rev().collect(), Vec::new()) } else { (Vec::new(), (0..count).collect()) };
        Self {
            len: if is_empty { 0 } else { seats.len() },
            seats,
            keys: vec![Key::NOBODY; count as usize],
            vacant,
            list: Rc::new(WokenList { parent: RefCell::new(Parent::Nobody), seats: RefCell::new(Vec::new()) }),
            batch,
            at: 0,
            ordered: 0,
            lap: 0,
            is_waiting: false,
            reserved: Key::NOBODY,
            instance: 0,
            polled: 0,
            made_at,
        }
    }

    /// Adds a future, which is polled from the next time on that the group is.
    ///
    /// It gives the future's seat, good until its output is taken.
    pub fn insert(&mut self, future: F) -> usize {
        let seat = self.seat(future);
        if self.is_waiting {
            self.wake_parent();
        }
        seat
    }

    /// As `insert`, for a parent that is about to poll.
    pub(crate) fn seat(&mut self, future: F) -> usize {
        let seat = self.vacant.pop().unwrap_or_else(|| self.add_seats());
        self.seats.fill(seat as usize, future);
        self.batch.push(seat);
        self.len += 1;
        seat as usize
    }

    /// How many futures are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no future is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Waits for the next output; `None` when no future is left.
    ///
    /// # Cancel safety
    /// Dropping it loses no output: the group keeps its futures.
    ///
    /// # Panics
    /// When a future has to wait outside a runtime. A panic of a future comes out of here.
    pub fn join_next(&mut self) -> JoinNext<'_, F> {
        JoinNext { group: self }
    }

    /// As [`join_next`](Self::join_next), to be polled by hand, with the seat of the future.
    ///
    /// # Panics
    /// As [`join_next`](Self::join_next).
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if self.len == 0 {
            return Poll::Ready(None);
        }
        self.polling(cx, |group| group.poll_woken(cx))
    }

    /// Takes the outputs of all children that are ready; ready itself when none is left.
    fn poll_all(&mut self, cx: &mut Context<'_>, mut take: impl FnMut(usize, F::Output)) -> Poll<()> {
        if self.len == 0 {
            return Poll::Ready(());
        }
        self.polling(cx, |group| {
            while let Poll::Ready(Some((seat, output))) = group.poll_woken(cx) {
                take(seat, output);
                if group.len == 0 {
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
    }

    /// Polls children, each with a budget of its own, as the children of the task that polls.
    #[inline]
    fn polling<T>(&mut self, cx: &Context<'_>, poll: impl FnOnce(&mut Self) -> T) -> T {
        self.adopt(cx);
        let budget = ready::budget();
        let polled = poll(self);
        ready::set_budget(budget);
        polled
    }

    /// Polls the woken children until one is ready.
    #[inline]
    fn poll_woken(&mut self, cx: &Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        loop {
            if self.at == self.ordered && schedule::is_on() {
                self.order_new();
            }
            let Some(seat) = self.batch.get(self.at).copied() else { break };
            if POLLS_PER_TURN <= self.polled {
                cx.waker().wake_by_ref();
                return self.wait();
            }
            self.at += 1;
            let leaving = Leaving { group: self, seat };
            let polled = leaving.group.poll_child(seat, cx);
            mem::forget(leaving);
            if let Poll::Ready(output) = polled {
                self.leave(seat);
                return Poll::Ready(Some((seat as usize, output)));
            }
        }
        if !self.list.seats.borrow().is_empty() {
            // Their wakes may be spent already: another library's combinator may poll twice in a lap.
            cx.waker().wake_by_ref();
        }
        self.wait()
    }

    fn wait<T>(&mut self) -> Poll<T> {
        self.polled = 0;
        self.is_waiting = true;
        observe::waits(WaitOn::Children, self.len as u32, self.made_at);
        Poll::Pending
    }

    #[inline]
    fn poll_child(&mut self, seat: u32, cx: &Context<'_>) -> Poll<F::Output> {
        let index = seat as usize;
        self.polled += 1;
        let mut key = self.keys[index];
        if key == Key::NOBODY {
            if self.reserved == Key::NOBODY {
                self.reserved = ready::add_child(&self.list, seat);
            }
            key = self.reserved;
        }
        ready::begin_child(key, seat);
        // It need not be dropped, and the compiler does not see that.
        let waker = ManuallyDrop::new(probe::alike(cx.waker(), key));
        // A seat may be empty, if a late wake named a child that was done.
        let Some(polled) = self.seats.poll(index, &mut Context::from_waker(&waker)) else { return Poll::Pending };
        if polled.is_pending() && key == self.reserved {
            self.keys[index] = mem::replace(&mut self.reserved, Key::NOBODY);
        }
        polled
    }

    /// A child is done: drops it. Its seat keeps the slot, for the next one.
    fn leave(&mut self, seat: u32) {
        self.len -= 1;
        self.vacant.push(seat);
        self.seats.clear(seat as usize);
    }

    /// Makes the polling task the children's parent, gives them slots of its runtime and looks who was woken.
    fn adopt(&mut self, cx: &Context<'_>) {
        assert!(
            ready::is_installed(),
            "a Group (join_all, map_concurrent, …) needs a runtime: await it inside wheelwright::block_on"
        );
        if self.instance != ready::instance() {
            self.move_in();
        }
        let parent = match probe::task_of(cx.waker()) {
            Some(key) => Parent::Key(key),
            None => {
                // A child that another thread wakes is heard of by the loop, and by nobody else.
                assert!(
                    runtime::current(EventLoop::is_running),
                    "a Group (join_all, map_concurrent, …) needs its runtime to run: await it inside block_on"
                );
                // Its laps are its own: it may come round while our loop stands still.
                self.lap = self.lap.wrapping_sub(u32::from(self.is_waiting));
                Parent::Outside(Rc::new(cx.waker().clone()))
            }
        };
        let old = self.list.parent.replace(parent);
        drop(old);
        self.take_woken();
        if probe::is_probe(cx.waker()) {
            self.line_up_all();
        }
    }

    /// The slots, if there are any, are of a runtime that is gone: everybody is polled anew, with a slot of this one.
    #[cold]
    fn move_in(&mut self) {
        let is_first = self.instance == 0;
        self.instance = ready::instance();
        if is_first {
            return;
        }
        self.reserved = Key::NOBODY;
        self.keys.fill(Key::NOBODY);
        (self.at, self.ordered) = (0, 0);
        self.batch = (0..self.seats.len() as u32).filter(|seat| !self.seats.is_empty(*seat as usize)).collect();
        self.list.seats.borrow_mut().clear();
    }

    fn wake_parent(&self) {
        // Released before anybody is woken: a group around this one may be polled by another executor.
        let parent = self.list.parent.borrow().clone();
        match parent {
            Parent::Nobody => {}
            Parent::Key(key) => key.wake(),
            Parent::Outside(waker) => waker.wake_by_ref(),
        }
    }

    /// More seats, and the first of them.
    fn add_seats(&mut self) -> u32 {
        let from = self.seats.len() as u32;
        self.seats.grow();
        let to = self.seats.len() as u32;
        self.keys.resize(to as usize, Key::NOBODY);
        self.vacant.extend((from + 1..to).rev());
        from
    }
}

/// A child is being polled: should it panic, it is gone, and the group can be used further.
struct Leaving<'a, F: Future> {
    group: &'a mut Group<F>,
    seat: u32,
}

impl<F: Future> Drop for Leaving<'_, F> {
    fn drop(&mut self) {
        panics::contain(|| self.group.leave(self.seat));
    }
}

impl<F: Future> Drop for Group<F> {
    fn drop(&mut self) {
        if self.instance != ready::instance() || !ready::is_installed() {
            return;
        }
        // A wake that a child's destructor still causes finds nobody.
        for key in self.keys.drain(..).chain([self.reserved]) {
            if key != Key::NOBODY {
                ready::free(key);
            }
        }
    }
}

impl<F: Future> Default for Group<F> {
    fn default() -> Self {
        Self::new()
    }
}

show!([F: Future] Group<F>, |it| len: it.len);

#[cfg(test)]
mod tests;
