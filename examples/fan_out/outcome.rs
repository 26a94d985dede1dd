//! Turns what became of a line into what follows from it: well or not, final or not, and a record.

use std::time::Instant;

use serde_json::Value;
use wheelwright_http::ErrorKind;

use crate::lines::Line;

/// What became of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<ErrorKind>,
    /// Of the last try's body.
    pub(crate) bytes: u64,
    pub(crate) attempts: u32,
    /// When the first try began.
    pub(crate) begun: Option<Instant>,
}

impl Outcome {
    /// Why the line failed; nothing if all is well.
    pub(crate) fn fault(&self) -> Option<String> {
        match (self.error, self.status) {
            (Some(kind), _) => Some(kind.to_string()),
            (None, Some(200..300)) => None,
            (None, Some(status)) => Some(format!("status {status}")),
            (None, None) => Some("no try".into()),
        }
    }

    /// Whether the same call may succeed a little later.
    pub(crate) fn may_pass(&self) -> bool {
        match self.error {
            None => matches!(self.status, Some(429 | 500 | 502 | 503 | 504)),
            Some(ErrorKind::Dns | ErrorKind::Connect | ErrorKind::Timeout(_) | ErrorKind::Closed) => true,
            Some(kind) => matches!(kind, ErrorKind::Incomplete | ErrorKind::Io),
        }
    }

    pub(crate) fn cancelled(self) -> Self {
        Self { status: None, error: Some(ErrorKind::Cancelled), ..self }
    }

    /// The line's record, a line of its own.
    pub(crate) fn record(&self, line: Line<'_>, now: Instant) -> String {
        let Self { status, error, bytes, attempts, begun } = *self;
        let ms = begun.map_or(0, |begun| (now - begun).as_millis());
        let (number, url) = (line.number, Value::from(line.url));
        let (status, error) = (Value::from(status), Value::from(error.map(|kind| kind.to_string())));
        let outcome = format!(r#""status":{status},"error":{error},"bytes":{bytes},"attempts":{attempts},"ms":{ms}"#);
        format!(r#"{{"line":{number},"url":{url},{outcome}}}"#) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, Line, Outcome};
    use std::time::Duration;

    use wheelwright_http::{ErrorKind, Phase};

    #[test]
    fn a_record_is_one_line_of_json() {
        let begun = Instant::now();
        let now = begun + Duration::from_millis(3);
        let outcome = Outcome { status: Some(200), error: None, bytes: 5, attempts: 1, begun: Some(begun) };
        let line = Line { number: 7, url: "http://a/\"\u{1}" };
        let expected =
            r#"{"line":7,"url":"http://a/\"\u0001","status":200,"error":null,"bytes":5,"attempts":1,"ms":3}"#;
        assert_eq!(outcome.record(line, now), format!("{expected}\n"));
        let outcome = Outcome { status: None, error: Some(ErrorKind::Timeout(Phase::FirstByte)), ..outcome };
        assert!(outcome.record(line, now).contains(r#""status":null,"error":"Timeout(FirstByte)""#));
    }

    #[test]
    fn all_is_well_with_a_status_from_200_on_and_a_whole_body() {
        let with = |status, error| Outcome { status: Some(status), error, ..Outcome::default() }.fault();
        assert_eq!((with(200, None), with(299, None)), (None, None));
        assert_eq!((with(199, None), with(300, None)), (Some("status 199".into()), Some("status 300".into())));
        assert_eq!(with(200, Some(ErrorKind::Incomplete)), Some("Incomplete".into()));
    }
}
