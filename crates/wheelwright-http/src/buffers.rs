//! Turns a few buffers a thread into the buffers of all its connections.
//!
//! What is read into and written from is borrowed for the time of a system call and what is made of its bytes, and never
//! across an await: ten thousand connections that wait hold none. No code of the user's runs meanwhile. A URL and a head
//! are kept longer, by the call and by its response; the next call uses what one that is over gave back.

use std::cell::Cell;
use std::thread::LocalKey;

/// As much as one read takes at most.
const READ: usize = 64 * 1024;

/// A buffer that grew beyond this is not kept.
const KEPT: usize = 64 * 1024;

thread_local! {
    static INPUT: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
    pub(crate) static OUTPUT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    pub(crate) static URL: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    pub(crate) static HEAD: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
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

/// Takes the thread's spare buffer of a kind, empty. Whoever has to keep its bytes keeps it.
pub(crate) fn take(spare: &'static LocalKey<Cell<Vec<u8>>>) -> Vec<u8> {
    spare.try_with(Cell::take).unwrap_or_default()
}

/// Gives such a buffer back.
pub(crate) fn keep(spare: &'static LocalKey<Cell<Vec<u8>>>, mut buffer: Vec<u8>) {
    if buffer.capacity() <= KEPT {
        buffer.clear();
        let _gone = spare.try_with(|kept| kept.set(buffer));
    }
}
