//! Turns a waker into a number: `join`, with a table of slots, and keys in the place of shared pointers.
//!
//! `cargo run --release --example step_key_wakers` takes no time. A key owns nothing, so nothing is counted and nothing locked.
//!
//! Try: let `find` ignore the generation. Which assertion notices, and who was polled for nothing?

#![allow(unsafe_code, reason = "a waker that is a number needs a line of it")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::{mem, ptr};

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// The place of a task. While its future is being polled, none is in it.
struct Slot {
    /// How many occupants there were before: a key of one of them finds nobody.
    generation: u32,
    queued: bool,
    future: Option<Boxed>,
}

struct Table {
    slots: Vec<Slot>,
    vacant: Vec<u32>,
    ready: VecDeque<Key>,
}

thread_local! {
    static TABLE: RefCell<Table> = const { RefCell::new(Table { slots: vec![], vacant: vec![], ready: VecDeque::new() }) };
}

/// The number of a slot in the lower half, a generation in the upper one.
#[derive(Clone, Copy)]
struct Key(u64);

static VTABLE: RawWakerVTable = RawWakerVTable::new(|data| RawWaker::new(data, &VTABLE), wake_data, wake_data, |_| ());

fn wake_data(data: *const ()) {
    TABLE.with_borrow_mut(|table| table.wake(Key(data.addr() as u64)));
}

impl Key {
    fn waker(self) -> Waker {
        // SAFETY: the functions of `VTABLE` take the data word for a number and dereference nothing, on whichever thread.
        unsafe { Waker::new(ptr::without_provenance(self.0 as usize), &VTABLE) }
    }
}

impl Table {
    fn find(&mut self, Key(key): Key) -> Option<&mut Slot> {
        self.slots.get_mut(key as u32 as usize).filter(|slot| slot.generation == (key >> 32) as u32)
    }

    fn wake(&mut self, key: Key) {
        if self.find(key).is_some_and(|slot| !mem::replace(&mut slot.queued, true)) {
            self.ready.push_back(key);
        }
    }

    /// Gives a future a slot, and queues it.
    fn add(&mut self, future: Boxed) {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, queued: false, future: None });
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        slot.future = Some(future);
        let key = Key(u64::from(slot.generation) << 32 | u64::from(index));
        self.wake(key);
    }

    /// Who was woken first. The future is taken out, to be polled while nothing is borrowed.
    fn next(&mut self) -> Option<(Key, Boxed)> {
        let key = self.ready.pop_front()?;
        let Some(slot) = self.find(key) else { return self.next() };
        slot.queued = false;
        slot.future.take().map(|future| (key, future))
    }

    /// After a poll: puts the future back, or frees the slot for another.
    fn put(&mut self, key: Key, unfinished: Option<Boxed>) {
        let slot = self.find(key).expect("only this function frees a slot");
        slot.future = unfinished;
        if slot.future.is_none() {
            (slot.generation, slot.queued) = (slot.generation.wrapping_add(1), false);
            self.vacant.push(key.0 as u32);
        }
    }
}

/// Makes a future a task of this thread's loop, and gives its handle.
pub(crate) fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> impl Future<Output = T> {
    let desk: Rc<RefCell<(Option<T>, Option<Waker>)>> = Rc::default(); // The output, and a waker of who waits for it.
    let of_task = Rc::clone(&desk);
    let task = Box::pin(async move {
        let output = future.await;
        of_task.replace((Some(output), None)).1.into_iter().for_each(Waker::wake);
    });
    TABLE.with_borrow_mut(|table| table.add(task));
    poll_fn(move |cx| match desk.take() {
        (Some(output), _) => Poll::Ready(output),
        (None, _) => {
            desk.replace((None, Some(cx.waker().clone())));
            Poll::Pending
        }
    })
}

/// Runs the loop until this future is ready, a task like all others; `park` is called when nobody is ready.
pub(crate) fn run<T: 'static>(future: impl Future<Output = T> + 'static, mut park: impl FnMut()) -> T {
    let mut root = pin!(spawn(future));
    loop {
        if let Poll::Ready(output) = root.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        let Some((key, mut future)) = TABLE.with_borrow_mut(Table::next) else {
            park();
            continue;
        };
        let is_pending = future.as_mut().poll(&mut Context::from_waker(&key.waker())).is_pending();
        let unfinished = is_pending.then_some(future);
        TABLE.with_borrow_mut(|table| table.put(key, unfinished));
    }
}

fn main() {
    let polls = Rc::new(Cell::new(0));
    let counter = Rc::clone(&polls);
    let root = async {
        let stale = spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone()))).await;
        // The second task has the slot of the first one, and waits for ever.
        let _second = spawn(poll_fn(move |_| {
            counter.set(counter.get() + 1);
            Poll::<()>::Pending
        }));
        spawn(async {}).await;
        stale.wake();
        spawn(async {}).await;
    };
    run(root, || panic!("nobody is ready, and there is nobody else to wake anyone"));
    let slots = TABLE.with_borrow(|table| table.slots.len());
    assert_eq!((slots, polls.get()), (3, 1), "slots are used again, and a key of an earlier task wakes nobody");
    println!("5 tasks had {slots} slots, and a stale key woke nobody");
    println!("\nA waker can be a number: the table knows whose it is, and whether it is anybody's still.");
}
