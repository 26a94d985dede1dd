//! Turns a task into a future of its output: `arc_wakers`, a list that belongs to the thread, `spawn` and a handle.
//!
//! `cargo run --release --example step_join` takes no time.
//!
//! Try: await only the first two (`tasks.into_iter().take(2)`). Does `c` still speak, and what becomes of its output?

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

thread_local! {
    /// So that whoever runs on this thread can spawn.
    static READY: Arc<ReadyList> = Arc::new(ReadyList { tasks: Mutex::default(), thread: thread::current() });
}

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
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
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
    fn poll(self: Arc<Self>) {
        // Before the poll: who is woken during it gets another turn.
        self.queued.store(false, Ordering::Release);
        let mut future = self.future.lock().expect("a task that panics ends the program");
        let Some(running) = future.as_mut() else { return };
        let waker = Waker::from(Arc::clone(&self));
        if running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            *future = None;
        }
    }
}

/// Where a task and whoever joins it meet.
struct Desk<T> {
    output: Option<T>,
    joiner: Option<Waker>,
}

/// Ready when the task is done; dropping it lets the task run on.
pub(crate) struct JoinHandle<T>(Arc<Mutex<Desk<T>>>);

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut desk = self.0.lock().expect("nobody panics beside the desk");
        if let Some(output) = desk.output.take() {
            return Poll::Ready(output);
        }
        desk.joiner = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Makes a future a task of this thread's loop.
pub(crate) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let desk = Arc::new(Mutex::new(Desk { output: None, joiner: None }));
    let of_task = Arc::clone(&desk);
    let task = async move {
        let output = future.await;
        let joiner = {
            let mut desk = of_task.lock().expect("nobody panics beside the desk");
            desk.output = Some(output);
            desk.joiner.take()
        };
        joiner.into_iter().for_each(Waker::wake);
    };
    let ready = READY.with(Arc::clone);
    Arc::new(Task { future: Mutex::new(Some(Box::pin(task))), queued: AtomicBool::new(false), ready }).wake();
    JoinHandle(desk)
}

/// Runs the loop until this future is ready, which is a task like all others.
pub(crate) fn block_on<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let JoinHandle(desk) = spawn(future);
    let ready = READY.with(Arc::clone);
    loop {
        ready.next().poll();
        if let Some(output) = desk.lock().expect("nobody panics beside the desk").output.take() {
            return output;
        }
    }
}

fn main() {
    let said = Arc::new(Mutex::new(String::new()));
    let of_tasks = Arc::clone(&said);
    let say = move |letter| of_tasks.lock().expect("nobody panics while he speaks").push(letter);
    let sum = block_on(async move {
        let tasks = [('a', 20), ('b', 20), ('c', 2)].map(|(letter, number)| {
            let say = say.clone();
            spawn(async move {
                say(letter);
                number
            })
        });
        say('-'); // They are ready by now, and this task has the thread.
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    });
    let said = said.lock().expect("nobody panics while he speaks");
    println!("they said {said}, and the sum is {sum}");
    assert_eq!((said.as_str(), sum), ("-abc", 42));
    println!("\nA handle is a future like any other: it leaves a waker where its task, at its end, puts the output.");
}
