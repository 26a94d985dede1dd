//! Turns a reader that loses what it has read into one that may be given up at any time.

use wheelwright::sync::mpsc;

/// Takes lines out of pieces of text that are cut anywhere, as what comes from a socket is.
#[derive(Debug)]
pub struct LineReader {
    pieces: mpsc::Receiver<String>,
    /// What came after the last line.
    rest: String,
}

impl LineReader {
    /// Makes a reader of the lines in these pieces.
    #[must_use]
    pub fn new(pieces: mpsc::Receiver<String>) -> Self {
        Self { pieces, rest: String::new() }
    }

    /// Waits for the next line: without its end, or `None` when no piece is left.
    ///
    /// It loses text if it is dropped while it waits. Make it cancel safe.
    pub async fn next(&mut self) -> Option<String> {
        let mut text = std::mem::take(&mut self.rest);
        loop {
            if let Some((line, rest)) = text.split_once('\n') {
                self.rest = rest.to_owned();
                return Some(line.to_owned());
            }
            match self.pieces.recv().await {
                Some(piece) => text.push_str(&piece),
                None => return Some(text).filter(|last| !last.is_empty()),
            }
        }
    }
}
