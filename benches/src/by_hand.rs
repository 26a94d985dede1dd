//! Turns an address into the bytes of a GET, and bytes received into the length of a whole response.

use std::net::SocketAddr;

use crate::client::BODY;

/// Room for one response: head, body, and some to spare, so that a short read means there is no more.
pub const ROOM: usize = 4096;

/// The request, as the libraries in the comparison write it.
#[must_use]
pub fn request(addr: SocketAddr) -> Vec<u8> {
    format!("GET /{BODY} HTTP/1.1\r\nhost: {addr}\r\naccept: */*\r\n\r\n").into_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;

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
