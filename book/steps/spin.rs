//! Turns a future into its output by polling it again and again: the first `block_on`, which never rests.
//!
//! `cargo run --release --example step_spin` takes 50 ms, and one processor works through all of them.
//!
//! Try: let the loop of `block_on` sleep for 10 ms after each poll. The processor rests, and the answer comes late: by how
//! much, at worst?

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// Asks a thread for its answer, which it gives after `delay`.
pub(crate) fn ask(delay: Duration, answer: u32) -> Answer {
    let desk = Arc::new(Mutex::new(None));
    let of_thread = Arc::clone(&desk);
    thread::spawn(move || {
        thread::sleep(delay);
        *of_thread.lock().expect("nobody panics beside the desk") = Some(answer);
    });
    Answer { desk }
}

/// Ready when the thread has put its answer on the desk.
pub(crate) struct Answer {
    desk: Arc<Mutex<Option<u32>>>,
}

impl Future for Answer {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        match self.desk.lock().expect("nobody panics beside the desk").take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }
}

/// Runs a future to its end, and tells how often it was polled.
pub(crate) fn block_on<F: Future>(future: F) -> (F::Output, u64) {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = 0;
    loop {
        polls += 1;
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return (output, polls);
        }
    }
}

pub(crate) fn main() {
    let begun = Instant::now();
    let (sum, polls) =
        block_on(async { ask(Duration::from_millis(25), 40).await + ask(Duration::from_millis(25), 2).await });
    println!("the sum is {sum}, after {} ms and {polls} polls", begun.elapsed().as_millis());
    assert_eq!(sum, 42);
    assert!(1000 < polls, "it asks all the time");
    println!("\nTo run a future it is enough to poll it until it is ready, if the processor has nothing else to do.");
}
