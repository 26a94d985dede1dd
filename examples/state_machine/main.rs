//! Turns an `async fn` into what the compiler makes of it: an enum with a state for each await, written here by hand.
//!
//! `cargo run --release --example state_machine` polls both by hand, without a runtime, and compares what they do.
//!
//! Try: in `sizes.rs`, read `buffer[0]` in place of `buffer.len()` before the await of `careless`. Why is its future small
//! then, so that a check objects? (`len` borrows the buffer, an index does not.)

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

mod sizes; // a buffer, needed or lent or done with -> the size of a future

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn say(what: String) {
    SAID.with_borrow_mut(|said| said.push(what));
}

/// A door that opens when somebody has knocked often enough: Pending until then.
struct Knock {
    door: &'static str,
    left: u32,
}

impl Future for Knock {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        let Some(left) = self.left.checked_sub(1) else {
            say(format!("{} is open", self.door));
            return Poll::Ready(self.door.len() as u32);
        };
        self.left = left;
        say(format!("{} stays shut", self.door));
        Poll::Pending
    }
}

async fn visit(guest: u32) -> u32 {
    say(format!("guest {guest} comes"));
    let hall = Knock { door: "front", left: 2 }.await;
    say(format!("guest {guest} is in the hall"));
    let room = Knock { door: "inner", left: 1 }.await;
    hall + room + guest
}

/// The same by hand: a state for each await, and in it what is needed after it.
enum Visit {
    Unpolled { guest: u32 },
    AtFront { guest: u32, knock: Knock },
    AtInner { guest: u32, hall: u32, knock: Knock },
    Done,
}

impl Future for Visit {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        loop {
            *self = match &mut *self {
                Self::Unpolled { guest } => {
                    say(format!("guest {guest} comes"));
                    Self::AtFront { guest: *guest, knock: Knock { door: "front", left: 2 } }
                }
                Self::AtFront { guest, knock } => {
                    let Poll::Ready(hall) = Pin::new(knock).poll(cx) else { return Poll::Pending };
                    say(format!("guest {guest} is in the hall"));
                    Self::AtInner { guest: *guest, hall, knock: Knock { door: "inner", left: 1 } }
                }
                Self::AtInner { guest, hall, knock } => {
                    let Poll::Ready(room) = Pin::new(knock).poll(cx) else { return Poll::Pending };
                    let sum = *hall + room + *guest;
                    *self = Self::Done;
                    return Poll::Ready(sum);
                }
                Self::Done => panic!("it was polled after it had ended"),
            }
        }
    }
}

fn main() {
    let (machine, by_hand) = (visit(7), Visit::Unpolled { guest: 7 });
    assert!(SAID.take().is_empty(), "making a future runs nothing of it");
    let [of_compiler, of_hand] = [size_of_val(&machine), size_of_val(&by_hand)];
    let (trace, by_hand) = (trace(machine), trace(by_hand));
    println!("{}\n", trace.join("\n"));
    assert_eq!(trace, by_hand, "the compiler's machine and ours do the same at every poll");
    println!("visit    {of_compiler:5} bytes, by hand {of_hand} bytes");
    sizes::compare();
    println!("\nAn async function is an enum of its awaits: by hand it does the same in {} polls.", trace.len());
}

/// What happens at each poll, a line for each.
fn trace(future: impl Future<Output = u32>) -> Vec<String> {
    let (mut future, mut lines) = (Box::pin(future), Vec::new());
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        lines.push(format!("poll {}: {}; {polled:?}", lines.len() + 1, SAID.take().join(", ")));
        if polled.is_ready() {
            return lines;
        }
    }
}
