//! Turns tasks into children, in three ways: awaited in order, aborted with their owner, and heard of as they end.
//!
//! `cargo run --release --example step_owner` runs under the paused clock: it waits for 5 s in no time.
//! On stderr the runtime tells of the two results that the first way leaves unread.
//!
//! Try: put one who fails first in `CHILDREN`. Which figures of the first way get better, and which worse? (Then its check stops.)

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wheelwright::time::{self, sleep};
use wheelwright::{JoinHandle, Runtime, TaskGroup, spawn};

type Outcome = Result<&'static str, &'static str>;
type Errors = Vec<String>;

const CHILDREN: [(u64, Outcome); 4] = [(300, Ok("b")), (100, Err("a failed")), (500, Ok("c")), (100, Err("d failed"))];

thread_local! {
    static ALIVE: Cell<u32> = const { Cell::new(0) };
    static DONE: Cell<u32> = const { Cell::new(0) };
}

/// Counts as one who is alive.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

async fn child((ms, outcome): (u64, Outcome)) -> Outcome {
    ALIVE.set(ALIVE.get() + 1);
    let _alive = Alive;
    sleep(Duration::from_millis(ms)).await;
    DONE.set(DONE.get() + u32::from(outcome.is_ok()));
    outcome
}

fn spawned() -> Vec<JoinHandle<Outcome>> {
    CHILDREN.map(|of_child| spawn(child(of_child))).into()
}

async fn in_order(tasks: &mut [JoinHandle<Outcome>]) -> Errors {
    for task in tasks {
        if let Err(error) = task.await.expect("nobody panics") {
            return vec![error.to_owned()];
        }
    }
    Vec::new()
}

/// Aborts its tasks when it is dropped.
struct AbortOnDrop(Vec<JoinHandle<Outcome>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// The seats of the children that have ended, first ended first, and whom the next end wakes.
#[derive(Default)]
struct Ended {
    seats: RefCell<VecDeque<usize>>,
    owner: Cell<Option<Waker>>,
}

impl Ended {
    fn poll_first(&self, cx: &Context<'_>) -> Poll<usize> {
        if let Some(seat) = self.seats.borrow_mut().pop_front() {
            return Poll::Ready(seat);
        }
        self.owner.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A child has this to its end, however it ends.
struct Leaving {
    seat: usize,
    ended: Rc<Ended>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.ended.seats.borrow_mut().push_back(self.seat);
        self.ended.owner.take().into_iter().for_each(Waker::wake);
    }
}

/// Starts all, and waits until all have ended. The first error aborts the others.
async fn owned() -> Errors {
    let ended = Rc::<Ended>::default();
    let start = |seat: usize| {
        let leaving = Leaving { seat, ended: Rc::clone(&ended) };
        spawn(async move {
            let _leaving = leaving; // dropped when nothing else of the child is left
            child(CHILDREN[seat]).await
        })
    };
    let mut tasks = AbortOnDrop((0..CHILDREN.len()).map(start).collect());
    let mut errors = Vec::new();
    for _ in CHILDREN {
        let seat = poll_fn(|cx| ended.poll_first(cx)).await;
        if let Ok(Err(error)) = (&mut tasks.0[seat]).await {
            errors.push(error.to_owned());
            tasks.0.iter().for_each(JoinHandle::abort);
        }
    }
    errors
}

async fn in_a_task_group() -> Errors {
    let group = TaskGroup::new();
    CHILDREN.into_iter().for_each(|of_child| _ = group.spawn(child(of_child)));
    let error = group.join_all().await.expect_err("two fail");
    [&error.first].into_iter().chain(&error.others).map(ToString::to_string).collect()
}

fn main() -> io::Result<()> {
    println!("a and d fail after 100 ms, b is done after 300 ms and c after 500 ms\n");
    println!("{:<26}error after   alive then   done in the end   errors", "");
    Runtime::builder().paused().build()?.block_on(async {
        let seen = show("awaited in order", async { in_order(&mut spawned()).await }).await;
        assert_eq!(seen, (300, 1, 2, 1), "a is heard of when its turn has come, c goes on, and d is lost");
        let seen = show("aborted with their owner", async { in_order(&mut AbortOnDrop(spawned()).0).await }).await;
        assert_eq!(seen, (300, 1, 1, 1), "c is marked, and dropped later");
        let (heard, group) = (show("heard of as they end", owned()).await, show("TaskGroup", in_a_task_group()).await);
        assert_eq!((heard, group), ((100, 0, 0, 2), (100, 0, 0, 2)), "at once, nobody is left, no error is lost");
    });
    println!("\nAn owner who hears of each end can stop the others in time, wait for them, and lose no error.");
    Ok(())
}

async fn show(way: &str, run: impl Future<Output = Errors>) -> (u128, u32, u32, usize) {
    let begun = time::now();
    let errors = run.await;
    let (after, alive) = ((time::now() - begun).as_millis(), ALIVE.get());
    sleep(Duration::from_secs(1)).await;
    let done = DONE.take();
    println!("{way:<26}{after:>8} ms{alive:>13}{done:>18}   {}", errors.join(", "));
    (after, alive, done, errors.len())
}
