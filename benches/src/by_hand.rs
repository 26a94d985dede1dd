//! Turns an address into the bytes of a GET, and bytes received into the length of a whole response.

use std::net::SocketAddr;

use crate::client::BODY;

/// Room for one response: head, body, and some to spare, so that a short read means there is no more. All share it.
pub const ROOM: usize = 4096;

/// The request, as the libraries in the comparison write it.
#[must_use]
pub fn request(addr: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\naccept: */*\r\n\r\n").into_bytes()
}

/// The length of the response at the start of `received`, or `None` if it is not whole yet.
///
/// # Panics
///
/// Panics if it is not a 200 with the body that was asked for: a measurement of failures is worth nothing.
#[must_use]
pub fn whole_response(received: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_length) = head.parse(received).expect("the server sends valid heads") else {
        return None;
    };
    assert_eq!(head.code, Some(200), "the server has what is asked for");
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.expect("the server frames by length").value;
    let length: usize = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok()).expect("a decimal length");
    assert_eq!(length, BODY, "the server sends as many bytes as were asked for");
    let whole = head_length + length;
    (whole <= received.len()).then_some(whole)
}

/// What came of a response that is not whole yet: nothing, nearly always.
#[derive(Debug, Default)]
pub struct Partial(Vec<u8>);

impl Partial {
    /// Takes what came, and returns whether the response is whole now.
    ///
    /// # Panics
    ///
    /// Panics if more came than was asked for.
    pub fn take(&mut self, came: &[u8]) -> bool {
        if !self.0.is_empty() {
            self.0.extend_from_slice(came);
            let whole = whole_response(&self.0).is_some();
            return whole && !std::mem::take(&mut self.0).is_empty();
        }
        let whole = whole_response(came);
        if whole.is_none() {
            self.0.extend_from_slice(came);
        }
        assert!(whole.is_none_or(|length| length == came.len()), "the server sends nothing that was not asked for");
        whole.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_in_pieces_is_whole_with_the_last() {
        let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n").into_bytes();
        response.extend([b'x'; BODY]);
        let mut partial = Partial::default();
        for cut in [0, 1, 500] {
            assert!(cut == 0 || !partial.take(&response[..cut]));
            assert!(partial.take(&response[cut..]), "cut at {cut}");
        }
    }

    #[test]
    fn a_response_is_whole_only_at_its_last_byte() {
        let mut response = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n").into_bytes();
        response.extend([b'x'; BODY]);
        for cut in 0..response.len() {
            assert_eq!(whole_response(&response[..cut]), None, "cut at {cut}");
        }
        assert_eq!(whole_response(&response), Some(response.len()));
    }
}
