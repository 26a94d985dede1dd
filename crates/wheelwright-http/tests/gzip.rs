//! Turns packed responses into what was packed, or into the error that keeps a caller from half of it.

#[path = "client/script.rs"]
#[expect(dead_code, reason = "what else a script can do is for the tests of the client")]
mod script;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use wheelwright_http::ErrorKind::{self, Decode, Incomplete, TooLarge};
use wheelwright_http::{Client, Response};

use script::{Server, run};

fn pack(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

/// A response with these fields, each with its line end, and this body, whose length is declared.
fn declared(fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Answers every request with these bytes.
fn answering(answer: Vec<u8>) -> Server {
    Server::start(move |mut connection| {
        while connection.request().is_some() {
            connection.send(&answer);
        }
        connection.mark("closed");
    })
}

async fn get(client: &Client, server: &Server) -> Response {
    client.get(server.url("/")).expect("the URL is good").send().await.expect("the server answers")
}

async fn kind(response: Response) -> ErrorKind {
    response.bytes().await.expect_err("the body is at fault").kind()
}

#[test]
fn gzip_is_asked_for_unless_the_caller_says_what_may_come() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let count = request.matches("accept-encoding: gzip\r\n").count();
            connection.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{count}"));
        }
    });
    run(async {
        let client = Client::new();
        assert_eq!(get(&client, &server).await.text().await.unwrap(), "1");
        for (name, value) in [(ACCEPT_ENCODING, "identity"), (RANGE, "bytes=0-9")] {
            let response = client.get(server.url("/")).unwrap().header(name, value).send().await.unwrap();
            assert_eq!(response.text().await.unwrap(), "0", "{value}");
        }
    });
}

#[test]
fn a_packed_body_comes_unpacked_however_it_is_framed() {
    let data: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
    let packed = pack(data.as_bytes());
    let chunks: Vec<u8> = packed
        .chunks(1_000)
        .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
        .chain(*b"0\r\n\r\n")
        .collect();
    let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: X-GZip\r\nTransfer-Encoding: chunked\r\n\r\n";
    for answer in [declared("content-encoding: gzip\r\n", &packed), [&head[..], &chunks].concat()] {
        let server = answering(answer);
        run(async {
            let client = Client::new();
            for _ in 0..3 {
                let response = get(&client, &server).await;
                let told = |name| response.headers().contains_key(name);
                assert!(!told(CONTENT_ENCODING) && !told(CONTENT_LENGTH), "{:?}", response.headers());
                assert_eq!(response.text().await.unwrap(), data);
            }
            let mut response = get(&client, &server).await;
            let mut whole = Vec::new();
            while let Some(chunk) = response.chunk().await.unwrap() {
                whole.extend_from_slice(&chunk);
            }
            assert!(whole == data.as_bytes() && response.chunk().await.unwrap().is_none(), "the end stays the end");
        });
        assert_eq!(server.connections(), 1, "the connection serves again");
    }
}

#[test]
fn what_was_flushed_comes_before_the_rest() {
    let data: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 29) as u8).collect();
    let server = Server::start({
        let data = data.clone();
        move |mut connection| {
            connection.request();
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&data).expect("a vector takes everything");
            encoder.flush().expect("a vector takes everything");
            connection.send(std::mem::take(encoder.get_mut()));
            connection.wait_for("seen");
            connection.send(encoder.finish().expect("a vector takes everything"));
        }
    });
    run(async {
        let mut response = get(&Client::new(), &server).await;
        let mut came = Vec::new();
        while came.len() < data.len() {
            came.extend_from_slice(&response.chunk().await.unwrap().expect("all of it was flushed"));
        }
        assert!(came == data);
        server.marks().mark("seen");
        assert!(response.chunk().await.unwrap().is_none());
    });
}

#[test]
fn a_limit_is_one_of_unpacked_bytes() {
    let packed = pack(&vec![0; 16 << 20]);
    assert!(packed.len() < 100_000, "J 166");
    let server = answering(declared("Content-Encoding: gzip\r\n", &packed));
    run(async {
        let client = Client::new();
        for limit in [0, 1, 100_000, 1 << 20] {
            let error = get(&client, &server).await.bytes_limited(limit).await.unwrap_err();
            assert_eq!(error.kind(), TooLarge, "J 166: a limit of {limit}");
        }
        assert_eq!(get(&client, &server).await.bytes_limited(16 << 20).await.unwrap().len(), 16 << 20, "J 166");
        let mut response = get(&client, &server).await;
        for _ in 0..100 {
            let chunk = response.chunk().await.unwrap().expect("there is more");
            assert!(chunk.len() <= 64 << 10, "J 166: {} bytes at once", chunk.len());
        }
        drop(response);
    });
}

#[test]
fn unpacking_much_leaves_the_loop_to_the_others() {
    let server = answering(declared("Content-Encoding: gzip\r\n", &pack(&vec![0; 16 << 20])));
    run(async {
        let response = get(&Client::new(), &server).await;
        let mut turns = 0;
        let others = async {
            loop {
                wheelwright::yield_now().await;
                turns += 1;
            }
        };
        let unpacked = async { response.bytes().await.unwrap().len() };
        assert!(matches!(wheelwright::select(unpacked, others).await, wheelwright::Either::Left(16_777_216)));
        assert!(8 <= turns, "J 166: {turns} turns for the others");
    });
}

#[test]
fn a_packed_body_that_is_cut_or_broken_is_no_body() {
    let packed = pack(b"hello, world");
    let mut changed = packed.clone();
    changed[packed.len() - 1] ^= 1;
    for body in [&packed[..0], &packed[..5], &packed[..packed.len() - 1], &changed, b"hello, world"] {
        // An empty body of a declared length is none; one that lasts until the close was to be one.
        let answer = [
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(),
            &{
                let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat();
                if body.is_empty() { Vec::new() } else { chunk }
            },
            b"0\r\n\r\n",
        ]
        .concat();
        let server = answering(answer);
        run(async {
            let client = Client::new();
            assert_eq!(kind(get(&client, &server).await).await, Decode, "J 167: {body:?}");
            let mut response = get(&client, &server).await;
            let error = loop {
                match response.chunk().await {
                    Ok(chunk) => assert!(chunk.is_some(), "J 167: an end that is none"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), Decode, "J 167");
            assert_eq!(response.chunk().await.unwrap_err().kind(), Decode, "J 167: a failed body stays failed");
        });
    }
}

#[test]
fn a_connection_that_ends_within_a_packed_body_is_told_as_such() {
    let packed = pack(b"hello, world");
    let whole = declared("Content-Encoding: gzip\r\n", &packed);
    let server = Server::start(move |mut connection| {
        connection.request();
        connection.send(&whole[..whole.len() - 4]);
    });
    run(async {
        let client = Client::new();
        assert_eq!(kind(get(&client, &server).await).await, Incomplete);
        let mut response = get(&client, &server).await;
        assert_eq!(response.chunk().await.unwrap().unwrap(), "hello, world");
        assert_eq!(response.chunk().await.unwrap_err().kind(), Incomplete);
    });
}

#[test]
fn what_was_not_asked_for_comes_as_it_is() {
    let packed = pack(b"hello");
    for codings in ["br", "gzip, gzip", "deflate", "gzip\r\nContent-Encoding: gzip", "identity", ""] {
        let server = answering(declared(&format!("Content-Encoding: {codings}\r\n"), &packed));
        run(async {
            let response = get(&Client::new(), &server).await;
            assert_eq!(response.headers()[CONTENT_LENGTH], packed.len().to_string().as_str(), "J 167: {codings}");
            assert!(response.headers().contains_key(CONTENT_ENCODING), "J 167: {codings}");
            assert_eq!(response.bytes().await.unwrap(), packed, "J 167: {codings}");
        });
    }
    let server = answering(declared("Content-Encoding: gzip\r\n", &packed));
    run(async {
        for value in ["identity", "gzip"] {
            let get = Client::new().get(server.url("/")).unwrap().header(ACCEPT_ENCODING, value);
            let response = get.send().await.unwrap();
            assert_eq!(response.headers()[CONTENT_ENCODING], "gzip", "the caller asked for {value}");
            assert_eq!(response.bytes().await.unwrap(), packed, "the caller asked for {value}");
        }
    });
}

#[test]
fn responses_without_a_body_keep_what_they_say_of_one() {
    let server = Server::start(|mut connection| {
        while let Some(request) = connection.request() {
            let told = match request.split(' ').nth(1) {
                Some("/204") => "204 No Content",
                Some("/304") => "304 Not Modified\r\nContent-Length: 30",
                Some("/empty") => "200 OK\r\nContent-Length: 0",
                _ => "200 OK\r\nContent-Length: 30",
            };
            connection.send(format!("HTTP/1.1 {told}\r\nContent-Encoding: gzip\r\n\r\n"));
        }
    });
    run(async {
        let client = Client::new();
        for (method, path, length) in [
            ("HEAD", "/", Some("30")),
            ("GET", "/204", None),
            ("GET", "/304", Some("30")),
            ("GET", "/empty", Some("0")),
        ] {
            let method = method.parse::<http::Method>().expect("the methods are good");
            let response = client.method(method, server.url(path)).unwrap().send().await.unwrap();
            assert_eq!(response.headers()[CONTENT_ENCODING], "gzip", "E 95: {path}");
            let declared = response.headers().get(CONTENT_LENGTH).map(|length| length.as_bytes());
            assert_eq!(declared, length.map(str::as_bytes), "E 95: {path}");
            assert_eq!(response.bytes().await.unwrap(), "", "E 95: {path}");
        }
    });
    assert_eq!(server.connections(), 1);
}
