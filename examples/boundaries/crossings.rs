//! Turns every crossing between plain and async code into a count.

use std::sync::atomic::{AtomicU64, Ordering};

/// The ways across, in the order of the table.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    BlockOn,
    SpawnBlocking,
    HandleSpawn,
    HandleBlockOn,
    RemoteSend,
}

/// Each with its name here and in asyncio.
const WAYS: [[&str; 3]; 5] = [
    ["plain code -> a loop of its own", "block_on", "run"],
    ["the loop -> a thread of the pool", "spawn_blocking", "to_thread"],
    ["another thread -> the loop", "Handle::spawn", "run_coroutine_threadsafe"],
    ["another thread -> the loop", "Handle::block_on", "run_coroutine_threadsafe(…).result"],
    ["another thread -> the loop", "sync::remote", "call_soon_threadsafe(queue.put_nowait, …)"],
];

static COUNTS: [AtomicU64; WAYS.len()] = [const { AtomicU64::new(0) }; WAYS.len()];

/// Notes that a crossing is about to be made.
pub(crate) fn note(way: Way) {
    COUNTS[way as usize].fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn made(way: Way) -> u64 {
    COUNTS[way as usize].load(Ordering::Relaxed)
}

pub(crate) fn print() {
    println!("\ne  All crossings of this run");
    for ([way, name, asyncio], count) in WAYS.iter().zip(&COUNTS) {
        println!("   {way:<37}{name:<19}{:>7}   in asyncio {asyncio}", count.load(Ordering::Relaxed));
    }
}
