//! Turns a protocol into a small world: a loop with one task, and threads that wake it.

use std::sync::Arc;

use loom::sync::atomic::AtomicUsize;
use loom::sync::{Mutex, Notify};
use loom::thread;

pub(crate) mod sync {
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
}

#[path = "../../crates/wheelwright/src/mailbox/protocol.rs"]
#[expect(dead_code, reason = "the model needs no look at whether the mailbox is quiet")]
pub(crate) mod protocol;

use sync::Ordering;

/// The steps that the mailbox is made of; a near miss replaces one of them.
pub(crate) trait Protocol: Send + Sync + 'static {
    const RINGS_FIRST: bool = false;
    const UNMARKS_LAST: bool = false;

    fn new() -> Self;
    fn mark(&self) -> bool;
    fn unmark(&self);
    fn ring(&self) -> bool;
    fn answer(&self) -> bool;
    fn lie_down(&self) -> bool;
    fn get_up(&self);
    /// What a runtime does to the state of an id that was used before.
    fn start_again(&self);
}

/// The runtime's own protocol.
pub(crate) struct Real {
    state: protocol::State,
    bits: protocol::Bits,
}

impl Protocol for Real {
    fn new() -> Self {
        Self { state: protocol::State::new(), bits: protocol::Bits::new() }
    }

    fn mark(&self) -> bool {
        self.bits.mark(0)
    }

    fn unmark(&self) {
        self.bits.unmark(0);
    }

    fn ring(&self) -> bool {
        self.state.ring()
    }

    fn answer(&self) -> bool {
        self.state.answer()
    }

    fn lie_down(&self) -> bool {
        self.state.lie_down()
    }

    fn get_up(&self) {
        self.state.get_up();
    }

    fn start_again(&self) {
        self.state.get_up();
    }
}

/// A mailbox as `mailbox.rs` builds it from the protocol, and the eventfd that ends a sleep.
struct World<P> {
    protocol: P,
    queue: Mutex<Vec<u32>>,
    eventfd: Notify,
    /// What the task looks for; nothing but the protocol orders it.
    news: AtomicUsize,
}

impl<P: Protocol> World<P> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            protocol: P::new(),
            queue: Mutex::new(Vec::new()),
            eventfd: Notify::new(),
            news: AtomicUsize::new(0),
        })
    }

    fn wake(&self) {
        if !self.protocol.mark() {
            return;
        }
        if P::RINGS_FIRST {
            self.ring();
        }
        self.queue.lock().expect("nobody panics").push(0);
        if !P::RINGS_FIRST {
            self.ring();
        }
    }

    fn ring(&self) {
        if self.protocol.ring() {
            self.eventfd.notify();
        }
    }

    /// Runs until the task has seen `wanted` news.
    fn run(&self, wanted: usize) {
        loop {
            if self.protocol.answer() {
                let sent = std::mem::take(&mut *self.queue.lock().expect("nobody panics"));
                for _ in sent {
                    if !P::UNMARKS_LAST {
                        self.protocol.unmark();
                    }
                    let seen = self.news.load(Ordering::Relaxed);
                    if P::UNMARKS_LAST {
                        self.protocol.unmark();
                    }
                    if seen == wanted {
                        return;
                    }
                }
            }
            if self.protocol.lie_down() {
                self.eventfd.wait();
                self.protocol.get_up();
            }
        }
    }
}

/// Two threads bring news and wake the same task; it must see both.
pub(crate) fn two_wakes<P: Protocol>() {
    let world = World::<P>::new();
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let world = Arc::clone(&world);
            thread::spawn(move || {
                world.news.fetch_add(1, Ordering::Relaxed);
                world.wake();
            })
        })
        .collect();
    world.run(2);
    for sender in senders {
        sender.join().expect("a sender does not panic");
    }
}

/// A wake for a runtime that is gone comes while its id is used again; the new task's own wake must not be lost.
pub(crate) fn late_sender<P: Protocol>() {
    let world = World::<P>::new();
    let late = {
        let world = Arc::clone(&world);
        thread::spawn(move || world.wake())
    };
    world.protocol.start_again();
    let sender = {
        let world = Arc::clone(&world);
        thread::spawn(move || {
            world.news.fetch_add(1, Ordering::Relaxed);
            world.wake();
        })
    };
    world.run(1);
    late.join().expect("a sender does not panic");
    sender.join().expect("a sender does not panic");
}
