//! Turns requests into answers of every kind: whole or in pieces, late, packed, refused, broken off, or a panic.
//!
//! `/WAY/ID/SIZE` is answered in that way with the page of the id; what is sent to it must be that page, too.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::panic::resume_unwind;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Request, Response, StatusCode};
use wheelwright::stream::StreamExt;
use wheelwright::time::sleep;
use wheelwright::{block_on, spawn, spawn_blocking};
use wheelwright_http::{Body, Event, Incoming, Server, sse};

use super::figures::Figures;
use super::pages::{page, pieces};
use super::relay;
use crate::faults::raise_descriptor_limit;

/// So soon idle connections are closed: while the client still keeps them.
const IDLE: Duration = Duration::from_millis(150);
/// The longest pause of an answer that is late.
const PAUSE_MS: u64 = 200;
/// Only shorter bodies are packed: packing is the server's work, not ours to test.
const PACKED: usize = 10_000;

/// Tells its ports, the honest one and those of the relays, and serves until standard input ends.
pub(super) fn serve(seed: u64) {
    raise_descriptor_limit();
    block_on(async {
        let server = Server::bind("0.0.0.0:0").expect("a free port").idle_timeout(IDLE);
        let running = server.serve(answer);
        let port = running.local_addr().port();
        println!("{port} {} {}", relay::rough(port, seed), relay::older(port));
        let end = spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
        end.expect("it does not panic").expect("it can be read");
    });
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let [way, id, size] = path[1..].split('/').collect::<Vec<_>>()[..] else {
        return Response::new(Body::from(Figures::now().told()));
    };
    let (id, size) = (id.parse().expect("a number"), size.parse().expect("a number"));
    let is_packed = size < PACKED && request.headers().contains_key(ACCEPT_ENCODING) && way == "whole";
    let page = page(id, size);
    let mut response = if is_whole(request.into_body(), &page, way.starts_with("send")).await {
        in_its_way(way, page, Duration::from_millis(id % PAUSE_MS), is_packed).await
    } else {
        with_status(StatusCode::BAD_REQUEST, Bytes::new())
    };
    response.headers_mut().insert("x-id", id.into());
    response
}

/// Reads a body to its end, or to its fault.
async fn is_whole(mut body: Incoming, page: &Bytes, is_due: bool) -> bool {
    let mut came = 0;
    while let Some(chunk) = body.next().await {
        let Ok(chunk) = chunk else { return false };
        assert_eq!(page.get(came..came + chunk.len()), Some(&chunk[..]), "the body of another request");
        came += chunk.len();
    }
    let due = if is_due { page.len() } else { 0 };
    assert_eq!(came, due, "a body that was cut is never whole");
    true
}

async fn in_its_way(way: &str, page: Bytes, pause: Duration, is_packed: bool) -> Response<Body> {
    let length = page.len() as u64;
    let field = |name, value: http::HeaderValue, body: Body| {
        let mut response = Response::new(body);
        response.headers_mut().insert(name, value);
        response
    };
    match way {
        "whole" if is_packed => field(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"), packed(&page)),
        "whole" | "send" | "sendpieces" => Response::new(page.into()),
        "pieces" => Response::new(in_pieces(page)),
        "events" => sse(pieces(page).map(|piece| Event::new(String::from_utf8_lossy(&piece)))),
        "late" => {
            sleep(pause).await;
            Response::new(page.into())
        }
        "slow" => Response::new(by_a_task(page, Some(pause))),
        "broken" => Response::new(by_a_task(page, None)),
        "short" => field(CONTENT_LENGTH, (length + 1).into(), in_pieces(page)),
        "last" => field(CONNECTION, http::HeaderValue::from_static("close"), page.into()),
        "busy" => with_status(StatusCode::SERVICE_UNAVAILABLE, page),
        // Unlike `panic!` it is not told to stderr.
        _ => resume_unwind(Box::new("as it was asked to")),
    }
}

fn with_status(status: StatusCode, page: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = status;
    response
}

fn in_pieces(page: Bytes) -> Body {
    Body::stream(pieces(page).map(Ok::<_, Infallible>))
}

/// The first half of a page, and after a pause the second one; without a pause it is broken off.
fn by_a_task(mut page: Bytes, pause: Option<Duration>) -> Body {
    let (sender, body) = Body::channel(1);
    spawn(async move {
        // An error says that the client is gone.
        sender.send(page.split_to(page.len() / 2)).await?;
        if let Some(pause) = pause {
            sleep(pause).await;
            sender.send(page).await?;
            sender.finish();
        }
        Ok::<_, wheelwright_http::Error>(())
    })
    .on_done(drop);
    body
}

fn packed(page: &[u8]) -> Body {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(page).expect("memory takes it");
    packer.finish().expect("memory takes it").into()
}
