//! Turns the protocol of a channel between threads into a small world: a queue, two lines, and threads that sleep.
//!
//! The counts are the runtime's own file. The queue is weaker than the real one: who finds it empty or full may look at a
//! state long past, so that the protocol alone must see to it that somebody looks again.

use std::sync::Arc;

use loom::sync::{Mutex, Notify};
use loom::thread;

mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
}

#[path = "../../crates/wheelwright/src/sync/remote/protocol.rs"]
#[expect(dead_code, reason = "the model's only sender has no clone")]
mod protocol;

use protocol::{Ends, Waiting};
use sync::{AtomicUsize, Ordering};

/// What is done wrong, if anything.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Slip {
    None,
    /// The one who waits may look again before others see that it is in line.
    NoFenceOfTheWaiter,
    /// The one who changed the queue may look at the line before others see the change.
    NoFenceOfTheWaker,
    /// The second look comes before the line is joined.
    LooksBeforeJoining,
    /// The line is looked at before the queue is changed.
    WakesBeforeChanging,
    /// A wait that was woken and is given up keeps the wake to itself.
    KeepsTheWake,
    /// Whether senders are left is asked after the look at the queue.
    AsksForTheEndLast,
    /// The receiver empties the queue before it says that it goes.
    EmptiesBeforeClosing,
}

/// Room for one value.
const CAPACITY: usize = 1;

struct World {
    slip: Slip,
    /// How many values are in the queue.
    values: AtomicUsize,
    ends: Ends,
    room: Line,
    news: Line,
}

struct Line {
    waiting: Waiting,
    sleepers: Mutex<Vec<Arc<Notify>>>,
}

impl Line {
    fn new() -> Self {
        Self { waiting: Waiting::new(), sleepers: Mutex::new(Vec::new()) }
    }

    /// Changes the line under its lock, and tells how long it is.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Notify>>) -> T) -> T {
        let mut sleepers = self.sleepers.lock().expect("nobody panics");
        let outcome = change(&mut sleepers);
        self.waiting.tell(sleepers.len());
        outcome
    }

    fn join(&self, me: &Arc<Notify>) {
        self.change(|sleepers| {
            if !sleepers.iter().any(|other| Arc::ptr_eq(other, me)) {
                sleepers.push(Arc::clone(me));
            }
        });
    }

    /// Takes a wait out of the line; false if it was woken.
    fn remove(&self, me: &Arc<Notify>) -> bool {
        self.change(|sleepers| {
            let before = sleepers.len();
            sleepers.retain(|other| !Arc::ptr_eq(other, me));
            sleepers.len() < before
        })
    }
}

impl World {
    fn new(slip: Slip, values: usize) -> Arc<Self> {
        let values = AtomicUsize::new(values);
        Arc::new(Self { slip, values, ends: Ends::new(), room: Line::new(), news: Line::new() })
    }

    fn wake_one(&self, line: &Line) -> bool {
        let is_any = match self.slip {
            Slip::NoFenceOfTheWaker => line.waiting.is_told(),
            _ => line.waiting.is_any(),
        };
        let first = if is_any { line.change(|line| (!line.is_empty()).then(|| line.remove(0))) } else { None };
        first.as_ref().inspect(|first| first.notify()).is_some()
    }

    /// Changes the queue, and wakes whoever waits for that; false if the change could not be made.
    fn change(&self, line: &Line, change: impl Fn(usize) -> Option<usize>) -> bool {
        if self.slip == Slip::WakesBeforeChanging {
            self.wake_one(line);
        }
        let is_changed = self.values.fetch_update(Ordering::AcqRel, Ordering::Relaxed, change).is_ok();
        if is_changed && self.slip != Slip::WakesBeforeChanging {
            self.wake_one(line);
        }
        is_changed
    }

    /// Sends: true if that was done, false if the receiver is gone, `None` if there is no room.
    fn push(&self) -> Option<bool> {
        if self.ends.is_closed() {
            return Some(false);
        }
        if !self.change(&self.news, |values| (values < CAPACITY).then_some(values + 1)) {
            return None;
        }
        if self.ends.is_closed() {
            self.empty();
        }
        Some(true)
    }

    /// Receives: true if there was a value, false if the senders are gone, `None` if there is nothing yet.
    fn pop(&self) -> Option<bool> {
        let take = || self.change(&self.room, |values| values.checked_sub(1));
        if self.slip == Slip::AsksForTheEndLast {
            return if take() { Some(true) } else { (!self.ends.has_sender()).then_some(false) };
        }
        let has_sender = self.ends.has_sender();
        if take() { Some(true) } else { (!has_sender).then_some(false) }
    }

    /// Looks, joins the line, looks again; `None` if it is in line now.
    fn poll(&self, line: &Line, me: &Arc<Notify>, look: impl Fn() -> Option<bool>) -> Option<bool> {
        let mut found = look();
        if found.is_none() && self.slip == Slip::LooksBeforeJoining {
            found = look();
        }
        if found.is_none() {
            line.join(me);
            if self.slip != Slip::NoFenceOfTheWaiter {
                line.waiting.announce();
            }
            if self.slip != Slip::LooksBeforeJoining {
                found = look();
            }
        }
        found.inspect(|_| _ = line.remove(me))
    }

    fn wait(&self, line: &Line, look: impl Fn() -> Option<bool>) -> bool {
        let me = Arc::new(Notify::new());
        loop {
            if let Some(found) = self.poll(line, &me, &look) {
                return found;
            }
            me.wait();
        }
    }

    fn send(&self) -> bool {
        self.wait(&self.room, || self.push())
    }

    /// Polls a send once and gives it up; whether it was done.
    fn send_impatiently(&self) -> bool {
        let me = Arc::new(Notify::new());
        let is_sent = self.poll(&self.room, &me, || self.push()).is_some();
        if !is_sent && !self.room.remove(&me) && self.slip != Slip::KeepsTheWake {
            self.wake_one(&self.room);
        }
        is_sent
    }

    fn receive(&self) -> bool {
        self.wait(&self.news, || self.pop())
    }

    fn drop_sender(&self) {
        if self.ends.remove_sender() {
            self.wake_one(&self.news);
        }
    }

    fn drop_receiver(&self) {
        if self.slip == Slip::EmptiesBeforeClosing {
            self.empty();
        }
        self.ends.close();
        while self.wake_one(&self.room) {}
        if self.slip != Slip::EmptiesBeforeClosing {
            self.empty();
        }
    }

    /// Drops whatever nobody will receive.
    fn empty(&self) {
        while self.values.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |values| values.checked_sub(1)).is_ok() {}
    }
}

fn start<T: 'static>(world: &Arc<World>, act: impl FnOnce(&World) -> T + 'static) -> thread::JoinHandle<T> {
    let world = Arc::clone(world);
    thread::spawn(move || act(&world))
}

/// A value is sent, and the sender goes: the receiver gets the one and then the other.
pub(crate) fn a_value_and_the_end(slip: Slip) {
    let world = World::new(slip, 0);
    let sender = start(&world, |world| {
        assert!(world.send(), "the receiver is there");
        world.drop_sender();
    });
    assert!(world.receive(), "the value is lost");
    assert!(!world.receive(), "there was one value");
    sender.join().expect("it does not panic");
}

/// A sender waits for room, and gets it.
pub(crate) fn a_sender_and_no_place(slip: Slip) {
    let world = World::new(slip, CAPACITY);
    let sender = start(&world, World::send);
    assert!(world.receive() && world.receive(), "a value is lost");
    assert!(sender.join().expect("it does not panic"), "the receiver is there");
}

/// Two senders want the room of one, and one of them gives up: the other gets it.
pub(crate) fn two_senders_and_one_place(slip: Slip) {
    let world = World::new(slip, CAPACITY);
    let patient = start(&world, World::send);
    let impatient = start(&world, World::send_impatiently);
    assert!(world.receive(), "it was full");
    if impatient.join().expect("it does not panic") {
        assert!(world.receive(), "a value is lost");
    }
    assert!(world.receive(), "a value is lost");
    assert!(patient.join().expect("it does not panic"), "the receiver is there");
}

/// The receiver goes while a sender sends: the value is given back or dropped, and does not stay.
pub(crate) fn the_receiver_goes(slip: Slip) {
    let world = World::new(slip, 0);
    let sender = start(&world, World::push);
    world.drop_receiver();
    sender.join().expect("it does not panic");
    assert_eq!(world.values.load(Ordering::Acquire), 0, "a value stays where nobody takes it");
}

/// The receiver goes while a sender waits: it is told.
pub(crate) fn the_receiver_goes_while_the_channel_is_full(slip: Slip) {
    let world = World::new(slip, CAPACITY);
    let sender = start(&world, World::send);
    world.drop_receiver();
    sender.join().expect("it does not panic");
}
