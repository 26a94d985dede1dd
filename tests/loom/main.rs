//! Turns two protocols into every interleaving of their threads, and shows that near misses lose a wake or a value.
//!
//! The protocols under test, of the mailbox and of channels between threads, are the runtime's own files. What a task would see is a relaxed counter, so that the protocol alone
//! must carry it across; a wake that is lost leaves the loop asleep, which loom reports as a deadlock.

mod broken;
mod model;
mod remote;

use std::panic::AssertUnwindSafe;

use model::{Protocol, Real, late_sender, two_wakes};
use remote::Slip;

/// Whether some interleaving fails. The panic is expected, so its report is kept quiet.
fn loses_a_wake(model: impl Fn() + Sync + Send + 'static) -> bool {
    loses(3, model)
}

fn loses(preemptions: usize, model: impl Fn() + Sync + Send + 'static) -> bool {
    std::panic::catch_unwind(AssertUnwindSafe(move || explore_with(preemptions, model))).is_err()
}

fn explore(model: impl Fn() + Sync + Send + 'static) {
    explore_with(3, model);
}

/// Tries all interleavings in which no more threads than this are stopped while they could go on.
fn explore_with(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
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

fn fails_with(slip: Slip, model: fn(Slip)) -> bool {
    loses(2, move || model(slip))
}

#[test]
fn a_channel_between_threads_loses_no_value_and_tells_its_end() {
    explore(|| remote::a_value_and_the_end(Slip::None));
}

#[test]
fn a_channel_between_threads_wakes_those_who_wait_for_room() {
    explore(|| remote::a_sender_and_no_place(Slip::None));
    explore_with(2, || remote::two_senders_and_one_place(Slip::None));
}

#[test]
fn a_channel_between_threads_keeps_nothing_when_its_receiver_goes() {
    explore(|| remote::the_receiver_goes(Slip::None));
    explore(|| remote::the_receiver_goes_while_the_channel_is_full(Slip::None));
}

#[test]
fn without_the_fence_of_the_waiter_a_wake_is_lost() {
    assert!(fails_with(Slip::NoFenceOfTheWaiter, remote::a_value_and_the_end));
    assert!(fails_with(Slip::NoFenceOfTheWaiter, remote::a_sender_and_no_place));
    assert!(fails_with(Slip::NoFenceOfTheWaiter, remote::the_receiver_goes_while_the_channel_is_full));
}

#[test]
fn without_the_fence_of_the_waker_a_wake_is_lost() {
    assert!(fails_with(Slip::NoFenceOfTheWaker, remote::a_value_and_the_end));
    assert!(fails_with(Slip::NoFenceOfTheWaker, remote::a_sender_and_no_place));
    assert!(fails_with(Slip::NoFenceOfTheWaker, remote::the_receiver_goes_while_the_channel_is_full));
}

#[test]
fn without_the_fence_of_the_waker_a_value_stays_where_nobody_takes_it() {
    assert!(fails_with(Slip::NoFenceOfTheWaker, remote::the_receiver_goes));
}

#[test]
fn looking_again_before_joining_the_line_loses_a_wake() {
    assert!(fails_with(Slip::LooksBeforeJoining, remote::a_sender_and_no_place));
}

#[test]
fn waking_before_the_change_loses_a_wake() {
    assert!(fails_with(Slip::WakesBeforeChanging, remote::a_sender_and_no_place));
}

#[test]
fn keeping_the_wake_of_a_wait_that_is_given_up_loses_it() {
    assert!(fails_with(Slip::KeepsTheWake, remote::two_senders_and_one_place));
}

#[test]
fn asking_for_the_end_after_the_look_loses_a_value() {
    assert!(fails_with(Slip::AsksForTheEndLast, remote::a_value_and_the_end));
}

#[test]
fn emptying_before_closing_leaves_a_value() {
    assert!(fails_with(Slip::EmptiesBeforeClosing, remote::the_receiver_goes));
}
