//! Turns many futures into tasks that share a thread: `park` and a ready list, in which a waker is a shared pointer to its task.
//!
//! `cargo run --release --example step_arc_wakers` takes 20 ms.
//!
//! Try: let `next` take from the back of the list instead (`pop_back`). Who has all the turns, and until when?

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks that were woken, first come first, and the thread that runs them.
struct ReadyList {
    tasks: Mutex<VecDeque<Arc<Task>>>,
    thread: Thread,
}

impl ReadyList {
    fn push(&self, task: Arc<Task>) {
        self.tasks.lock().expect("nobody panics beside the list").push_back(task);
        self.thread.unpark();
    }

    /// Who was woken first; waits until there is somebody.
    fn next(&self) -> Arc<Task> {
        loop {
            let first = self.tasks.lock().expect("nobody panics beside the list").pop_front();
            match first {
                Some(task) => return task,
                None => thread::park(),
            }
        }
    }
}

/// A future of which the loop takes care; empty when it is done.
struct Task {
    future: Mutex<Option<Boxed>>,
    /// An entry stands in the ready list.
    queued: AtomicBool,
    ready: Arc<ReadyList>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            Arc::clone(&self.ready).push(self);
        }
    }
}

impl Task {
    /// Polls the future, if there is one; whether that was its end.
    fn poll(self: &Arc<Self>) -> bool {
        // Before the poll: who is woken during it gets another turn.
        self.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(self));
        let mut future = self.future.lock().expect("a task that panics ends the program");
        let Some(running) = future.as_mut() else { return false };
        let is_done = running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_done {
            *future = None;
        }
        is_done
    }
}

/// Runs all futures to their end, and tells how many polls there were.
fn run(futures: Vec<Boxed>) -> u64 {
    let ready = Arc::new(ReadyList { tasks: Mutex::default(), thread: thread::current() });
    let (mut alive, mut polls) = (futures.len(), 0);
    for future in futures {
        let task = Task { future: Mutex::new(Some(future)), queued: AtomicBool::new(false), ready: Arc::clone(&ready) };
        Arc::new(task).wake();
    }
    while 0 < alive {
        alive -= usize::from(ready.next().poll());
        polls += 1;
    }
    polls
}

/// Pending once, after it has given its task's waker to somebody who is to call it.
struct Given(Option<fn(Waker)>);

impl Future for Given {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(give) = self.0.take() else { return Poll::Ready(()) };
        give(cx.waker().clone());
        Poll::Pending
    }
}

/// Gives everybody else a turn: the waker is called at once, and twice, which is one turn all the same.
fn yield_now() -> Given {
    Given(Some(|waker| {
        waker.wake_by_ref();
        waker.wake();
    }))
}

/// Waits for another thread, which calls the waker after 20 ms.
fn wait() -> Given {
    Given(Some(|waker| {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            waker.wake();
        });
    }))
}

fn main() {
    let said = Arc::new(Mutex::new(String::new()));
    let task = |letter: char| {
        let said = Arc::clone(&said);
        let say = move |letter| said.lock().expect("nobody panics while he speaks").push(letter);
        Box::pin(async move {
            for _ in 0..3 {
                say(letter);
                yield_now().await;
            }
            wait().await;
        }) as Boxed
    };
    let polls = run("abc".chars().map(task).collect());
    let said = said.lock().expect("nobody panics while he speaks");
    println!("they said {said}, in {polls} polls");
    assert_eq!(*said, "abcabcabc", "first come, first served");
    assert_eq!(polls, 3 * (1 + 3 + 1), "one to begin with, three after the yields, one after the wait");
    println!("\nTasks share a thread by a list of those that were woken, and nobody else is polled.");
}
