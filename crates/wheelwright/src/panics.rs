//! Turns a panic of somebody else's code into one that stays where it is.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code that may panic and whose panic has been told by its hook; false if it did.
pub(crate) fn contain(act: impl FnOnce()) -> bool {
    let Err(payload) = catch_unwind(AssertUnwindSafe(act)) else { return true };
    // The payload's destructor may panic too: what that one carries is leaked rather than chased further.
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        mem::forget(second);
    }
    false
}

/// Drops what nobody wants.
pub(crate) fn drop_contained<T>(unwanted: T) {
    contain(move || drop(unwanted));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static LEFT: Cell<u32> = const { Cell::new(0) };
    }

    /// Panics when it is dropped, with another one like it, so many times.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(left) = LEFT.get().checked_sub(1) {
                LEFT.set(left);
                std::panic::panic_any(Self);
            }
        }
    }

    #[test]
    fn a_panic_whose_payload_panics_goes_no_further() {
        assert!(contain(|| ()));
        assert!(!contain(|| panic!("text")));
        for panics in 0..4 {
            LEFT.set(panics);
            drop_contained(Bomb);
        }
    }
}
