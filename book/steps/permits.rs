//! Turns a count and a line of those who wait into a limit: a semaphore, built by hand on a real loop.
//!
//! `cargo run --release --example step_permits` runs under the paused clock: it waits for two seconds in no time.
//!
//! Try: let the destructor of `Acquire` forget the permit that was granted and not taken: who fails? Then let a permit
//! that comes back always go into the count, and the first in line only be woken, to look again: who may overtake it?

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wheelwright::time::sleep;
use wheelwright::{Runtime, join, join_all, select};

struct Semaphore {
    /// Nobody stands in line while there is one.
    free: Cell<usize>,
    line: RefCell<VecDeque<Rc<Place>>>,
}

/// A place in line has a waker until a permit is granted to it.
type Place = Cell<Option<Waker>>;

struct Acquire<'a> {
    semaphore: &'a Semaphore,
    place: Option<Rc<Place>>,
}

struct Permit<'a>(&'a Semaphore);

impl Semaphore {
    fn acquire(&self) -> Acquire<'_> {
        Acquire { semaphore: self, place: None }
    }

    fn line_up(&self) -> Rc<Place> {
        let place = Rc::default();
        self.line.borrow_mut().push_back(Rc::clone(&place));
        place
    }

    fn give_back(&self) {
        let first = self.line.borrow_mut().pop_front();
        match first.and_then(|place| place.take()) {
            Some(waker) => waker.wake(),
            None => self.free.set(self.free.get() + 1),
        }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit<'a>> {
        let semaphore = self.semaphore;
        let waited = self.place.take();
        let is_granted = match &waited {
            Some(place) => place.take().is_none(),
            None => 0 < semaphore.free.replace(semaphore.free.get().saturating_sub(1)),
        };
        if is_granted {
            return Poll::Ready(Permit(semaphore));
        }
        let place = waited.unwrap_or_else(|| semaphore.line_up());
        place.set(Some(cx.waker().clone()));
        self.place = Some(place);
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        match place.take() {
            Some(_) => self.semaphore.line.borrow_mut().retain(|other| !Rc::ptr_eq(other, &place)),
            None => self.semaphore.give_back(),
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

const LIMIT: usize = 4;
const TENTH: Duration = Duration::from_millis(100);
/// How many tenths of a second each call takes.
const CALLS: [u32; 12] = [4, 1, 1, 1, 4, 1, 1, 1, 4, 1, 1, 1];

async fn call(tenths: u32, in_flight: &Cell<usize>) {
    in_flight.set(in_flight.get() + 1);
    sleep(TENTH * tenths).await;
    in_flight.set(in_flight.get() - 1);
}

async fn in_batches(in_flight: &Cell<usize>) {
    for batch in CALLS.chunks(LIMIT) {
        join_all(batch.iter().map(|tenths| call(*tenths, in_flight))).await;
    }
}

async fn with_permits(in_flight: &Cell<usize>) {
    let semaphore = Semaphore { free: Cell::new(LIMIT), line: RefCell::default() };
    let calls = CALLS.map(async |tenths| {
        let _permit = semaphore.acquire().await;
        call(tenths, in_flight).await;
    });
    join_all(calls).await;
}

/// How many calls are in flight in each tenth of a second.
async fn watched(work: impl AsyncFn(&Cell<usize>)) -> Vec<usize> {
    let (in_flight, mut seen) = (Cell::new(0), Vec::new());
    let watch = async {
        loop {
            sleep(TENTH / 2).await;
            seen.push(in_flight.get());
            sleep(TENTH / 2).await;
        }
    };
    select(work(&in_flight), watch).await;
    seen
}

/// What is left of one permit after two drops: in the line, and with the permit granted but not taken.
async fn left_after_drops() -> usize {
    let semaphore = Semaphore { free: Cell::new(1), line: RefCell::default() };
    let (held, mut early, mut late) = (semaphore.acquire().await, semaphore.acquire(), semaphore.acquire());
    select(join(&mut early, &mut late), async {}).await; // both are in line now
    drop(early);
    drop(held); // now it is granted to `late`
    drop(late);
    semaphore.free.get()
}

fn main() {
    let runtime = Runtime::builder().paused().build().expect("this thread has no other");
    let (batches, permits) = runtime.block_on(async { (watched(in_batches).await, watched(with_permits).await) });
    println!("{} calls, {LIMIT} at a time at most; in flight in each tenth of a second:\n", CALLS.len());
    println!("in batches    {batches:?}\nwith permits  {permits:?}");
    assert!(permits.iter().all(|in_flight| *in_flight <= LIMIT) && permits.len() < batches.len());
    assert_eq!(runtime.block_on(left_after_drops()), 1, "no permit is lost with whoever waited for it");
    let [slow, quick] = [&batches, &permits].map(|tenths| 100 * tenths.len());
    println!("\nWith permits that go from hand to hand all was done after {quick} ms, in batches after {slow} ms.");
}
