//! Turns `ROW N` into one run of a row on this project's runtime, and the number of allocations it made.
//!
//! Under callgrind the same run gives instructions: `cargo xtask guards` holds both against `benches/guards.json`.

#![allow(unsafe_code, reason = "a global allocator cannot be written without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

#[path = "../peers/rows.rs"]
mod rows;
#[path = "../peers/words.rs"]
mod words;

/// The system's allocator, counted: a block that grows or shrinks counts as one more.
struct Counted;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn count() {
    // Not `fetch_add`: a workload has one thread, and the count should cost next to nothing.
    ALLOCATIONS.store(ALLOCATIONS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

// SAFETY: every call is passed on to `System` as it came, and counting touches no memory of the allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps `alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `System` by one of the other functions.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as for `dealloc`; the caller keeps `realloc`'s contract.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static COUNTED: Counted = Counted;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [row, n] = words.as_slice() else { panic!("usage: ROW N") };
    let _figures = rows::run(row, 0, n.parse().expect("N is a number"));
    writeln!(io::stdout(), "{} allocations", ALLOCATIONS.load(Ordering::Relaxed)).expect("somebody reads the figures");
}
