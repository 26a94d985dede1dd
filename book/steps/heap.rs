//! Turns deadlines into wakes: the loop of `key_wakers`, and beside its ready list a heap of those who wait for the clock.
//!
//! `cargo run --release --example step_heap` takes 30 ms. There is one thread, and it sleeps until the first deadline.
//!
//! Try: add a task that yields for ever (`wheelwright::yield_now`). Who still wakes up, and where should a look at the clock stand?

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

#[path = "key_wakers.rs"]
#[expect(dead_code, reason = "it has a `main` of its own")]
pub(crate) mod key_wakers;

use key_wakers::{run, spawn};

/// Who waits for the clock. A timer is a number; they are counted through, so that of two with one deadline the older is first.
#[derive(Default)]
pub(crate) struct Timers {
    /// The earliest deadline is at the top. Those who gave up are here until it is their turn.
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    /// Of those who still wait.
    wakers: HashMap<u64, Waker>,
    made: u64,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

impl Timers {
    fn add(&mut self, deadline: Instant) -> u64 {
        self.made += 1;
        self.heap.push(Reverse((deadline, self.made)));
        self.made
    }

    /// The first deadline that somebody waits for.
    pub(crate) fn next(&mut self) -> Option<Instant> {
        while let Some(Reverse((deadline, number))) = self.heap.peek() {
            if self.wakers.contains_key(number) {
                return Some(*deadline);
            }
            self.heap.pop();
        }
        None
    }

    /// Takes out the first timer that is due.
    fn pop_due(&mut self, now: Instant) -> Option<Waker> {
        let is_due = self.next()? <= now;
        let Reverse((_, number)) = if is_due { self.heap.pop()? } else { return None };
        self.wakers.remove(&number)
    }
}

/// Ready when the clock shows its deadline.
pub(crate) struct Sleep {
    deadline: Instant,
    /// Its timer, from the first poll on.
    number: Option<u64>,
}

pub(crate) fn sleep(duration: Duration) -> Sleep {
    Sleep { deadline: Instant::now() + duration, number: None }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline <= Instant::now() {
            return Poll::Ready(());
        }
        TIMERS.with_borrow_mut(|timers| {
            let number = self.number.unwrap_or_else(|| timers.add(self.deadline));
            timers.wakers.insert(number, cx.waker().clone());
            self.number = Some(number);
        });
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        // At the thread's end the timers may be gone before the last task is.
        let waker = TIMERS.try_with(|timers| timers.borrow_mut().wakers.remove(&number));
        drop(waker); // with nothing borrowed: it might be anybody's
    }
}

/// How long the thread may sleep; for ever if nobody waits for the clock.
pub(crate) fn until_next() -> Option<Duration> {
    let next = TIMERS.with_borrow_mut(Timers::next)?;
    Some(next.saturating_duration_since(Instant::now()))
}

/// Wakes those who are due, the earliest first.
pub(crate) fn fire() {
    let now = Instant::now();
    while let Some(waker) = TIMERS.with_borrow_mut(|timers| timers.pop_due(now)) {
        waker.wake();
    }
}

/// Runs the loop until this future is ready.
pub(crate) fn block_on<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    run(future, || {
        thread::sleep(until_next().expect("nobody is ready, and nobody waits for the clock"));
        fire();
    })
}

fn main() {
    let said = Rc::new(RefCell::new(String::new()));
    let of_tasks = Rc::clone(&said);
    block_on(async move {
        let tasks = [('a', 30), ('b', 20), ('c', 10)].map(|(letter, ms)| {
            let said = Rc::clone(&of_tasks);
            spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                said.borrow_mut().push(letter);
            })
        });
        for task in tasks {
            task.await;
        }
    });
    println!("they woke up as {}, while one thread slept", said.borrow());
    assert_eq!(*said.borrow(), "cba", "by their deadlines");
    give_up();
}

/// Polls a thousand sleeps of an hour once, and drops them.
fn give_up() {
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        assert!(pin!(sleep(Duration::from_secs(3600))).poll(cx).is_pending());
    }
    let (entries, waiting) = TIMERS.with_borrow(|timers| (timers.heap.len(), timers.wakers.len()));
    println!("1000 sleeps of an hour were given up: {waiting} wakers are left, and {entries} entries of the heap");
    assert_eq!((entries, waiting), (1000, 0), "only at the top can an entry be taken out");
    println!("\nThe heap knows the next deadline, so one thread sleeps for all; who gives up leaves an entry in it.");
}
