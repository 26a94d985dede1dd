//! Turns outcomes into lines of JSON, written as they come.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;
use wheelwright::fs::Writer;
use wheelwright::sync::{CancellationToken, Semaphore};

use crate::call::Outcome;
use crate::lines::Line;

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
    pub(crate) async fn write(&self, line: Line<'_>, outcome: &Outcome, ms: u128) {
        self.waiting.set(self.waiting.get() + 1);
        let _turn = self.turn.acquire().await;
        self.waiting.set(self.waiting.get() - 1);
        let Some(mut writer) = self.writer.take() else { return };
        let mut written = writer.write_all(record(line, outcome, ms).as_bytes()).await;
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

fn record(line: Line<'_>, outcome: &Outcome, ms: u128) -> String {
    let Outcome { status, error, bytes, attempts } = *outcome;
    let (number, url) = (line.number, Value::from(line.url));
    let (status, error) = (Value::from(status), Value::from(error.map(|kind| kind.to_string())));
    format!(
        r#"{{"line":{number},"url":{url},"status":{status},"error":{error},"bytes":{bytes},"attempts":{attempts},"ms":{ms}}}"#
    ) + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Line, Outcome, record};
    use wheelwright_http::{ErrorKind, Phase};

    #[test]
    fn a_record_is_one_line_of_json() {
        let outcome = Outcome { status: Some(200), error: None, bytes: 5, attempts: 1 };
        let line = Line { number: 7, url: "http://a/\"\u{1}" };
        let expected =
            r#"{"line":7,"url":"http://a/\"\u0001","status":200,"error":null,"bytes":5,"attempts":1,"ms":3}"#;
        assert_eq!(record(line, &outcome, 3), format!("{expected}\n"));
        let outcome = Outcome { status: None, error: Some(ErrorKind::Timeout(Phase::FirstByte)), ..outcome };
        assert!(record(line, &outcome, 3).contains(r#""status":null,"error":"Timeout(FirstByte)""#));
    }
}
