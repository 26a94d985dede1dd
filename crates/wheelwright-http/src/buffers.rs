//! Turns one buffer a thread into the buffers of all its connections.
//!
//! A buffer is borrowed for the time of a system call and what is made of its bytes, and never across an await: ten
//! thousand connections that wait hold none. No code of the user's runs while one is borrowed.

use std::cell::Cell;

/// As much as one read takes at most.
const READ: usize = 64 * 1024;

/// A buffer that grew beyond this is not kept.
const KEPT: usize = 64 * 1024;

thread_local! {
    static INPUT: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
    static OUTPUT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's read buffer.
pub(crate) fn with_input<R>(work: impl FnOnce(&mut [u8]) -> R) -> R {
    // The thread's own may be gone already where a response is dropped at the thread's end.
    let kept = INPUT.try_with(Cell::take).ok().flatten();
    let mut input = kept.unwrap_or_else(|| vec![0; READ].into_boxed_slice());
    let result = work(&mut input);
    let _gone = INPUT.try_with(|kept| kept.set(Some(input)));
    result
}

/// Takes the thread's write buffer, empty. Whoever has to keep its bytes keeps it.
pub(crate) fn take_output() -> Vec<u8> {
    OUTPUT.try_with(Cell::take).unwrap_or_default()
}

/// Gives a write buffer back.
pub(crate) fn keep_output(mut output: Vec<u8>) {
    if output.capacity() <= KEPT {
        output.clear();
        let _gone = OUTPUT.try_with(|kept| kept.set(output));
    }
}
