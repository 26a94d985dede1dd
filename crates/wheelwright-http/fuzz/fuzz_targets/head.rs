//! Turns bytes into heads, and checks each against a naive reader, `httparse` and our own writer.
#![no_main]

use std::fmt::Debug;

use http::header::{CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};
use http::{Method, Request, Version};
use libfuzzer_sys::fuzz_target;
use wheelwright_http::proto::response::header_map;
use wheelwright_http::proto::{
    BodyLength, BodySize, MAX_FIELDS, RequestHead, RequestParts, RequestReader, ResponseHead, ResponseReader,
};
use wheelwright_http::{Error, ErrorKind};
use wheelwright_http_fuzz::cuts::{Dice, every_cut};
use wheelwright_http_fuzz::plain::{self, by_name, is_of_value, is_token, of_map};

fuzz_target!(|bytes: &[u8]| {
    let request = |limit: usize, pieces: &[&[u8]]| {
        let mut reader = RequestReader::new().max_head(limit);
        drip(bytes, pieces, |buf| Ok(reader.read(buf)?.map(|(taken, head)| (taken, shown(&head)))))
    };
    check_verdicts(bytes, request);
    match RequestReader::new().read(bytes) {
        Ok(Some((taken, head))) => check_request(bytes, taken, &head),
        verdict => assert!(!is_plain_request(bytes), "a good request is refused: {verdict:?}"),
    }
    for method in [Method::GET, Method::HEAD] {
        let response = |limit: usize, pieces: &[&[u8]]| {
            let mut reader = ResponseReader::new(&method).max_head(limit);
            drip(bytes, pieces, |buf| Ok(reader.read(buf)?.map(|(taken, head)| (taken, shown(&head)))))
        };
        check_verdicts(bytes, response);
        match ResponseReader::new(&method).read(bytes) {
            Ok(Some((taken, head))) => check_response(bytes, taken, &head),
            verdict => assert!(!is_plain_response(bytes), "a good response is refused: {verdict:?}"),
        }
    }
});

/// What a reader makes of bytes: how many it took and what it saw, or nothing yet, or why not and what to answer.
type Verdict = Result<Option<(usize, String)>, (ErrorKind, u16)>;

fn shown(head: &impl Debug) -> String {
    format!("{head:?}")
}

/// Gives a reader more and more of the bytes until it has decided.
fn drip(
    bytes: &[u8],
    pieces: &[&[u8]],
    mut read: impl FnMut(&[u8]) -> Result<Option<(usize, String)>, Error>,
) -> Verdict {
    let mut end = 0;
    for piece in pieces {
        end += piece.len();
        match read(&bytes[..end]) {
            Ok(None) => {}
            decided => return decided.map_err(|error| (error.kind(), error.answer().as_u16())),
        }
    }
    Ok(None)
}

/// The verdict is the same however the bytes are cut, hangs on nothing behind the head, and a limit only takes away.
fn check_verdicts(bytes: &[u8], read: impl Fn(usize, &[&[u8]]) -> Verdict) {
    let most = wheelwright_http::proto::MAX_HEAD;
    let whole = read(most, &[bytes]);
    every_cut(bytes, |pieces| assert!(agree(&whole, &read(most, pieces)), "{whole:?} but not when cut"));

    let limit = Dice::of(bytes).below(bytes.len() + 2);
    let limited = read(limit, &[bytes]);
    match &whole {
        Ok(Some((taken, _))) => {
            assert_eq!(read(most, &[&bytes[..*taken]]), whole, "the bytes behind a head are none of its business");
            match *taken <= limit {
                true => assert_eq!(limited, whole),
                false => assert!(matches!(limited, Err((ErrorKind::TooLarge, _))), "{limited:?} within {limit}"),
            }
        }
        // Where interim responses fill the limit, no byte more has to come to know that the final one will not fit.
        Ok(None) if limit == bytes.len() => {}
        Ok(None) => assert_eq!(limited.is_err(), limit < bytes.len(), "{limited:?} within {limit}"),
        Err(_) => assert!(!matches!(limited, Ok(Some(_))), "a limit made {whole:?} acceptable"),
    }
    every_cut(bytes, |pieces| assert!(agree(&limited, &read(limit, pieces)), "{limited:?} but not when cut"));
}

/// Of two faults in one head the cuts decide which is seen first, where one of them is that there is too much.
fn agree(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Err((ErrorKind::TooLarge, _)), Err(_)) | (Err(_), Err((ErrorKind::TooLarge, _))) => true,
        _ => one == other,
    }
}

fn check_request(bytes: &[u8], taken: usize, head: &RequestHead) {
    let plain = plain::head(bytes, 4).expect("an accepted head has an end");
    assert_eq!(plain.end, taken);
    check_lines(&plain);
    let request = &head.request;
    let words: Vec<&[u8]> = plain.first.split(|&byte| byte == b' ').collect();
    assert_eq!(words.len(), 3, "a request line has three words");
    assert_eq!(words[0], request.method().as_str().as_bytes());
    assert!(words[0].iter().copied().all(is_token));
    assert_eq!(words[2], format!("{:?}", request.version()).as_bytes());

    let waits = |(name, value): &(String, Vec<u8>)| name == "expect" && value.eq_ignore_ascii_case(b"100-continue");
    assert_eq!(head.expects_continue, words[2] == b"HTTP/1.1" && plain.fields.iter().any(waits));

    assert!(is_served(words[0], words[1]), "{}", words[1].escape_ascii());
    assert!(is_countable(head.framing.body));

    let mut fields = by_name(plain.fields);
    fields.get("host").iter().for_each(|hosts| check_host(&hosts[0]));
    match request.uri().authority() {
        None => assert_eq!(words[1], request.uri().to_string().as_bytes()),
        Some(authority) => drop(fields.insert("host".into(), vec![authority.as_str().into()])),
    }
    assert_eq!(fields, of_map(request.headers()));
    let hosts = fields.get("host").map_or(0, Vec::len);
    assert!(hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11));

    let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut lenient = httparse::Request::new(&mut slots);
    assert_eq!(lenient.parse(bytes), Ok(httparse::Status::Complete(taken)), "we are more lenient than httparse");
    assert_eq!(lenient.path.map(str::as_bytes), Some(words[1]));
    check_writer(head);
}

/// Returns whether the target has a form that is served: a path, a URL of the web, or the asterisk for OPTIONS.
fn is_served(method: &[u8], target: &[u8]) -> bool {
    let lower = target.to_ascii_lowercase();
    let web = lower.starts_with(b"http://") || lower.starts_with(b"https://");
    method != b"CONNECT" && (lower.starts_with(b"/") || web || (lower == b"*" && method == b"OPTIONS"))
}

/// Every peer can count so far.
fn is_countable(body: BodyLength) -> bool {
    !matches!(body, BodyLength::Exact(length) if i64::try_from(length).is_err())
}

/// Nobody finds two hosts in this one, or another port.
fn check_host(host: &[u8]) {
    let host = std::str::from_utf8(host).expect("a host is ASCII");
    assert!(!host.is_empty() && !host.contains([' ', '\t', '@', ',', '/', '\\', '?', '#', '"', '<', '>']), "{host}");
    let port = host.rsplit_once(':').map_or("", |(_, port)| if host.ends_with(']') { "" } else { port });
    assert!(
        port.bytes().all(|byte| byte.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok()),
        "{host}"
    );
}

/// What came in can be sent on, and is then read as the same request.
fn check_writer(head: &RequestHead) {
    let request = &head.request;
    let (Some(host), headers) = (request.headers().get(HOST), request.headers()) else { return };
    // A POST without a body gets one more field.
    if MAX_FIELDS <= headers.len() {
        return;
    }
    let body = match head.framing.body {
        BodyLength::Exact(0) if !headers.contains_key(CONTENT_LENGTH) => BodySize::None,
        BodyLength::Exact(length) => BodySize::Exact(length),
        BodyLength::Chunked => BodySize::Unknown,
        BodyLength::UntilClose => panic!("a request lasts until the close"),
    };
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let host = host.to_str().expect("a host is ASCII");
    let mut out = Vec::new();
    let parts = RequestParts { method: request.method(), target, host, headers, body };
    parts.write_head(&mut out).expect("what was accepted can be sent");
    let (taken, again) = RequestReader::new().read(&out).expect("what is sent is accepted").expect("it is whole");
    assert_eq!(taken, out.len());
    assert_eq!(again.framing.body, head.framing.body);
    if request.version() == Version::HTTP_11 {
        assert_eq!(again.framing.keep_alive, head.framing.keep_alive);
        assert_eq!(again.expects_continue, head.expects_continue);
    }
    assert_eq!(meaning(&again.request), meaning(request));
}

/// What two requests have in common that were written differently.
fn meaning(request: &Request<()>) -> impl Debug + PartialEq {
    let uri = request.uri();
    let query = uri.query().map(str::to_owned);
    (request.method().clone(), uri.path().to_owned(), query, without_framing(request.headers().clone()))
}

fn without_framing(mut headers: HeaderMap) -> plain::ByName {
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    of_map(&headers)
}

fn check_response(bytes: &[u8], taken: usize, head: &ResponseHead<'_>) {
    let mut plain = plain::head(bytes, 1).expect("an accepted head has an end");
    let mut end = plain.end;
    while plain.first.get(9) == Some(&b'1') {
        plain = plain::head(&bytes[end..], 0).expect("a final head has an end");
        end += plain.end;
    }
    assert_eq!(end, taken);
    check_lines(&plain);
    let line = format!("{:?} {}", head.version, head.status.as_str());
    assert!(plain.first.starts_with(line.as_bytes()) && matches!(plain.first.get(12), None | Some(b' ')));
    assert!((200..600).contains(&head.status.as_u16()) && is_countable(head.framing.body));

    let map = header_map(&head.bytes.to_vec().into()).expect("every head that is read makes a map");
    let mut fields = by_name(plain.fields);
    if fields.contains_key("transfer-encoding") {
        fields.remove("content-length");
    }
    assert_eq!(fields, of_map(&map));

    let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut lenient = httparse::Response::new(&mut slots);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let parsed = config.parse_response(&mut lenient, plain.bytes);
    assert_eq!(parsed, Ok(httparse::Status::Complete(plain.bytes.len())), "we are more lenient than httparse");
}

/// No byte of an accepted head ends a line for somebody else, or cannot stand where it stands.
fn check_lines(head: &plain::Head<'_>) {
    for line in plain::split_lines(&head.bytes[..head.bytes.len() - 2]) {
        assert!(line.iter().copied().all(is_of_value), "{}", line.escape_ascii());
    }
    assert!(head.fields.len() <= MAX_FIELDS);
    for (name, value) in &head.fields {
        assert!(!name.is_empty() && name.bytes().all(is_token), "{name:?}");
        assert_eq!(plain::trim(value), value);
    }
}

/// Returns whether this is one of the requests about which there can be no two opinions.
fn is_plain_request(bytes: &[u8]) -> bool {
    let Some(head) = plain::head(bytes, 4) else { return false };
    let Ok(line) = std::str::from_utf8(head.first) else { return false };
    let words: Vec<&str> = line.split(' ').collect();
    let [method, target, "HTTP/1.0" | "HTTP/1.1"] = words[..] else { return false };
    let good_method = !method.is_empty() && method.bytes().all(is_token) && method != "CONNECT";
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let good_target = target.starts_with('/') && target.bytes().all(|byte| simple(byte) || b"/?&=%".contains(&byte));
    let mut hosts = head.fields.iter().filter(|(name, _)| name == "host");
    let good_host = hosts.next().is_some_and(|(_, host)| !host.is_empty() && host.iter().copied().all(simple));
    let whole_lines = !plain::is_folded(&head) && has_good_fields(&head);
    good_method && good_target && good_host && hosts.next().is_none() && whole_lines
}

/// Returns whether this is one of the responses about which there can be no two opinions, but for folds.
fn is_plain_response(bytes: &[u8]) -> bool {
    let Some(head) = plain::head(bytes, 1) else { return false };
    let good_version = head.first.starts_with(b"HTTP/1.0 ") || head.first.starts_with(b"HTTP/1.1 ");
    let status = head.first.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
    let good_status = status.bytes().all(|byte| byte.is_ascii_digit())
        && status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status))
        && matches!(head.first.get(12), None | Some(b' '));
    good_version && good_status && has_good_fields(&head)
}

/// Every field is good, and none says anything of the body.
fn has_good_fields(head: &plain::Head<'_>) -> bool {
    plain::is_good(head) && !head.fields.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding")
}
