//! Turns the bytes of a connection into its story, for the server's side and the client's, however they are cut.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use libfuzzer_sys::fuzz_target;
use wheelwright_http::ErrorKind;
use wheelwright_http::proto::{Answering, BodyEncoder, BodySize, RequestParts};
use wheelwright_http_fuzz::cuts::{Dice, every_cut, pieces};

#[path = "../../tests/catalogue/drive.rs"]
mod drive;

use drive::{Head, Story, ask, serve};

fuzz_target!(|bytes: &[u8]| {
    for ended in [false, true] {
        same_for_any_cut(bytes, |pieces| serve(pieces, ended));
        for method in [Method::GET, Method::HEAD] {
            same_for_any_cut(bytes, |pieces| ask(&method, pieces, ended));
            let story = ask(&method, &[bytes], ended);
            assert!(!ended || (story.whole == 1) == story.error.is_none(), "a response is whole or a fault");
        }
    }
    let story = serve(&[bytes], true);
    check_story(&story);
    let left = &bytes[bytes.len() - story.left..];
    let blank = left.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
    assert!(story.error.is_some() || !story.open || blank, "what is left is a request that was cut off");
    check_forwarded(&story);
    for (head, body) in story.heads.iter().zip(&story.bodies) {
        check_answered(head, body);
    }
});

fn same_for_any_cut(bytes: &[u8], tell: impl Fn(&[&[u8]]) -> Story) {
    let whole = tell(&[bytes]);
    every_cut(bytes, |pieces| {
        let cut = tell(pieces);
        let (one, other) = (verdict(&whole), verdict(&cut));
        assert_eq!(one, other, "{} pieces change the story", pieces.len());
    });
}

/// What must not depend on the cuts. A fault may be seen before the bytes behind it came, so what is left may; and of two
/// faults the first one seen counts, where one of them is that there is too much.
fn verdict(story: &Story) -> impl PartialEq + std::fmt::Debug + '_ {
    let fault = story.error.map(|kind| if kind == ErrorKind::TooLarge { ErrorKind::Parse } else { kind });
    (&story.heads, &story.bodies, &story.trailers, story.whole, story.open, fault)
}

/// Nothing is served behind a fault or behind a request after which the connection closes.
fn check_story(story: &Story) {
    assert_eq!(story.heads.len(), story.bodies.len());
    assert!(story.heads.len() - story.whole <= 1, "only the last body may be unfinished");
    assert!(story.whole == story.heads.len() || story.error.is_some(), "a body that ended early is an error");
    assert!(story.trailers.len() <= story.whole);
}

fn headers(head: &Head) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &head.fields {
        let name = HeaderName::try_from(name.as_str()).expect("it was accepted");
        headers.append(name, HeaderValue::from_bytes(value).expect("it was accepted"));
    }
    // How the body is framed is said anew.
    for name in ["content-length", "transfer-encoding", "connection"] {
        headers.remove(name);
    }
    headers
}

fn words(head: &Head) -> (Method, &str, Version) {
    let mut words = head.first.split(' ');
    let method = words.next().and_then(|word| word.parse().ok()).expect("it was accepted");
    let target = words.next().expect("it was accepted");
    (method, target, if head.first.ends_with('0') { Version::HTTP_10 } else { Version::HTTP_11 })
}

/// A proxy that hands on every request that came whole, one behind the other, is understood as its client was: nothing
/// in a body or a field becomes a request.
fn check_forwarded(story: &Story) {
    let (mut out, mut sent) = (Vec::new(), Vec::new());
    for (head, body) in story.heads.iter().zip(&story.bodies).take(story.whole) {
        let (method, target, _) = words(head);
        let headers = headers(head);
        // A Host is missing in HTTP/1.0 only; two more fields may be one too many.
        if !target.starts_with('/') || !headers.contains_key("host") || 98 < headers.len() {
            continue;
        }
        let size = if body.len() % 2 == 0 { BodySize::Exact(body.len() as u64) } else { BodySize::Unknown };
        let parts = RequestParts { method: &method, target, host: "unused", headers: &headers, body: size };
        write_body(parts.write_head(&mut out).expect("what was accepted can be sent"), body, &mut out);
        sent.push((format!("{method} {target} HTTP/1.1"), body, headers));
    }
    let again = serve(&[&out], true);
    assert_eq!((again.error, again.whole, again.left), (None, sent.len(), 0));
    for ((first, body, headers), (head, arrived)) in sent.iter().zip(again.heads.iter().zip(&again.bodies)) {
        assert_eq!((first, *body, headers), (&head.first, arrived, &self::headers(head)));
    }
}

/// A server that sends fields and body back is understood by our client.
fn check_answered(head: &Head, body: &[u8]) {
    let (method, _, version) = words(head);
    let mut headers = headers(head);
    for (_, options) in head.fields.iter().filter(|(name, _)| name == "connection") {
        headers.append("connection", HeaderValue::from_bytes(options).expect("it was accepted"));
    }
    // A date, an option and the framing may be too many.
    if 97 < headers.len() {
        return;
    }
    let answering = Answering { version, head: method == Method::HEAD, keep_alive: true };
    for (status, size) in [
        (StatusCode::OK, BodySize::Exact(body.len() as u64)),
        (StatusCode::OK, BodySize::Unknown),
        (StatusCode::OK, BodySize::None),
        (StatusCode::NO_CONTENT, BodySize::None),
    ] {
        let mut out = Vec::new();
        let written = answering.write_head(&mut out, status, &headers, size, Some(b"now"));
        let (encoder, lives) = written.expect("the head can be sent");
        let empty = method == Method::HEAD || size == BodySize::None;
        let body = if empty { &[] } else { body };
        write_body(encoder, body, &mut out);
        let story = ask(&method, &[&out], true);
        assert_eq!((story.error, story.whole, &story.bodies[0][..]), (None, 1, body));
        assert_eq!(story.open, lives, "both sides agree whether the connection lives on");
        let [answer] = &story.heads[..] else { panic!("there is one answer") };
        assert!(answer.first.ends_with(status.as_str()));
        check_fields(&answer.fields, &headers);
        check_options(&answer.fields, &headers, lives, version);
        check_framing(&answer.fields, status, version);
    }
}

/// Where there can be no body none is declared, and who knows no chunks gets none.
fn check_framing(arrived: &[(String, Vec<u8>)], status: StatusCode, version: Version) {
    let has = |wanted: &str| arrived.iter().any(|(name, _)| name == wanted);
    let bare = status == StatusCode::NO_CONTENT;
    assert!(!(has("content-length") && bare));
    assert!(!has("transfer-encoding") || (!bare && version == Version::HTTP_11));
}

/// The user's fields arrive, and one date.
fn check_fields(arrived: &[(String, Vec<u8>)], sent: &HeaderMap) {
    for (name, value) in sent {
        assert!(arrived.contains(&(name.to_string(), value.as_bytes().to_vec())), "{name}");
    }
    let dates = arrived.iter().filter(|(name, _)| name == "date").count();
    assert_eq!(dates, sent.get_all("date").iter().count().max(1));
}

/// Whether the connection lives on is said where it would not go without saying, and once.
fn check_options(arrived: &[(String, Vec<u8>)], sent: &HeaderMap, lives: bool, version: Version) {
    let mut options: Vec<&[u8]> = sent.get_all("connection").iter().map(HeaderValue::as_bytes).collect();
    let all = options.join(&b',').to_ascii_lowercase();
    let closes = all.split(|&byte| byte == b',').any(|option| option.trim_ascii() == b"close");
    match (lives, closes, version) {
        (false, false, _) => options.push(b"close"),
        (true, _, Version::HTTP_10) => options.push(b"keep-alive"),
        _ => {}
    }
    let arrived = arrived.iter().filter(|(name, _)| name == "connection").map(|(_, value)| &value[..]);
    assert_eq!(arrived.collect::<Vec<_>>(), options);
}

fn write_body(mut encoder: BodyEncoder, body: &[u8], out: &mut Vec<u8>) {
    for run in pieces(body, 32, &mut Dice::of(body)) {
        encoder.write(run, out).expect("the body is as long as declared");
        encoder.write(b"", out).expect("an empty run is none");
    }
    encoder.finish(out).expect("the body is as long as declared");
}
