//! Turns dripping bytes into the place where a head ends.
//!
//! The scan sees each byte once, however the bytes are cut, and judges what the tokeniser would let pass: a line feed
//! without its carriage return, too many lines, a fold. While a head is unfinished it also refuses what no further byte
//! could mend, so that garbage is answered at once and not when a deadline passes.

use std::ops::Range;

use http::StatusCode;

use super::MAX_FIELDS;
use crate::Error;

/// Finds the end of one head in a buffer that grows at its end.
#[derive(Debug)]
pub struct HeadScan {
    /// Where the head's first line begins.
    start: usize,
    /// Where the line begins whose end is being looked for.
    line: usize,
    /// Everything before this was looked at.
    seen: usize,
    /// Whole lines of this head so far, the empty last one not counted.
    lines: usize,
    /// Empty lines that may still stand before the head.
    blanks: usize,
    folded: bool,
}

impl HeadScan {
    /// Starts at `start`, and forgives so many empty lines before the head.
    #[must_use]
    pub fn new(start: usize, blanks: usize) -> Self {
        Self { start, line: start, seen: start, lines: 0, blanks, folded: false }
    }

    /// Returns whether a line of the head goes on from the one before it.
    #[must_use]
    pub fn folded(&self) -> bool {
        self.folded
    }

    /// Returns where the head begins, empty lines before it not counted.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Looks for the head's end in `buf`, which must hold what it held before, and perhaps more.
    ///
    /// # Errors
    /// `TooLarge` beyond the first `max` bytes of `buf` or 100 fields, `Parse` for what can no longer become a head.
    pub fn find(&mut self, buf: &[u8], max: usize) -> Result<Option<Range<usize>>, Error> {
        let from = self.seen;
        while let Some(feed) = find_line_feed(buf, self.seen) {
            if feed == self.line || buf[feed - 1] != b'\r' {
                return Err(Error::parse("a line feed without its carriage return"));
            }
            self.seen = feed + 1;
            if max < self.seen {
                return Err(self.too_long());
            }
            // Nearly every line is one more field of a head that has begun.
            let first = buf[self.line];
            if b' ' < first && self.lines < MAX_FIELDS {
                self.lines += 1;
                self.line = self.seen;
            } else if self.end_odd_line(&buf[self.line..feed - 1])? {
                return Ok(Some(self.start..self.seen));
            }
        }
        if max < buf.len() {
            return Err(self.too_long());
        }
        refuse_the_hopeless(buf, from)?;
        self.seen = buf.len();
        Ok(None)
    }

    /// Takes a line that is empty, folded or one of very many, and returns whether it ends the head.
    fn end_odd_line(&mut self, line: &[u8]) -> Result<bool, Error> {
        self.line = self.seen;
        if line.is_empty() && 0 < self.lines {
            return Ok(true);
        }
        if line.is_empty() && self.blanks == 0 {
            return Err(Error::parse("an empty line before the head"));
        }
        if line.is_empty() {
            self.blanks -= 1;
            self.start = self.line;
            return Ok(false);
        }
        if matches!(line[0], b' ' | b'\t') {
            if self.lines < 2 {
                return Err(Error::parse("a blank before the first field"));
            }
            self.folded = true;
        }
        self.lines += 1;
        if MAX_FIELDS + 1 < self.lines {
            return Err(Error::too_large(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "more than 100 fields"));
        }
        Ok(false)
    }

    #[cold]
    fn too_long(&self) -> Error {
        if self.lines == 0 {
            return Error::too_large(StatusCode::URI_TOO_LONG, "the first line exceeds the limit of a head");
        }
        Error::too_large(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the head exceeds its limit")
    }
}

/// Refuses control bytes and lone carriage returns among the new bytes of a head that is still unfinished.
fn refuse_the_hopeless(buf: &[u8], from: usize) -> Result<(), Error> {
    // A carriage return that was the last byte last time is judged by the byte after it.
    let from = if 0 < from && buf[from - 1] == b'\r' { from - 1 } else { from };
    let new = &buf[from..];
    for (place, &byte) in new.iter().enumerate() {
        if byte == b'\r' && new.get(place + 1).is_some_and(|&next| next != b'\n') {
            return Err(Error::parse("a carriage return without its line feed"));
        }
        if byte == 0x7F || (byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n')) {
            return Err(Error::parse("a control byte in a head"));
        }
    }
    Ok(())
}

/// Finds the first line feed at or after `from`, eight bytes at a time.
fn find_line_feed(buf: &[u8], from: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    let mut words = buf.get(from..)?.chunks_exact(8);
    let mut at = from;
    for word in &mut words {
        // A byte of `word` is zero where the input has a line feed; the lowest zero byte gets its top bit set.
        let word =
            u64::from_le_bytes(word.try_into().expect("chunks of eight are eight bytes")) ^ (ONES * b'\n' as u64);
        let hit = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if hit != 0 {
            return Some(at + hit.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    words.remainder().iter().position(|&byte| byte == b'\n').map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_scan_agrees_with_a_byte_scan() {
        let bytes: Vec<u8> = (0..4_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 % 23).collect();
        for from in 0..bytes.len() {
            let slow = bytes[from..].iter().position(|&byte| byte == b'\n').map(|found| from + found);
            assert_eq!(find_line_feed(&bytes, from), slow);
        }
    }

    #[test]
    fn a_dripping_head_is_scanned_once() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut scan = HeadScan::new(0, 0);
        for end in 0..head.len() {
            assert_eq!(scan.find(&head[..end], 1_000).expect("nothing is wrong so far"), None);
            assert_eq!(scan.seen, end);
        }
        assert_eq!(scan.find(head, 1_000).expect("the head is well-formed"), Some(0..head.len()));
    }
}
