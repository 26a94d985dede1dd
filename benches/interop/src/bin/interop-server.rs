//! Turns requests into what is agreed on, with the server of this project.
//!
//! It prints `listening on http://ADDR wheelwright-http VERSION`, serves until its standard input ends, and says how much it
//! served. It does so when nothing is left: no task, no timer, no socket.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use futures_core::Stream;
use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use wheelwright::stream::{self, StreamExt};
use wheelwright::time::sleep;
use wheelwright::{inspect, spawn_blocking, yield_now};
use wheelwright_benches_interop::agreement::{self, LARGEST, Page, Sum, page, pieces};
use wheelwright_http::{Body, Error, ErrorKind, Event, Incoming, Server, sse};

fn main() -> io::Result<()> {
    wheelwright::block_on(async {
        let before = inspect::live();
        let served = Rc::new(Cell::new(0_u64));
        let counted = Rc::clone(&served);
        let running = Server::bind("127.0.0.1:0")?.max_body(LARGEST).serve(move |request| {
            counted.set(counted.get() + 1);
            answer(request)
        });
        let mut stdout = io::stdout();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(stdout, "listening on http://{} wheelwright-http {version}", running.local_addr())?;
        stdout.flush()?;
        spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await.map_err(io::Error::other)??;
        let accepted = running.accepted();
        running.shutdown(Duration::from_secs(5)).await;
        // The thread that has read to the end may still be on its way back.
        while inspect::live() != before {
            yield_now().await;
        }
        writeln!(stdout, "{} requests served over {accepted} connections, nothing left", served.get())
    })
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let port = HeaderValue::from(body.peer_addr().port());
    let mut response = match Page::of(&head.method, head.uri.path()) {
        Ok(page) => found(page, body).await,
        Err(StatusCode::METHOD_NOT_ALLOWED) => refused(),
        Err(status) => plain(status, status.as_str().to_owned()),
    };
    response.headers_mut().insert("x-connection", port);
    if let Some(id) = head.headers.get("x-id") {
        response.headers_mut().insert("x-id", id.clone());
    }
    response
}

async fn found(what: Page, body: Incoming) -> Response<Body> {
    match what {
        Page::Bytes(length) => Response::new(Body::full(page(length))),
        Page::Chunks(length) => Response::new(streamed(length)),
        // A response of ours has no trailers.
        Page::Trailers(_) => plain(StatusCode::NOT_IMPLEMENTED, String::new()),
        Page::Events(count) => sse(events(count)),
        Page::Sum => sum(body).await.unwrap_or_else(|error| plain(status_of(&error), error.to_string())),
        Page::Echo => Response::new(Body::stream(body)),
        Page::Status(status) => plain(status, status.as_str().to_owned()),
    }
}

fn streamed(length: usize) -> Body {
    Body::stream(stream::iter(pieces(page(length))).map(Ok::<_, Infallible>))
}

/// With a moment between them, so that each is sent by itself.
fn events(count: usize) -> impl Stream<Item = Event> {
    stream::generator(async move |y| {
        for number in 0..count {
            let event = Event::new(format!("event {number}")).with_id(number.to_string());
            y.yield_(event.expect("a number has no line feed")).await;
            sleep(Duration::from_millis(1)).await;
        }
    })
}

async fn sum(mut body: Incoming) -> Result<Response<Body>, Error> {
    let mut sum = Sum::default();
    while let Some(piece) = body.chunk().await? {
        sum.add(&piece);
    }
    let mut response = plain(StatusCode::OK, sum.told());
    copy_trailer(&body.trailers().unwrap_or_default(), response.headers_mut());
    Ok(response)
}

fn copy_trailer(trailers: &HeaderMap, fields: &mut HeaderMap) {
    if let Some(value) = trailers.get(agreement::TRAILER) {
        fields.insert(agreement::TRAILER, value.clone());
    }
}

fn refused() -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "405".to_owned());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn plain(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

fn status_of(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Timeout(_) => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}
