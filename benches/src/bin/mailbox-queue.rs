//! Turns the choice of the mailbox's queue into figures: a vector behind a mutex that the loop swaps out, or a channel.
//!
//! `cargo run --profile bench -p wheelwright-benches --bin mailbox-queue`. Two threads send slot numbers as fast as they can, and
//! this one takes them as the loop does. Processor time of all three, user and system, per number sent; the two take turns.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const SENDERS: u32 = 2;
const EACH: u32 = 1_000_000;
const ROUNDS: usize = 11;

fn main() {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let (mutex, channel) = match round % 2 {
                0 => (with_mutex(), with_channel()),
                _ => {
                    let channel = with_channel();
                    (with_mutex(), channel)
                }
            };
            println!("round {round:2}: mutex {mutex:6.1} ns, channel {channel:6.1} ns");
            mutex / channel
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let [low, median, high] = [1, 2, 3].map(|quarter| ratios[quarter * (ROUNDS - 1) / 4]);
    println!("mutex to channel: {median:.2} ({low:.2} to {high:.2})");
}

/// What the runtime does: the loop leaves an empty vector behind.
fn with_mutex() -> f64 {
    let queue = Arc::new(Mutex::new(Vec::new()));
    let mut taken = Vec::new();
    let sending = Arc::clone(&queue);
    let send = move |slot| sending.lock().expect("nobody panics").push(slot);
    measure(send, move || {
        std::mem::swap(&mut *queue.lock().expect("nobody panics"), &mut taken);
        taken.drain(..).count()
    })
}

fn with_channel() -> f64 {
    let (sender, receiver) = crossbeam_channel::unbounded();
    let send = move |slot| sender.send(slot).expect("the receiver lives");
    measure(send, move || receiver.try_iter().count())
}

fn measure(send: impl Fn(u32) + Send + Sync + 'static, mut take: impl FnMut() -> usize) -> f64 {
    let before = processor_time();
    let send = Arc::new(send);
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let send = Arc::clone(&send);
            thread::spawn(move || {
                for slot in 0..EACH {
                    send(slot);
                }
            })
        })
        .collect();
    let mut taken = 0;
    while taken < (SENDERS * EACH) as usize {
        taken += take();
        thread::sleep(Duration::from_micros(50));
    }
    senders.into_iter().for_each(|sender| sender.join().expect("a sender does not panic"));
    (processor_time() - before).as_nanos() as f64 / taken as f64
}

/// Of all threads of this process.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
