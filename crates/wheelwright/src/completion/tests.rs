//! Turns the end of work that nobody waits for into facts.

use std::panic::Location;

use super::Promise;
use crate::observe::WaitOn;

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("this destructor panics, and a test wants it to");
    }
}

#[test]
fn an_output_that_nobody_waits_for_is_dropped_where_no_panic_gets_out() {
    let (promise, receipt) = Promise::new(WaitOn::Blocking, Location::caller(), |_| "the work".into());
    drop(receipt);
    promise.keep(Ok(Bomb));
}

#[test]
fn an_output_that_is_there_when_its_receipt_goes_is_dropped_likewise() {
    let (promise, receipt) = Promise::new(WaitOn::Blocking, Location::caller(), |_| "the work".into());
    promise.keep(Ok(Bomb));
    drop(receipt);
}
