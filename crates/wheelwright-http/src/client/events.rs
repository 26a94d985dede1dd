//! Turns a response's body into server-sent events.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;

use super::response::Response;
use crate::Error;
use crate::proto::{Event, EventReader};

/// The bytes that an event may have unless somebody says otherwise.
const MAX_EVENT: usize = 1024 * 1024;

/// The events of a response, as they come; made by [`Response::events`].
///
/// It ends where the body does, and after an error. An event that has not ended by then is not one. To go on, send
/// another request, after [`retry`](Self::retry), with [`last_id`](Self::last_id) in a `Last-Event-ID` header.
#[derive(Debug)]
#[must_use = "events are read as they are asked for"]
pub struct EventStream {
    /// Gone after an error.
    response: Option<Response>,
    /// Bytes that came and were not looked at.
    came: Bytes,
    reader: EventReader,
}

impl EventStream {
    pub(super) fn new(response: Response) -> Self {
        Self { response: Some(response), came: Bytes::new(), reader: EventReader::new(MAX_EVENT) }
    }

    /// Limits an event and a line to so many bytes; 1 MiB unless set.
    ///
    /// It is to be called before the first event is asked for.
    pub fn max_event(mut self, bytes: usize) -> Self {
        self.reader = EventReader::new(bytes);
        self
    }

    /// Returns the last id that the server told, with an event or without.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.reader.last_id.as_deref()
    }

    /// Returns how long the server wants to be left alone if the stream ends.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.reader.event.retry()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event>, Error>> {
        let Some(response) = &mut self.response else { return Poll::Ready(Ok(None)) };
        loop {
            let (taken, event) = self.reader.read(&self.came)?;
            self.came.advance(taken);
            if event.is_some() {
                return Poll::Ready(Ok(event));
            }
            match ready!(response.poll_chunk(cx))? {
                Some(bytes) => self.came = bytes,
                None => return Poll::Ready(Ok(None)),
            }
        }
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = ready!(self.poll_event(cx));
        if event.is_err() {
            self.response = None;
        }
        Poll::Ready(event.transpose())
    }
}
