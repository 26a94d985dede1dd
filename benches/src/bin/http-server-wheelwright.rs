//! Turns `GET /N` into N bytes with this project's server.

use std::future::pending;
use std::io;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response};
use wheelwright_benches::server;
use wheelwright_http::{Body, Incoming, Server};

fn main() -> io::Result<()> {
    wheelwright::block_on(async {
        let running = Server::bind("127.0.0.1:0")?.serve(answer);
        server::announce(running.local_addr())?;
        pending().await
    })
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let mut response = Response::new(Body::full(server::page(request.uri().path())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(server::CONTENT_TYPE));
    response
}
