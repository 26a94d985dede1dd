//! Turns event streams, cut anywhere, into the events that the HTML standard says they hold, and events into such streams.

use std::future::Future;
use std::time::Duration;

use http::{Request, Response};
use proptest::prelude::*;
use wheelwright::stream::{self, StreamExt};
use wheelwright::sync::mpsc;
use wheelwright::time::{sleep, timeout};
use wheelwright_http::proto::EventReader;
use wheelwright_http::{Body, Client, ClientBuilder, Error, ErrorKind, Event, EventStream, Incoming, Phase, Running};
use wheelwright_http::{Server, sse};

/// It only keeps a test that hangs from hanging for ever.
const LIMIT: Duration = Duration::from_secs(60);

fn run(test: impl Future<Output = ()>) {
    wheelwright::block_on(async { timeout(LIMIT, test).await.expect("the test hangs") });
}

/// The events of bytes that come in these pieces.
fn read(reader: &mut EventReader, pieces: &[&[u8]]) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (taken, event) = reader.read(rest)?;
            assert!(0 < taken, "nothing was taken of {rest:?}");
            rest = &rest[taken..];
            events.extend(event);
        }
    }
    Ok(events)
}

/// The events of the bytes, and how the reader stands then, which have to be the same for each way to cut them.
fn read_cut(bytes: &[u8], max: usize) -> (Result<Vec<Event>, ErrorKind>, EventReader) {
    let read = |pieces: &[&[u8]]| {
        let mut reader = EventReader::new(max);
        (read(&mut reader, pieces).map_err(|error| error.kind()), reader)
    };
    let whole = read(&[bytes]);
    let told = |reader: &EventReader| (reader.last_id.clone(), reader.event.retry());
    let same = |pieces: &[&[u8]]| {
        let cut = read(pieces);
        assert_eq!(cut.0, whole.0, "{pieces:?}");
        assert_eq!(told(&cut.1), told(&whole.1), "{pieces:?}");
    };
    (0..=bytes.len()).for_each(|at| same(&[&bytes[..at], &bytes[at..]]));
    same(&bytes.chunks(1).collect::<Vec<_>>());
    whole
}

/// Name, data and id of each event.
type Told<'t> = &'t [(&'t str, &'t str, Option<&'t str>)];

const STREAMS: &[(&[u8], Told<'_>, &str)] = &[
    (b"", &[], "nothing"),
    (b"data: a\n\n", &[("message", "a", None)], "an event"),
    (b"data: a\n\ndata: b\n\n", &[("message", "a", None), ("message", "b", None)], "two events"),
    (b"data: a\n\n\n\ndata: b\n\n", &[("message", "a", None), ("message", "b", None)], "empty lines end nothing twice"),
    (b"data: a", &[], "a line that does not end"),
    (b"data: a\n", &[], "an event that does not end"),
    (b"data: a\n\ndata: b\n", &[("message", "a", None)], "the last event does not end"),
    (b"data: a\r\rdata: b\r\r", &[("message", "a", None), ("message", "b", None)], "CR ends a line"),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", &[("message", "a", None), ("message", "b", None)], "CRLF ends one line"),
    (b"data: a\r\ndata: b\rdata: c\ndata: d\n\r\n", &[("message", "a\nb\nc\nd", None)], "all kinds of ends"),
    (b"data: a\n\r\n", &[("message", "a", None)], "LF and CRLF are two ends"),
    (b"data: a\r\n\n", &[("message", "a", None)], "CRLF and LF are two ends"),
    (
        b"data\n\ndata\ndata\n\ndata:\n\n",
        &[("message", "", None), ("message", "\n", None), ("message", "", None)],
        "lines without a value",
    ),
    (
        b"data:test\n\ndata: test\n\ndata:  test\n\n",
        &[("message", "test", None), ("message", "test", None), ("message", " test", None)],
        "one space goes",
    ),
    (b"data:\ttest\n\n", &[("message", "\ttest", None)], "a tab stays"),
    (b"data: a: b\n\n", &[("message", "a: b", None)], "the first colon counts"),
    (b": a comment\n:\n:data: no\ndata: a\n: another\ndata: b\n\n", &[("message", "a\nb", None)], "comments"),
    (b"Data: a\ndata : b\n data: c\nnothing\nother: d\ndata: e\n\n", &[("message", "e", None)], "unknown fields"),
    (b"event: tick\ndata: a\n\ndata: b\n\n", &[("tick", "a", None), ("message", "b", None)], "a name is of one event"),
    (b"event: a\nevent: b\ndata: c\n\n", &[("b", "c", None)], "the last name counts"),
    (b"event: a\nevent\ndata: c\n\n", &[("message", "c", None)], "an empty name is the usual one"),
    (b"event: a\n\ndata: b\n\n", &[("message", "b", None)], "a name without data is no event, and forgotten"),
    (b"id: 1\ndata: a\n\ndata: b\n\n", &[("message", "a", Some("1")), ("message", "b", Some("1"))], "an id stays"),
    (b"id: 1\ndata: a\n\nid\ndata: b\n\n", &[("message", "a", Some("1")), ("message", "b", Some(""))], "an empty id"),
    (
        b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
        &[("message", "a", Some("1")), ("message", "b", Some("1"))],
        "an id with NUL",
    ),
    (b"id: 1\n\ndata: a\n\n", &[("message", "a", Some("1"))], "an id without an event"),
    (b"\xEF\xBB\xBFdata: a\n\n", &[("message", "a", None)], "a byte order mark"),
    (
        b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n",
        &[("message", "b", None)],
        "a second mark is of the field's name",
    ),
    (b"data: a\n\n\xEF\xBB\xBFdata: b\n\n", &[("message", "a", None)], "a mark behind the first line"),
    (b"\n\xEF\xBB\xBFdata: b\n\n", &[], "a mark behind an empty first line"),
    (b"\xEF\xBB\xBF\ndata: b\n\n", &[("message", "b", None)], "a mark and nothing behind it"),
    (b"data: \xE2\x82\xAC\n\n", &[("message", "\u{20AC}", None)], "UTF-8"),
    (b"data: a\xFFb\xE2\x82\n\n", &[("message", "a\u{FFFD}b\u{FFFD}", None)], "no UTF-8"),
    (b"data: a\0b\n\n", &[("message", "a\0b", None)], "NUL in data"),
    (b"data: YHOO\ndata: +2\ndata: 10\n\n", &[("message", "YHOO\n+2\n10", None)], "the standard's first example"),
    (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        &[
            ("message", "first event", Some("1")),
            ("message", "second event", Some("")),
            ("message", " third event", Some("")),
        ],
        "its second",
    ),
];

#[test]
fn streams_hold_the_events_of_the_standard_however_they_are_cut() {
    for (bytes, told, why) in STREAMS {
        let (events, _) = read_cut(bytes, 1_000);
        let events = events.expect("no limit is exceeded");
        let events: Vec<_> = events.iter().map(|event| (event.name(), event.data(), event.id())).collect();
        assert_eq!(events, *told, "{why}");
    }
}

#[test]
fn an_id_counts_from_the_end_of_its_block_on() {
    let cases: [(&[u8], Option<&str>); 5] = [
        (b"data: a\n\n", None),
        (b"id: 1\n", None),
        (b"id: 1\n\n", Some("1")),
        (b"id: 1\ndata: a\n\nid: 2\ndata: b\n", Some("1")),
        (b"id: 1\n\nid:\n\n", Some("")),
    ];
    for (bytes, last_id) in cases {
        assert_eq!(read_cut(bytes, 1_000).1.last_id.as_deref(), last_id, "{bytes:?}");
    }
}

#[test]
fn a_wait_is_digits_and_counts_at_once() {
    let cases: [(&[u8], Option<u64>); 10] = [
        (b"retry: 1500\n", Some(1500)),
        (b"retry:007\n", Some(7)),
        (b"retry: 1500\nretry: 1x\nretry: x\nretry:  2\nretry: 2 \n", Some(1500)),
        (b"retry: 1500\nretry\nretry:\n", Some(1500)),
        (b"retry: +5\n", None),
        (b"retry: -5\n", None),
        (b"retry: 1.5\n", None),
        (b"retry: \xD9\xA1\n", None),
        (b"retry: 99999999999999999999999\n", None),
        (b"retry: 18446744073709551615\n", Some(u64::MAX)),
    ];
    for (bytes, millis) in cases {
        assert_eq!(read_cut(bytes, 1_000).1.event.retry(), millis.map(Duration::from_millis), "{bytes:?}");
    }
}

#[test]
fn a_line_and_an_event_have_a_limit_and_what_is_passed_over_has_none() {
    let long = |line: &str| [line.repeat(10).as_bytes(), b"\n"].concat();
    let cases: [(Vec<u8>, bool, &str); 8] = [
        (b"data: 901234567890123\n\n".to_vec(), true, "a line of 21 bytes"),
        (b"data: 90123456789012\n\n".to_vec(), false, "a line of 20 bytes"),
        (long("data"), true, "an endless line"),
        (long(":   "), true, "an endless comment"),
        (b"data: 12345\n".repeat(4), true, "endless lines of data"),
        (b"event: 123456789\ndata: 1234\ndata: 1234\n".to_vec(), true, "a name and data"),
        (b"data: 12345\n\n".repeat(10), false, "many events"),
        (
            [b":12345678\n".repeat(10), b"other: 12\nevent: a\n".repeat(10)].concat(),
            false,
            "many lines that are not kept",
        ),
    ];
    for (bytes, too_large, why) in cases {
        let result = read_cut(&bytes, 20).0;
        assert_eq!(result.is_err_and(|kind| kind == ErrorKind::TooLarge), too_large, "{why}");
    }
}

#[test]
fn what_would_end_a_line_is_split_in_data_and_refused_elsewhere() {
    // K 190.
    for text in ["a\nb", "a\rb", "a\r\nb", "\n", "\r"] {
        assert_eq!(Event::new("").with_name(text).map_err(|error| error.kind()), Err(ErrorKind::Parse), "{text:?}");
        assert_eq!(Event::new("").with_id(text).map_err(|error| error.kind()), Err(ErrorKind::Parse), "{text:?}");
    }
    assert!(Event::new("").with_id("a\0").is_err());
    let event = Event::new("a\nb\rc\r\nd\r\r\ne\n").with_name("n").and_then(|event| event.with_id("7"));
    let event = event.expect("they are one line each").with_retry(Duration::from_millis(1500));
    let lines = "event: n\nid: 7\nretry: 1500\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \n\n";
    assert_eq!(String::from_utf8(event.to_bytes()).expect("text"), lines);
    assert_eq!(Event::new("").to_bytes(), b"data: \n\n");
    assert_eq!(Event::keep_alive().to_bytes(), b": \n\n");
}

proptest! {
    #[test]
    fn an_event_that_was_written_is_read_as_it_was(
        data in "[a-c:\0 \r\n\u{FEFF}\u{20AC}]{0,20}", name in "[a-c: \u{FEFF}]{0,5}", id in proptest::option::of("[a-c: ]{0,5}"),
    ) {
        let mut event = Event::new(data.as_str()).with_name(name).unwrap().with_retry(Duration::from_millis(7));
        if let Some(id) = id {
            event = event.with_id(id).unwrap();
        }
        let again = read_cut(&[event.to_bytes(), Event::keep_alive().to_bytes()].concat(), 1_000).0.unwrap();
        prop_assert_eq!(again.len(), 1);
        prop_assert_eq!(again[0].data(), data.replace("\r\n", "\n").replace('\r', "\n"));
        prop_assert_eq!((again[0].name(), again[0].id(), again[0].retry()), (event.name(), event.id(), event.retry()));
    }

    #[test]
    fn any_bytes_are_a_stream_however_they_are_cut(bytes in "(data|id|event|retry|[:\r\n \0a1\u{FEFF}]){0,40}", max in 0_usize..60) {
        let (result, reader) = read_cut(bytes.as_bytes(), max);
        prop_assert!(result.is_ok() || result == Err(ErrorKind::TooLarge));
        prop_assert!(reader.last_id.is_none_or(|id| !id.contains('\0')));
    }
}

/// A server that sends one stream of events, and a client that reads it.
async fn served(make: impl Fn(Request<Incoming>) -> Response<Body> + 'static) -> (Running, EventStream) {
    served_to(&Client::new(), make).await
}

/// The same for a client with settings of its own.
async fn served_to(
    client: &Client,
    make: impl Fn(Request<Incoming>) -> Response<Body> + 'static,
) -> (Running, EventStream) {
    let server = Server::bind("127.0.0.1:0").expect("a free port");
    let running = server.serve(move |request| std::future::ready(make(request)));
    let url = format!("http://{}/", running.local_addr());
    let response = client.get(url).expect("a URL").send().await.expect("the server answers");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    (running, response.events())
}

#[test]
fn each_event_arrives_before_the_next_one_is_sent() {
    // K 190.
    run(async {
        let (sender, events) = mpsc::channel(1);
        let events = std::cell::Cell::new(Some(events));
        let (_running, mut stream) = served(move |_| sse(events.take().expect("one request comes"))).await;
        for number in 0..20 {
            let event = Event::new(format!("{number}\nof 20")).with_id(number.to_string()).expect("one line");
            sender.send(event.clone()).await.expect("the client reads");
            // Nothing else is sent until it has come.
            let came = stream.next().await.expect("no end").expect("no error");
            assert_eq!(came, event);
        }
        sender.send(Event::keep_alive()).await.expect("the client reads");
        drop(sender);
        assert!(stream.next().await.is_none());
        assert_eq!(stream.last_id(), Some("19"));
    });
}

#[test]
fn an_event_over_the_limit_ends_the_stream() {
    run(async {
        let texts = ["small".to_owned(), "x".repeat(100), "never read".to_owned()];
        let (running, stream) = served(move |_| sse(stream::iter(texts.clone()).map(Event::new))).await;
        let mut stream = stream.max_event(50);
        assert_eq!(stream.next().await.expect("an event").expect("no error").data(), "small");
        let error = stream.next().await.expect("an error").expect_err("a long event");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(stream.next().await.is_none());
        drop(running);
    });
}

#[test]
fn a_stream_that_breaks_off_says_so_behind_its_last_event() {
    run(async {
        let (_running, mut stream) = served(|_| {
            let (sender, body) = Body::channel(2);
            wheelwright::spawn(async move { sender.send("retry: 7\ndata: whole\n\ndata: half\n").await })
                .detach_logged();
            let mut response = sse(stream::iter([]));
            *response.body_mut() = body;
            response
        })
        .await;
        assert_eq!(stream.next().await.expect("an event").expect("no error").data(), "whole");
        let error = stream.next().await.expect("an error").expect_err("a body without its end");
        assert_eq!((error.kind(), stream.retry()), (ErrorKind::Incomplete, Some(Duration::from_millis(7))));
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn a_lively_stream_ends_with_the_total_timeout_and_a_quiet_one_with_the_gap() {
    let limit = Duration::from_secs(1);
    let ended = async |client: ClientBuilder, pause: Duration| {
        let ticks = move |_: Request<Incoming>| {
            sse(stream::generator(async move |y| {
                for _ in 0..30 {
                    y.yield_(Event::new("tick")).await;
                    sleep(pause).await;
                }
            }))
        };
        let (_running, mut stream) = served_to(&client.build().expect("it needs no TLS"), ticks).await;
        let mut came = 0;
        while let Some(event) = stream.next().await {
            let _tick = event.map_err(|error| (error.kind(), came))?;
            came += 1;
        }
        Ok(came)
    };
    let (lively, quiet) = (limit / 20, LIMIT);
    run(async {
        let total = ended(Client::builder().timeout(limit), lively);
        let (total, gap) = wheelwright::join(total, ended(Client::builder().read_timeout(limit), quiet)).await;
        assert!(matches!(total, Err((ErrorKind::Timeout(Phase::Total), 1..30))), "{total:?}");
        assert_eq!(gap, Err((ErrorKind::Timeout(Phase::Gap), 1)));
        assert_eq!(ended(Client::builder().read_timeout(limit), lively).await, Ok(30), "longer in all than the limit");
    });
}
