//! Turns the protocol into six that look as good, each wrong in one step.

use crate::model::Protocol;
use crate::model::sync::{AtomicU32, AtomicU64, Ordering};

const PENDING: u32 = 1;
const SLEEPING: u32 = 2;

/// The right steps, for each near miss to change one.
pub(crate) struct Parts {
    state: AtomicU32,
    bit: AtomicU64,
}

impl Parts {
    fn new() -> Self {
        Self { state: AtomicU32::new(0), bit: AtomicU64::new(0) }
    }

    fn lie_down(&self) -> bool {
        if self.state.fetch_or(SLEEPING, Ordering::AcqRel) & PENDING == 0 {
            return true;
        }
        self.get_up();
        false
    }

    fn get_up(&self) {
        self.state.fetch_and(!SLEEPING, Ordering::AcqRel);
    }

    fn mark(&self) -> bool {
        self.bit.fetch_or(1, Ordering::AcqRel) == 0
    }
}

/// One near miss: its name, why it is wrong, and which of the protocol's steps it replaces.
macro_rules! near_miss {
    ($(#[$why:meta])* $name:ident { $($replaced:item)* } else { $($kept:ident),* }) => {
        $(#[$why])*
        pub(crate) struct $name(Parts);

        impl Protocol for $name {
            $($replaced)*
            near_miss!(@keep $($kept),*);

            fn new() -> Self {
                Self(Parts::new())
            }

            fn unmark(&self) {
                self.0.bit.fetch_and(!1, Ordering::AcqRel);
            }

            fn ring(&self) -> bool {
                self.0.state.fetch_or(PENDING, Ordering::AcqRel) == SLEEPING
            }

            fn answer(&self) -> bool {
                self.0.state.fetch_and(!PENDING, Ordering::AcqRel) & PENDING != 0
            }

            fn get_up(&self) {
                self.0.get_up();
            }
        }
    };
    (@keep $($kept:ident),*) => { $(near_miss!(@one $kept);)* };
    (@one mark) => { fn mark(&self) -> bool { self.0.mark() } };
    (@one lie_down) => { fn lie_down(&self) -> bool { self.0.lie_down() } };
    (@one start_again) => { fn start_again(&self) { self.0.get_up(); } };
}

near_miss! {
    /// The swap wipes PENDING out, and the next look finds nothing.
    SwapAtPark {
        fn lie_down(&self) -> bool {
            if self.0.state.swap(SLEEPING, Ordering::AcqRel) & PENDING == 0 {
                return true;
            }
            self.0.get_up();
            false
        }
    } else { mark, start_again }
}

near_miss! {
    /// A wake between the load and the store is overwritten.
    LoadThenStore {
        fn lie_down(&self) -> bool {
            if self.0.state.load(Ordering::Acquire) & PENDING != 0 {
                return false;
            }
            self.0.state.store(SLEEPING, Ordering::Release);
            true
        }
    } else { mark, start_again }
}

near_miss! {
    /// The loop looks between the ring and the send, finds nothing, and sleeps.
    RingBeforeSend {
        const RINGS_FIRST: bool = true;
    } else { mark, lie_down, start_again }
}

near_miss! {
    /// A wake between the poll and the clearing is swallowed.
    UnmarkAfterPoll {
        const UNMARKS_LAST: bool = true;
    } else { mark, lie_down, start_again }
}

near_miss! {
    /// Nothing orders the waker's news before the poll that the bit stands for.
    RelaxedLook {
        fn mark(&self) -> bool {
            self.0.bit.load(Ordering::Relaxed) == 0 && self.0.mark()
        }
    } else { lie_down, start_again }
}

near_miss! {
    /// A late wake's PENDING is wiped out while its bit stays, which swallows the next wake of that slot.
    StoreAtStart {
        fn start_again(&self) {
            self.0.state.store(0, Ordering::Release);
        }
    } else { mark, lie_down }
}
