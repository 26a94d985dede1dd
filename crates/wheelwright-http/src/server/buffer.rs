//! Turns the thread's few spare blocks of memory into read buffers that exist only while they hold something.
//!
//! Ten thousand idle connections hold no buffer: a block is taken when bytes are there to be read, and goes back when
//! all of them have been used.

use std::cell::RefCell;

/// Bytes that one read may bring.
const BLOCK: usize = 16 * 1024;

/// Blocks that the thread keeps; a burst may use more.
const SPARE_BLOCKS: usize = 32;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that were read and not yet used.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    /// Empty, or a block whose bytes from `start` to `end` are unused.
    block: Vec<u8>,
    start: usize,
    end: usize,
}

impl ReadBuffer {
    pub(super) fn unused(&self) -> &[u8] {
        &self.block[self.start..self.end]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Room for at least one more byte behind the unused ones; [`ReadBuffer::fill`] says how much of it was filled.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.block.is_empty() {
            self.block = SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; BLOCK]);
        }
        if self.end == self.block.len() && 0 < self.start {
            self.block.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.block.len() {
            self.block.resize(2 * self.end, 0);
        }
        &mut self.block[self.end..]
    }

    pub(super) fn fill(&mut self, length: usize) {
        self.end += length;
    }

    /// Gives the block back once nothing in it is of use.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        debug_assert!(self.start <= self.end, "only what was filled can be used");
        if self.is_empty() {
            self.give_back();
        }
    }

    /// Forgets what is unused.
    pub(super) fn clear(&mut self) {
        self.start = self.end;
        self.give_back();
    }

    /// Gives an empty block back; one that holds something stays.
    pub(super) fn give_back(&mut self) {
        if !self.is_empty() {
            return;
        }
        (self.start, self.end) = (0, 0);
        let block = std::mem::take(&mut self.block);
        // One that grew for a long head would keep its size for good.
        if block.len() == BLOCK {
            SPARE.with_borrow_mut(|spare| {
                if spare.len() < SPARE_BLOCKS {
                    spare.push(block);
                }
            });
        }
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, ReadBuffer, SPARE};

    fn put(buffer: &mut ReadBuffer, bytes: &[u8]) {
        for &byte in bytes {
            buffer.room()[0] = byte;
            buffer.fill(1);
        }
    }

    #[test]
    fn a_buffer_holds_memory_only_while_it_holds_bytes() {
        let mut buffer = ReadBuffer::default();
        assert_eq!(buffer.block.capacity(), 0);
        put(&mut buffer, b"abc");
        buffer.consume(2);
        assert_eq!(buffer.unused(), b"c");
        buffer.consume(1);
        assert_eq!((buffer.block.capacity(), SPARE.with_borrow(Vec::len)), (0, 1));
    }

    #[test]
    fn what_is_unused_survives_moving_and_growing() {
        let mut buffer = ReadBuffer::default();
        let bytes: Vec<u8> = (0..3 * BLOCK as u32).map(|n| n as u8).collect();
        put(&mut buffer, &bytes[..BLOCK]);
        buffer.consume(10);
        put(&mut buffer, &bytes[BLOCK..]);
        assert_eq!(buffer.unused(), &bytes[10..]);
    }

    #[test]
    fn a_block_that_grew_is_not_kept() {
        let mut buffer = ReadBuffer::default();
        put(&mut buffer, &vec![b'x'; BLOCK + 1]);
        drop(buffer);
        assert_eq!(SPARE.with_borrow(Vec::len), 0);
    }
}
