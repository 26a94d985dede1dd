//! Turns "nothing is borrowed while anybody else's code runs" into a check: wakers that spawn, wake and drop futures whenever
//! they are cloned, woken or dropped, for every leaf.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

use super::five::{Future, for_each, poll};
use super::leaves::{LEAVES, Waiting};
use crate::test_waker::{hostile, set_act};
use crate::{Handle, inspect, ready, runtime, spawn, time, yield_now};

thread_local! {
    /// Leaves of all kinds that wait, one of which each act drops, and its waker.
    static VICTIMS: RefCell<Vec<Future>> = const { RefCell::new(Vec::new()) };
    static OTHER: RefCell<Option<Waker>> = const { RefCell::new(None) };
    static IS_ACTING: Cell<bool> = const { Cell::new(false) };
    static ACTS: Cell<usize> = const { Cell::new(0) };
}

/// Spawns, wakes another task, makes and drops waits of every kind, and dumps.
fn act() {
    // The waits that it makes keep and drop wakers of the same kind.
    if IS_ACTING.replace(true) {
        return;
    }
    ACTS.set(ACTS.get() + 1);
    if runtime::try_current(|_| ()).is_some() && ready::is_installed() {
        drop(spawn(async {}));
        let other = OTHER.with(|other| other.borrow().clone());
        other.inspect(Waker::wake_by_ref);
        let victim = VICTIMS.with(|victims| victims.borrow_mut().pop());
        drop(victim);
        let mut sleeping: Future = Box::pin(time::sleep(std::time::Duration::from_secs(1)));
        assert!(poll(&mut sleeping, &hostile(1)).is_pending());
        drop(Handle::current());
        // A dump looks into all that the loop holds.
        drop(inspect::dump().to_string());
        let mut dumping: Future = Box::pin(async { drop(inspect::dump_deep().await) });
        assert!(poll(&mut dumping, &hostile(1)).is_pending());
    }
    IS_ACTING.set(false);
}

/// Starts a task for the acts to wake, and fills the list of what they may drop.
async fn prepare() {
    ACTS.set(0);
    set_act(act);
    drop(spawn(poll_fn(|cx| {
        OTHER.with(|other| *other.borrow_mut() = Some(cx.waker().clone()));
        Poll::<()>::Pending
    })));
    yield_now().await;
    for leaf in LEAVES {
        let mut victim = (leaf.make)().future;
        if poll(&mut victim, &hostile(1)).is_pending() {
            VICTIMS.with(|victims| victims.borrow_mut().push(victim));
        }
    }
}

fn finish() {
    set_act(|| {});
    let victims = VICTIMS.take();
    drop(victims);
}

#[test]
fn borrow_held_across_user_code_while_a_waker_is_kept_and_replaced() {
    for_each(LEAVES.iter(), async |Waiting { mut future, fire }| {
        prepare().await;
        // Kept; replaced, so that the first is dropped; polled for nothing; replaced again.
        for which in [0, 1, 1, 0] {
            if poll(&mut future, &hostile(which)).is_ready() {
                return finish();
            }
        }
        assert!(0 < ACTS.get(), "the wakers did act");
        fire();
        yield_now().await;
        finish();
        future.await;
    });
}

#[test]
fn borrow_held_across_user_code_while_a_wait_is_dropped() {
    for_each(LEAVES.iter(), async |Waiting { mut future, fire }| {
        prepare().await;
        let _ = poll(&mut future, &hostile(0));
        drop(future);
        fire();
        yield_now().await;
        finish();
    });
}

#[test]
fn borrow_held_across_user_code_while_a_wait_is_over() {
    for_each(LEAVES.iter(), async |Waiting { mut future, fire }| {
        prepare().await;
        if poll(&mut future, &hostile(0)).is_ready() {
            return finish();
        }
        fire();
        // Only the loop tells the hostile waker; nobody polls the future meanwhile.
        for _ in 0..20 {
            time::sleep(std::time::Duration::from_millis(1)).await;
        }
        finish();
        future.await;
    });
}

#[test]
fn borrow_held_across_user_code_while_a_runtime_ends() {
    for leaf in LEAVES {
        println!("leaf: {}", leaf.name);
        let mut left: Option<Future> = None;
        crate::block_on(async {
            prepare().await;
            let Waiting { mut future, .. } = (leaf.make)();
            if poll(&mut future, &hostile(0)).is_pending() {
                left = Some(future);
            }
        });
        drop(left);
        finish();
    }
}
