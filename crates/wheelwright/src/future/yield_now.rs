//! Turns a point in a task into a pause that lets everybody else run first.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::observe::{WaitOn, waits};

/// Lets the other ready tasks run before this one goes on.
///
/// The task goes to the end of the ready list and runs again in the next lap, first come, first served; under another
/// [`Schedule`](crate::Schedule) who was woken in the same lap may go before or after it, so nothing may depend on that. A long computation that yields now and
/// then keeps timers and sockets alive; one that cannot belongs on a thread, with
/// [`spawn_blocking`](crate::spawn_blocking).
///
/// # Examples
///
/// ```
/// wheelwright::block_on(async {
///     let other = wheelwright::spawn(async { "had its turn" });
///     assert!(!other.is_finished());
///     wheelwright::yield_now().await;
///     assert!(other.is_finished());
/// });
/// ```
///
/// # Cancel safety
///
/// Dropping the future is harmless; the wake it asked for may still cost one poll.
#[doc(alias("sleep(0)", "checkpoint"))]
#[track_caller]
pub fn yield_now() -> YieldNow {
    YieldNow { has_yielded: false, at: Location::caller() }
}

/// Pending once, then ready; made by [`yield_now`]. Polled again, it stays ready.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct YieldNow {
    has_yielded: bool,
    at: &'static Location<'static>,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_yielded {
            return Poll::Ready(());
        }
        self.has_yielded = true;
        cx.waker().wake_by_ref();
        waits(WaitOn::Yield, 0, self.at);
        Poll::Pending
    }
}
