//! Turns records into a file, line by line as they come.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use wheelwright::fs::Writer;
use wheelwright::sync::{CancellationToken, Semaphore};

/// Where the records go. The file is written by the pool: whoever reads the other end of a pipe may take their time.
pub(crate) struct Records {
    /// Taken out by whoever has the turn; gone after a failure, and if nobody wants records.
    writer: Cell<Option<Writer<Box<dyn Write + Send>>>>,
    turn: Semaphore,
    /// How many wait for the turn.
    waiting: Cell<usize>,
    failure: Cell<Option<io::Error>>,
    /// Cancelled when no more can be written.
    pub(crate) broken: CancellationToken,
}

impl Records {
    /// Opens a file, or standard output for `-`.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file: Option<Box<dyn Write + Send>> = match path {
            None => None,
            Some(path) if path == "-" => Some(Box::new(io::stdout())),
            Some(path) => Some(Box::new(File::create(path)?)),
        };
        Ok(Self {
            writer: Cell::new(file.map(Writer::new)),
            turn: Semaphore::new(1),
            waiting: Cell::new(0),
            failure: Cell::new(None),
            broken: CancellationToken::new(),
        })
    }

    /// Writes a record, and waits until it is out.
    pub(crate) async fn write(&self, record: &str) {
        self.waiting.set(self.waiting.get() + 1);
        let _turn = self.turn.acquire().await.expect("nobody closes it");
        self.waiting.set(self.waiting.get() - 1);
        let Some(mut writer) = self.writer.take() else { return };
        let mut written = writer.write_all(record.as_bytes()).await;
        // Whoever waits for the turn flushes this record with its own.
        if self.waiting.get() == 0 && written.is_ok() {
            written = writer.flush().await;
        }
        match written {
            Ok(()) => self.writer.set(Some(writer)),
            Err(error) => {
                self.failure.set(Some(error));
                self.broken.cancel();
            }
        }
    }

    /// Why no more could be written.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failure.take()
    }
}
