//! Turns dripping bytes into server-sent events, and events into bytes.
//!
//! The rules are those of the [HTML standard](https://html.spec.whatwg.org/multipage/server-sent-events.html), section
//! 9.2: whatever comes is a stream of events, for lines that mean nothing are passed over. Only size is refused.

use std::time::Duration;

use http::StatusCode;

use crate::Error;

/// An event that a server sends, on either side.
///
/// ```
/// # fn main() -> Result<(), wheelwright_http::Error> {
/// use wheelwright_http::Event;
///
/// let event = Event::new("two\nlines").with_name("note")?.with_id("7")?;
/// assert_eq!((event.name(), event.data(), event.id()), ("note", "two\nlines", Some("7")));
/// assert!(Event::new("").with_name("no\nline break").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias("ServerSentEvent", "MessageEvent"))]
#[must_use = "an event is sent as part of a body"]
pub struct Event {
    /// Empty where it is the usual one.
    name: String,
    /// None where there is nothing to hear.
    data: Option<String>,
    id: Option<String>,
    retry: Option<Duration>,
}

impl Event {
    /// Makes an event of some text.
    ///
    /// A reader gets its line breaks, of whichever kind, as line feeds.
    pub fn new(data: impl Into<String>) -> Self {
        Self { name: String::new(), data: Some(data.into()), id: None, retry: None }
    }

    /// Makes a comment, which readers pass over.
    ///
    /// Sent from time to time it keeps a quiet connection open, and shows whether the reader is still there.
    #[doc(alias = "comment")]
    pub fn keep_alive() -> Self {
        Self { data: None, ..Self::new("") }
    }

    /// Sets what kind of event it is; `message` unless set.
    ///
    /// # Errors
    /// `Parse` if the name has a line break or a NUL.
    pub fn with_name(mut self, name: impl Into<String>) -> Result<Self, Error> {
        self.name = line(name.into())?;
        Ok(self)
    }

    /// Sets what a reader names when it comes back, in `Last-Event-ID`.
    ///
    /// # Errors
    /// `Parse` if the id has a line break or a NUL.
    pub fn with_id(mut self, id: impl Into<String>) -> Result<Self, Error> {
        self.id = Some(line(id.into())?);
        Ok(self)
    }

    /// Sets how long a reader should wait before it comes back.
    ///
    /// It is told in whole milliseconds.
    pub fn with_retry(mut self, wait: Duration) -> Self {
        self.retry = Some(wait);
        self
    }

    /// Returns what kind of event it is.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.name.is_empty() { "message" } else { &self.name }
    }

    /// Returns its text.
    #[must_use]
    pub fn data(&self) -> &str {
        self.data.as_deref().unwrap_or_default()
    }

    /// Returns its id; of an event that came, the last that was told until then.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns how long to wait before coming back, as last told.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Returns its lines, the empty last one included.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut lines = String::new();
        let mut field = |name: &str, value: &str| lines.extend([name, ": ", value, "\n"]);
        if self.data.is_none() {
            field("", "");
        }
        if !self.name.is_empty() {
            field("event", &self.name);
        }
        self.id.iter().for_each(|id| field("id", id));
        self.retry.iter().for_each(|wait| field("retry", &wait.as_millis().to_string()));
        for line in self.data.iter().flat_map(|data| data.split("\r\n")).flat_map(|text| text.split(['\r', '\n'])) {
            field("data", line);
        }
        lines.push('\n');
        lines.into()
    }
}

/// What has to stand in one line.
fn line(text: String) -> Result<String, Error> {
    if text.contains(['\r', '\n', '\0']) {
        return Err(Error::parse("a line break within a field of an event"));
    }
    Ok(text)
}

/// Takes the bytes of an event stream in whichever pieces they come.
#[derive(Debug)]
pub struct EventReader {
    max: usize,
    /// The line that has not ended.
    line: Vec<u8>,
    /// The last byte was a carriage return and ended a line, so that a line feed belongs to it.
    after_return: bool,
    /// A line was read, so that no byte order mark is looked for.
    begun: bool,
    /// What is being read, with a line feed behind each line of its data. Its id and its wait are kept for the next ones.
    pub event: Event,
    /// The id to come back with, as of the last empty line.
    pub last_id: Option<String>,
}

impl EventReader {
    /// Starts with a line; neither one nor the lines of an event taken together may have more than `max` bytes.
    #[must_use]
    pub fn new(max: usize) -> Self {
        let event = Event::keep_alive();
        Self { max, line: Vec::new(), after_return: false, begun: false, event, last_id: None }
    }

    /// Takes bytes up to the end of the next event, or all; returns how many, and the event.
    ///
    /// # Errors
    /// `TooLarge` beyond the limit.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(usize, Option<Event>), Error> {
        for (at, &byte) in bytes.iter().enumerate() {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            if byte == b'\n' && after_return {
                continue;
            }
            if !matches!(byte, b'\r' | b'\n') {
                if self.max <= self.line.len() + self.event.name.len() + self.event.data().len() {
                    return Err(Error::too_large(StatusCode::BAD_REQUEST, "an event exceeds its limit"));
                }
                self.line.push(byte);
                continue;
            }
            let event = self.end_line();
            self.line.clear();
            if event.is_some() {
                return Ok((at + 1, event));
            }
        }
        Ok((bytes.len(), None))
    }

    fn end_line(&mut self) -> Option<Event> {
        let text = String::from_utf8_lossy(&self.line);
        let is_first = !std::mem::replace(&mut self.begun, true);
        let text = text.strip_prefix('\u{FEFF}').filter(|_| is_first).unwrap_or(&text);
        if text.is_empty() {
            return self.end_event();
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let event = &mut self.event;
        match field {
            "event" => event.name = value.to_owned(),
            "data" => event.data.get_or_insert_default().extend([value, "\n"]),
            "id" if !value.contains('\0') => event.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                event.retry = value.parse().map(Duration::from_millis).ok().or(event.retry);
            }
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        self.last_id.clone_from(&self.event.id);
        let next = Event { id: self.last_id.clone(), retry: self.event.retry, ..Event::keep_alive() };
        let mut event = std::mem::replace(&mut self.event, next);
        // The line feed behind the last line; without a line of data there is no event.
        event.data.as_mut()?.pop();
        Some(event)
    }
}
