//! Turns many futures into one, in two ways: everybody is polled at each wake, or only who was woken.
//!
//! `cargo run --release --example step_children` runs under the paused clock: a thousand calls of up to 1 s take no time.
//!
//! Try: let all calls end in the same moment (`from_millis(10)`). How many polls does the first way need, before its check stops?

use std::cell::Cell;
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wheelwright::{Runtime, join_all, time::sleep};

/// Futures in a row, and the outputs of those that are done.
struct Row<F: Future> {
    children: Vec<Option<Pin<Box<F>>>>,
    outputs: Vec<Option<F::Output>>,
    left: usize, // who are not done
}

impl<F: Future> Row<F> {
    fn new(futures: Vec<F>) -> Self {
        let (outputs, left) = (futures.iter().map(|_| None).collect(), futures.len());
        Self { children: futures.into_iter().map(|future| Some(Box::pin(future))).collect(), outputs, left }
    }

    fn poll_child(&mut self, seat: usize, cx: &mut Context<'_>) {
        let Some(child) = &mut self.children[seat] else { return };
        if let Poll::Ready(output) = child.as_mut().poll(cx) {
            self.children[seat] = None; // what it held is free now, not when the last one is done
            self.outputs[seat] = Some(output);
            self.left -= 1;
        }
    }

    /// Ready when nobody is left.
    fn all(&mut self) -> Poll<Vec<F::Output>> {
        if 0 < self.left {
            return Poll::Pending;
        }
        Poll::Ready(self.outputs.drain(..).flatten().collect())
    }
}

/// Does not know who was woken.
struct PollAll<F: Future>(Row<F>);

impl<F: Future> Unpin for PollAll<F> {}

impl<F: Future> Future for PollAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        for seat in 0..self.0.children.len() {
            self.0.poll_child(seat, cx);
        }
        self.0.all()
    }
}

/// The seats of those who were woken, and whose children they are.
struct Woken {
    seats: Mutex<Vec<usize>>,
    parent: Mutex<Waker>,
}

/// What a child is given to be called back with: it says which child.
struct ChildWaker {
    seat: usize,
    woken: Arc<Woken>,
}

impl Wake for ChildWaker {
    fn wake(self: Arc<Self>) {
        self.woken.seats.lock().expect("nobody panics beside the list").push(self.seat);
        self.woken.parent.lock().expect("nobody panics beside the waker").wake_by_ref();
    }
}

struct PollWoken<F: Future> {
    row: Row<F>,
    woken: Arc<Woken>,
    wakers: Vec<Waker>,
}

impl<F: Future> PollWoken<F> {
    fn new(futures: Vec<F>) -> Self {
        let seats = 0..futures.len();
        let all = seats.clone().collect(); // the first poll is due to everybody
        let woken = Arc::new(Woken { seats: Mutex::new(all), parent: Mutex::new(Waker::noop().clone()) });
        let waker = |seat| Waker::from(Arc::new(ChildWaker { seat, woken: Arc::clone(&woken) }));
        Self { row: Row::new(futures), wakers: seats.map(waker).collect(), woken }
    }
}

impl<F: Future> Unpin for PollWoken<F> {}

impl<F: Future> Future for PollWoken<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.woken.parent.lock().expect("nobody panics beside the waker").clone_from(cx.waker());
        let woken = mem::take(&mut *this.woken.seats.lock().expect("nobody panics beside the list"));
        for seat in woken {
            this.row.poll_child(seat, &mut Context::from_waker(&this.wakers[seat]));
        }
        this.row.all()
    }
}

thread_local! {
    static POLLS: Cell<u32> = const { Cell::new(0) };
}

/// Calls that end one after another, a millisecond apart, the last one first.
fn calls(count: u64) -> Vec<impl Future<Output = u64>> {
    let call = |number| async move {
        let mut wait = pin!(sleep(Duration::from_millis(count - number)));
        std::future::poll_fn(|cx| {
            POLLS.set(POLLS.get() + 1);
            wait.as_mut().poll(cx).map(|()| number)
        })
        .await
    };
    (0..count).map(call).collect()
}

fn main() -> io::Result<()> {
    let runtime = Runtime::builder().paused().build()?;
    println!("{:<25}{:>7}{:>9}{:>11}", "polls of all children", "of 10", "of 100", "of 1000");
    let show = |way: &str, run: &dyn Fn(u64) -> Vec<u64>| {
        let polls = [10, 100, 1000].map(|count| {
            assert!(run(count).into_iter().eq(0..count), "the outputs come in the order of the futures");
            u64::from(POLLS.take())
        });
        println!("{way:<25}{:>7}{:>9}{:>11}", polls[0], polls[1], polls[2]);
        polls
    };
    let all = show("everybody, at each wake", &|count| runtime.block_on(PollAll(Row::new(calls(count)))));
    let woken = show("only who was woken", &|count| runtime.block_on(PollWoken::new(calls(count))));
    let ours = show("join_all", &|count| runtime.block_on(join_all(calls(count))));
    assert_eq!(all, [10, 100, 1000].map(|n| n + n * (n + 1) / 2), "once each, and then who is left, at each wake");
    assert_eq!((woken, ours), ([20, 200, 2000], [20, 200, 2000]), "once to begin, and once to end");
    println!("\nA child with a waker of its own is polled when it was woken, and not when a sibling was.");
    Ok(())
}
