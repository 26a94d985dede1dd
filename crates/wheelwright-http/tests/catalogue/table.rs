//! Turns a case and what is wanted of it into a verdict for every way to cut it.

use http::Method;
use wheelwright_http::ErrorKind;

use crate::drive::{Story, ask, serve};

/// Stands behind each request of the table: it is served only where the bytes before it were whole requests.
const SECOND: &[u8] = b"GET /second HTTP/1.1\r\nHost: s\r\n\r\n";

/// What a server is to do with the bytes of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Server {
    /// One request with this body, and then the second request.
    Serves(&'static [u8]),
    /// One request with this body, and then nothing more from this connection.
    ServesLast(&'static [u8]),
    /// No handler ever hears of it.
    Refuses(ErrorKind),
    /// A handler is called and its body fails after these bytes.
    FailsBody(&'static [u8], ErrorKind),
}

/// What a client is to do with the bytes of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client {
    /// A response with this status and body; the connection may serve again.
    Keeps(u16, &'static [u8]),
    /// The same, but the connection may not.
    Closes(u16, &'static [u8]),
    /// No response.
    Fails(ErrorKind),
    /// A response whose body fails after these bytes.
    FailsBody(&'static [u8], ErrorKind),
}

/// Runs a request through the server's side.
pub(crate) fn server(id: &str, bytes: impl AsRef<[u8]>, want: Server) {
    let bytes = [bytes.as_ref(), SECOND].concat();
    every_cut(&bytes, |pieces| check_server(id, &bytes, want, &serve(pieces, false)));
}

/// Runs a request that the end of the connection cuts off, and with every shorter beginning of it.
pub(crate) fn server_cut(id: &str, bytes: &[u8], want: ErrorKind) {
    for end in 1..=bytes.len() {
        let story = serve(&[&bytes[..end]], true);
        assert_eq!(story.error, Some(want), "{id}, cut at {end} of {}", bytes.escape_ascii());
        assert_eq!(story.whole, 0, "{id}, cut at {end}");
    }
}

/// Runs a response to a GET through the client's side; the connection ends behind it.
pub(crate) fn client(id: &str, bytes: impl AsRef<[u8]>, want: Client) {
    client_for(&Method::GET, id, bytes, want);
}

/// Runs a response to this method through the client's side; the connection ends behind it.
pub(crate) fn client_for(method: &Method, id: &str, bytes: impl AsRef<[u8]>, want: Client) {
    let bytes = bytes.as_ref();
    every_cut(bytes, |pieces| check_client(id, bytes, want, &ask(method, pieces, true)));
}

/// Gives the bytes whole, in two pieces at every place, and byte by byte.
pub(crate) fn every_cut(bytes: &[u8], mut run: impl FnMut(&[&[u8]])) {
    run(&[bytes]);
    for at in 1..bytes.len() {
        let (front, back) = bytes.split_at(at);
        run(&[front, back]);
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    run(&single);
}

fn check_server(id: &str, bytes: &[u8], want: Server, story: &Story) {
    let shown = bytes.escape_ascii();
    let second = story.heads.iter().skip(1).any(|head| head.first == "GET /second HTTP/1.1");
    match want {
        Server::Serves(body) => {
            assert_eq!((story.error, story.heads.len(), second), (None, 2, true), "{id}: {shown}: {story:?}");
            assert_eq!(story.bodies[0], body, "{id}: {shown}");
        }
        Server::ServesLast(body) => {
            assert_eq!((story.error, story.heads.len(), story.open), (None, 1, false), "{id}: {shown}: {story:?}");
            assert_eq!(story.bodies[0], body, "{id}: {shown}");
        }
        Server::Refuses(kind) => {
            assert_eq!((story.error, story.heads.len()), (Some(kind), 0), "{id}: {shown}: {story:?}");
        }
        Server::FailsBody(body, kind) => {
            assert_eq!((story.error, story.heads.len(), story.whole), (Some(kind), 1, 0), "{id}: {shown}: {story:?}");
            assert_eq!(story.bodies[0], body, "{id}: {shown}");
        }
    }
}

fn check_client(id: &str, bytes: &[u8], want: Client, story: &Story) {
    let shown = bytes.escape_ascii();
    let status =
        |story: &Story| story.heads.first().and_then(|head| head.first.rsplit(' ').next()?.parse::<u16>().ok());
    match want {
        Client::Keeps(code, body) | Client::Closes(code, body) => {
            assert_eq!((story.error, status(story), story.whole), (None, Some(code), 1), "{id}: {shown}: {story:?}");
            assert_eq!(story.bodies[0], body, "{id}: {shown}");
            assert_eq!(story.open, matches!(want, Client::Keeps(..)), "{id}: reuse after {shown}: {story:?}");
        }
        Client::Fails(kind) => {
            assert_eq!((story.error, story.heads.len()), (Some(kind), 0), "{id}: {shown}: {story:?}");
        }
        Client::FailsBody(body, kind) => {
            assert_eq!((story.error, story.whole, story.open), (Some(kind), 0, false), "{id}: {shown}: {story:?}");
            assert_eq!(story.bodies[0], body, "{id}: {shown}");
        }
    }
}

/// A POST with these fields, each with its line end, and this behind the head.
pub(crate) fn request(fields: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    [b"POST / HTTP/1.1\r\nHost: a\r\n", fields.as_ref(), b"\r\n", body.as_ref()].concat()
}

/// A 200 with these fields, each with its line end, and this behind the head.
pub(crate) fn response(fields: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", fields.as_ref(), b"\r\n", body.as_ref()].concat()
}

/// Both sides refuse these fields.
pub(crate) fn both_refuse(id: &str, fields: impl AsRef<[u8]>) {
    server(id, request(&fields, b""), Server::Refuses(ErrorKind::Parse));
    client(id, response(&fields, b""), Client::Fails(ErrorKind::Parse));
}
