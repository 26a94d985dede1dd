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
    /// # Cancel safety
    /// Dropping it loses nothing: what came is in `rest` before the next wait begins.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.rest.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(line);
            }
            match self.pieces.recv().await {
                Some(piece) => self.rest.push_str(&piece),
                None => return Some(std::mem::take(&mut self.rest)).filter(|last| !last.is_empty()),
            }
        }
    }
}
