//! Turns a future into its output with a thread that sleeps until it is woken: `spin` and a waker.
//!
//! `cargo run --release --example step_park` takes 50 ms, and polls three times.
//!
//! Try: take the line out of `Answer::poll` that leaves the waker. Nobody wakes the thread any more: what do you see?

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Where the thread that answers and the future that waits meet.
#[derive(Default)]
struct Desk {
    answer: Option<u32>,
    /// Of whoever polled last and found no answer.
    waker: Option<Waker>,
}

/// Asks a thread for its answer, which it gives after `delay`.
pub(crate) fn ask(delay: Duration, answer: u32) -> Answer {
    let desk = Arc::new(Mutex::new(Desk::default()));
    let of_thread = Arc::clone(&desk);
    thread::spawn(move || {
        thread::sleep(delay);
        let waker = {
            let mut desk = of_thread.lock().expect("nobody panics beside the desk");
            desk.answer = Some(answer);
            desk.waker.take()
        };
        // The answer lies there already, and the lock is open: whoever is woken finds it.
        waker.into_iter().for_each(Waker::wake);
    });
    Answer { desk }
}

/// Ready when the thread has put its answer on the desk; until then a waker lies there.
pub(crate) struct Answer {
    desk: Arc<Mutex<Desk>>,
}

impl Future for Answer {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        let mut desk = self.desk.lock().expect("nobody panics beside the desk");
        if let Some(answer) = desk.answer.take() {
            return Poll::Ready(answer);
        }
        desk.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// A waker that lets a parked thread go on.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end, and tells how often it was polled.
pub(crate) fn block_on<F: Future>(future: F) -> (F::Output, u64) {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut polls = 0;
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return (output, polls);
        }
        // Comes back at once if the wake was earlier, and at times for no reason: then the next poll says "not yet".
        thread::park();
    }
}

pub(crate) fn main() {
    let begun = Instant::now();
    let (sum, polls) =
        block_on(async { ask(Duration::from_millis(25), 40).await + ask(Duration::from_millis(25), 2).await });
    println!("the sum is {sum}, after {} ms and {polls} polls", begun.elapsed().as_millis());
    assert_eq!(sum, 42);
    assert!(polls < 10, "it asks once, and once more after each wake");
    println!("\nA future that leaves a waker behind is polled when there is news, and the thread sleeps meanwhile.");
}
