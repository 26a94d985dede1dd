//! Turns requests into what is agreed on, with hyper's server on tokio.
//!
//! It prints `listening on http://ADDR hyper VERSION`, and serves until its standard input ends.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRAILER as ANNOUNCED};
use http::{Request, Response, StatusCode};
use http_body_util::channel::Sender;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Channel, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use wheelwright_benches_interop::agreement::{Page, Sum, TRAILER, event, hyper_version, page, pieces};

type Content = BoxBody<Bytes, hyper::Error>;

fn main() -> io::Result<()> {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut stdout = io::stdout();
        writeln!(stdout, "listening on http://{} hyper {} on tokio", listener.local_addr()?, hyper_version())?;
        stdout.flush()?;
        drop(spawn_local(accept(listener)));
        tokio::io::stdin().read_to_end(&mut Vec::new()).await.map(drop)
    })
}

async fn accept(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = service_fn(move |request| answer(request, peer));
        drop(spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), answer)));
    }
}

async fn answer(request: Request<Incoming>, peer: SocketAddr) -> Result<Response<Content>, hyper::Error> {
    let (head, body) = request.into_parts();
    let mut response = match Page::of(&head.method, head.uri.path()) {
        Ok(page) => found(page, body).await?,
        Err(status) => plain(status, status.as_str().to_owned()),
    };
    response.headers_mut().insert("x-connection", peer.port().into());
    if let Some(id) = head.headers.get("x-id") {
        response.headers_mut().insert("x-id", id.clone());
    }
    Ok(response)
}

async fn found(what: Page, mut body: Incoming) -> Result<Response<Content>, hyper::Error> {
    let mut response = match what {
        Page::Bytes(length) => Response::new(whole(page(length))),
        Page::Chunks(length) => Response::new(streamed(length, false)),
        Page::Trailers(length) => Response::new(streamed(length, true)),
        Page::Events(count) => Response::new(events(count)),
        Page::Sum => {
            let mut sum = Sum::default();
            while let Some(frame) = body.frame().await {
                frame?.data_ref().into_iter().for_each(|data| sum.add(data));
            }
            plain(StatusCode::OK, sum.told())
        }
        Page::Echo => Response::new(body.boxed()),
        Page::Status(status) => plain(status, status.as_str().to_owned()),
    };
    match what {
        Page::Events(_) => {
            drop(response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
        }
        Page::Trailers(_) => drop(response.headers_mut().insert(ANNOUNCED, HeaderValue::from_static(TRAILER))),
        _ => {}
    }
    Ok(response)
}

fn plain(status: StatusCode, text: String) -> Response<Content> {
    let body = if matches!(status.as_u16(), 204 | 304) { Bytes::new() } else { text.into() };
    let mut response = Response::new(whole(body));
    *response.status_mut() = status;
    response
}

fn whole(body: Bytes) -> Content {
    Full::new(body).map_err(never).boxed()
}

fn streamed(length: usize, trailers: bool) -> Content {
    let body = page(length);
    let sum = HeaderValue::try_from(Sum::of(&body)).expect("a sum is hex");
    sent(async move |mut sender| {
        for piece in pieces(body) {
            sender.send_data(piece).await.ok()?;
        }
        let behind = HeaderMap::from_iter([(HeaderName::from_static(TRAILER), sum)]);
        if trailers { sender.send_trailers(behind).await.ok() } else { Some(()) }
    })
}

fn events(count: usize) -> Content {
    sent(async move |mut sender| {
        for number in 0..count {
            sender.send_data(event(number).into()).await.ok()?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Some(())
    })
}

/// A body that a task sends, as long as somebody reads it.
fn sent<F>(send: impl FnOnce(Sender<Bytes>) -> F) -> Content
where
    F: Future<Output = Option<()>> + 'static,
{
    let (sender, channel) = Channel::new(1);
    drop(spawn_local(send(sender)));
    channel.map_err(never).boxed()
}

fn never(never: Infallible) -> hyper::Error {
    match never {}
}
