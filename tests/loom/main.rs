//! Turns the mailbox's protocol into every interleaving of its threads, and shows that six near misses lose a wake.
//!
//! The protocol under test is the runtime's own file. What a task would see is a relaxed counter, so that the protocol alone
//! must carry it across; a wake that is lost leaves the loop asleep, which loom reports as a deadlock.

mod broken;
mod model;

use std::panic::AssertUnwindSafe;

use model::{Protocol, Real, late_sender, two_wakes};

/// Whether some interleaving fails. The panic is expected, so its report is kept quiet.
fn loses_a_wake(model: impl Fn() + Sync + Send + 'static) -> bool {
    std::panic::catch_unwind(AssertUnwindSafe(move || explore(model))).is_err()
}

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn fails_on_two_wakes<P: Protocol>() -> bool {
    loses_a_wake(two_wakes::<P>)
}

#[test]
fn the_protocol_loses_no_wake_of_one_slot() {
    explore(two_wakes::<Real>);
}

#[test]
fn the_protocol_loses_no_wake_when_an_id_is_used_again() {
    explore(late_sender::<Real>);
}

#[test]
fn a_swap_at_park_loses_a_wake() {
    assert!(fails_on_two_wakes::<broken::SwapAtPark>());
}

#[test]
fn a_load_and_a_store_at_park_lose_a_wake() {
    assert!(fails_on_two_wakes::<broken::LoadThenStore>());
}

#[test]
fn ringing_before_sending_loses_a_wake() {
    assert!(fails_on_two_wakes::<broken::RingBeforeSend>());
}

#[test]
fn clearing_the_bit_after_the_poll_loses_a_wake() {
    assert!(fails_on_two_wakes::<broken::UnmarkAfterPoll>());
}

#[test]
fn leaving_early_on_a_relaxed_look_loses_a_wake() {
    assert!(fails_on_two_wakes::<broken::RelaxedLook>());
}

#[test]
fn storing_the_state_when_an_id_starts_again_loses_a_wake() {
    assert!(loses_a_wake(late_sender::<broken::StoreAtStart>));
}
