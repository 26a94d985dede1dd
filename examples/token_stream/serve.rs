//! Turns requests into answers that are on their way to their reader while a task makes them.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, Response, StatusCode};
use wheelwright::sync::mpsc;
use wheelwright::{spawn, time::sleep};
use wheelwright_http::{Body, Event, Running, Server, sse};

use crate::model::{self, PACE};
use crate::record::{Ended, Made, Record};

/// A browser whose connection broke comes back after this time.
const RETRY: Duration = Duration::from_secs(1);

/// Serves on this port; the record tells what it makes.
pub(crate) fn start(port: u16) -> io::Result<(Running, Rc<Record>)> {
    let record = Rc::new(Record::default());
    let kept = Rc::clone(&record);
    let running = Server::bind((Ipv4Addr::LOCALHOST, port))?.serve(move |request| {
        let (uri, record) = (request.uri(), &kept);
        // As it came, escapes and all: a model of words to nobody's question needs no better.
        let prompt = uri.query().and_then(|query| query.strip_prefix("prompt=")).unwrap_or_default();
        let response = match uri.path() {
            "/" => reply("text/html; charset=utf-8", include_str!("page.html")),
            "/tokens" => events(Answer::begin(record, prompt, had(request.headers()))),
            "/text" => text(Answer::begin(record, prompt, 0)),
            "/made" => reply("application/json", format!("{}\n", record.as_json())),
            _ => not_found(),
        };
        async { response }
    });
    Ok((running, record))
}

/// The answer as server-sent events, and at the end one that says so: a browser takes any other end for an accident.
fn events(mut answer: Answer) -> Response<Body> {
    let (sender, events) = mpsc::channel(1);
    spawn(async move {
        while let Some((number, token)) = answer.next(|| sender.is_closed()).await {
            sender.send(Event::new(token).with_id(number.to_string())?.with_retry(RETRY)).await?;
        }
        sender.send(Event::new("").with_name("done")?).await?;
        Ok::<_, Box<dyn Error>>(()) // an error says that nobody reads on; it is logged
    })
    .detach_logged();
    sse(events)
}

/// The answer as it is. A sender that is dropped before it finishes breaks the body off, which its reader sees.
fn text(mut answer: Answer) -> Response<Body> {
    let (sender, body) = Body::channel(1);
    spawn(async move {
        while let Some((_, token)) = answer.next(|| sender.is_closed()).await {
            sender.send(token).await?;
        }
        sender.finish();
        Ok::<_, Box<dyn Error>>(())
    })
    .detach_logged();
    reply("text/plain; charset=utf-8", body)
}

/// The tokens that a reader has who comes back: the browser tells the last one's number by itself.
fn had(headers: &HeaderMap) -> usize {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    last.unwrap_or(0)
}

/// An answer that is being made.
struct Answer {
    tokens: Box<dyn Iterator<Item = &'static str>>,
    made: Rc<Made>,
}

impl Answer {
    /// Begins behind the tokens that the reader has.
    fn begin(record: &Record, prompt: &str, had: usize) -> Self {
        Self { tokens: Box::new(model::answer(prompt).skip(had)), made: record.begin(prompt, had) }
    }

    /// Makes a token, which takes its time, and counts it; none at the end, or if its reader is gone by then.
    async fn next(&mut self, is_gone: impl Fn() -> bool) -> Option<(usize, &'static str)> {
        let Some(token) = self.tokens.next() else {
            self.made.ended.set(Some(Ended::Whole));
            return None;
        };
        sleep(PACE).await;
        (!is_gone()).then(|| (self.made.count(), token))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.made.ended.get().is_none() {
            self.made.ended.set(Some(Ended::ReaderLeft));
        }
    }
}

fn reply(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Otherwise a browser would wait for more text, to guess of what kind it is.
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn not_found() -> Response<Body> {
    let mut response = reply("text/plain; charset=utf-8", "there is nothing here\n");
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
