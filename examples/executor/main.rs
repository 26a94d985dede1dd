//! Turns a wake into one poll, and not into one of everybody: what a ready list is for, and why it is first come, first served.
//!
//! `cargo run --release --example executor` takes no time. With `--timeline FILE` it draws the turns of `a`, `b` and `c`.
//!
//! Try: give `turns` a third order, the newest first but the oldest once in four times. How do the turns fall?

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use support::timeline;
use wheelwright::{Runtime, block_on, spawn, spawn_named, yield_now};

mod cost; // a yield with three kinds of wakers -> nanoseconds

const SLEEPERS: usize = 1000;
const POLLS: usize = 30;

/// Who has been rung for, the wakers of all who sleep, and how often they were polled.
#[derive(Default)]
struct Dormitory {
    rung: Cell<Option<usize>>,
    wakers: RefCell<Vec<Waker>>,
    polls: Cell<usize>,
}

async fn sleep_until_rung(dormitory: Rc<Dormitory>, number: usize) {
    poll_fn(|cx| {
        dormitory.polls.set(dormitory.polls.get() + 1);
        if dormitory.rung.get() == Some(number) {
            return Poll::Ready(());
        }
        dormitory.wakers.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// A loop without a ready list cannot know whom a wake was for.
fn polls_of_everybody(dormitory: &Rc<Dormitory>) {
    let sleepers = (0..SLEEPERS).map(|number| Box::pin(sleep_until_rung(Rc::clone(dormitory), number)));
    let mut sleepers: Vec<_> = sleepers.collect();
    let cx = &mut Context::from_waker(Waker::noop());
    sleepers.retain_mut(|sleeper| sleeper.as_mut().poll(cx).is_pending());
    dormitory.polls.set(0);
    dormitory.rung.set(Some(500));
    sleepers.retain_mut(|sleeper| sleeper.as_mut().poll(cx).is_pending());
    assert_eq!(sleepers.len(), SLEEPERS - 1);
}

/// A wake puts its own task on the ready list.
async fn polls_of_the_woken(dormitory: &Rc<Dormitory>) {
    let sleepers = (0..SLEEPERS).map(|number| spawn(sleep_until_rung(Rc::clone(dormitory), number)));
    let sleepers: Vec<_> = sleepers.collect();
    yield_now().await;
    dormitory.polls.set(0);
    dormitory.rung.set(Some(500));
    dormitory.wakers.borrow()[500].wake_by_ref();
    yield_now().await;
    assert_eq!(sleepers.iter().filter(|sleeper| !sleeper.is_finished()).count(), SLEEPERS - 1);
}

/// A waker that puts a number at the end of a list.
struct Number(usize, Arc<Mutex<VecDeque<usize>>>);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        self.1.lock().expect("nobody panics beside the list").push_back(self.0);
    }
}

/// How the first polls fall to three tasks that yield at each, if this takes the next one from the list.
fn turns(take: fn(&mut VecDeque<usize>) -> Option<usize>) -> [usize; 3] {
    let list = Arc::new(Mutex::new(VecDeque::from([0, 1, 2])));
    let wakers = [0, 1, 2].map(|number| Waker::from(Arc::new(Number(number, Arc::clone(&list)))));
    let mut tasks = [(); 3].map(|()| Box::pin(cost::yields(POLLS)));
    let mut turns = [0; 3];
    for _ in 0..POLLS {
        let next = take(&mut list.lock().expect("nobody panics beside the list")).expect("a task that yields is on it");
        turns[next] += 1;
        assert!(tasks[next].as_mut().poll(&mut Context::from_waker(&wakers[next])).is_pending());
    }
    turns
}

fn main() -> io::Result<()> {
    let (all, woken) = (Rc::default(), Rc::default());
    polls_of_everybody(&all);
    block_on(polls_of_the_woken(&woken));
    println!("polls after a wake for one of {SLEEPERS} tasks");
    println!("without a ready list   {:5}\nwith one               {:5}\n", all.polls.get(), woken.polls.get());
    assert_eq!((all.polls.get(), woken.polls.get()), (SLEEPERS, 1));

    let (newest, oldest) = (turns(VecDeque::pop_back), turns(VecDeque::pop_front));
    println!(
        "turns of three tasks in {POLLS} polls\nthe newest first       {newest:?}\nthe oldest first       {oldest:?}\n"
    );
    assert_eq!((newest, oldest), ([0, 0, POLLS], [POLLS / 3; 3]), "who is always the newest has all turns");
    timeline::run(Runtime::builder().paused(), async {
        let tasks = ["a", "b", "c"].map(|name| spawn_named(name, cost::yields(3)));
        for task in tasks {
            task.await.expect("it does not panic");
        }
    })?;

    let [shared, keys, ours] = cost::of_a_yield();
    println!("a yield of one of three tasks that take turns");
    println!("wakers are shared pointers  {shared:6.1} ns\nwakers are keys             {keys:6.1} ns");
    println!("this runtime                {ours:6.1} ns\n");
    assert!(keys < shared, "a number is cheaper than a pointer that is counted");
    println!(
        "A wake is one poll and not {SLEEPERS}, the oldest first is fair, and keys take {keys:.0} ns where pointers take {shared:.0}."
    );
    Ok(())
}
