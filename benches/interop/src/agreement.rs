//! Turns a method and a path into what every server of these exchanges answers, whoever wrote it.
//!
//! Servers in Python and JavaScript answer the same (`peers/agreement.py`, `peers/serve_node.mjs`), so that one list of
//! questions serves for all of them, and every asking program can ask ours. Each answer bears the field `x-id` of its
//! request and in `x-connection` the port that it came from, which tells a connection that was used again from a new one.

use std::fmt::Write;

use bytes::Bytes;
use http::{Method, StatusCode};
use ring::digest::{Context, SHA256};

/// The largest body that a server of ours takes.
pub const LARGEST: u64 = 8 << 20;

/// How much is written at once of a body whose length is not declared.
pub const PIECE: usize = 10_000;

/// The field in which the end of a chunked body is said to be the end.
pub const TRAILER: &str = "x-sum";

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `GET /bytes/N`: so many bytes, and their number declared.
    Bytes(usize),
    /// `GET /chunks/N`: the same, one piece after another.
    Chunks(usize),
    /// `GET /trailers/N`: the same, and their sum behind them.
    Trailers(usize),
    /// `GET /events/N`: so many server-sent events, numbered from 0.
    Events(usize),
    /// `POST /sum` or `PUT /sum`: length and SHA-256 of what came.
    Sum,
    /// `POST /echo`: what came, piece by piece as it comes.
    Echo,
    /// `GET /status/CODE`, or `POST`: that status, and its number as text where there may be any. A body is left unread.
    Status(StatusCode),
}

impl Page {
    /// Finds what answers a request; otherwise the status that says why nothing does.
    ///
    /// # Errors
    /// 404 for a path that leads nowhere, 405 for one that has other methods.
    pub fn of(method: &Method, path: &str) -> Result<Self, StatusCode> {
        let (kind, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let number = || rest.parse::<usize>().map_err(|_| StatusCode::NOT_FOUND);
        let page = match kind {
            "bytes" => Self::Bytes(number()?),
            "chunks" => Self::Chunks(number()?),
            "trailers" => Self::Trailers(number()?),
            "events" => Self::Events(number()?),
            "sum" => Self::Sum,
            "echo" => Self::Echo,
            "status" => Self::Status(rest.parse().map_err(|_| StatusCode::NOT_FOUND)?),
            _ => return Err(StatusCode::NOT_FOUND),
        };
        let methods: &[Method] = match page {
            Self::Sum => &[Method::POST, Method::PUT],
            Self::Echo => &[Method::POST],
            Self::Status(_) => &[Method::GET, Method::POST],
            _ => &[Method::GET, Method::HEAD],
        };
        if methods.contains(method) { Ok(page) } else { Err(StatusCode::METHOD_NOT_ALLOWED) }
    }
}

/// Makes a body of so many bytes: numbered lines, of which no two are alike.
#[must_use]
pub fn page(length: usize) -> Bytes {
    let mut text = String::with_capacity(length + 9);
    for line in 0..length / 9 + 1 {
        writeln!(text, "{line:08}").expect("a string takes everything");
    }
    Bytes::from(text).slice(..length)
}

/// Cuts a body into pieces.
pub fn pieces(body: Bytes) -> impl Iterator<Item = Bytes> {
    (0..body.len()).step_by(PIECE).map(move |at| body.slice(at..body.len().min(at + PIECE)))
}

/// Writes the event of a number.
#[must_use]
pub fn event(number: usize) -> String {
    format!("id: {number}\ndata: event {number}\n\n")
}

/// Adds up a body, piece by piece.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "nobody looks at half a sum")]
pub struct Sum {
    length: usize,
    digest: Context,
}

impl Default for Sum {
    fn default() -> Self {
        Self { length: 0, digest: Context::new(&SHA256) }
    }
}

impl Sum {
    /// Makes the sum of a whole body.
    #[must_use]
    pub fn of(body: &[u8]) -> String {
        let mut sum = Self::default();
        sum.add(body);
        sum.told()
    }

    /// Adds the next piece.
    pub fn add(&mut self, piece: &[u8]) {
        self.length += piece.len();
        self.digest.update(piece);
    }

    /// Tells the length in decimal, and the SHA-256 in hex.
    #[must_use]
    pub fn told(self) -> String {
        let mut told = self.length.to_string() + " ";
        for byte in self.digest.finish().as_ref() {
            write!(told, "{byte:02x}").expect("a string takes everything");
        }
        told
    }
}

/// Reads hyper's version out of the lock file, for hyper does not tell it.
#[must_use]
pub fn hyper_version() -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let entry = lock.split("name = \"hyper\"\nversion = \"").nth(1).unwrap_or_default();
    entry.split('"').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_the_same_in_pieces() {
        let body = page(100_000);
        assert_eq!(&body[..20], b"00000000\n00000001\n00");
        let mut sum = Sum::default();
        pieces(body.clone()).for_each(|piece| sum.add(&piece));
        assert_eq!(sum.told(), Sum::of(&body));
        assert_eq!(Sum::of(b""), "0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn what_answers_hangs_on_method_and_path() {
        assert_eq!(Page::of(&Method::GET, "/bytes/7"), Ok(Page::Bytes(7)));
        assert_eq!(Page::of(&Method::POST, "/bytes/7"), Err(StatusCode::METHOD_NOT_ALLOWED));
        assert_eq!(Page::of(&Method::GET, "/bytes/x"), Err(StatusCode::NOT_FOUND));
        assert_eq!(Page::of(&Method::GET, "/"), Err(StatusCode::NOT_FOUND));
    }
}
