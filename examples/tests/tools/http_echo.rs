//! Turns requests of curl, of Python and of bare sockets into what the server says it understood.

use std::io::{BufReader, Write};

use serde_json::{Value, json};

use crate::conversation::{Answer, answers, next};
use crate::program::{Echo, Finished, Process, http_echo, skip};

/// What curl writes; nothing if it is not installed.
fn curl(arguments: &[&str]) -> Option<Finished> {
    let process = Process::start("curl", &[&["-s", "-S", "-m", "60"], arguments].concat());
    if process.is_none() {
        skip("curl");
    }
    process.map(Process::finish)
}

/// The fields of a name, in their order.
fn fields<'v>(told: &'v Value, name: &str) -> Vec<&'v str> {
    let pairs = told["headers"].as_array().unwrap().iter();
    pairs.filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap()).collect()
}

fn only(answers: Vec<Answer>) -> Answer {
    let [answer] = answers.try_into().unwrap_or_else(|all: Vec<Answer>| panic!("{} answers", all.len()));
    answer
}

/// What is understood of a target.
fn target(echo: &Echo, method: &str, target: &str) -> Value {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n");
    only(answers(echo.connect(), request.as_bytes())).json()["target"].clone()
}

#[test]
fn all_that_curl_sends_is_understood() {
    let echo = Echo::start();
    let url = echo.url("/a%20b/../c?x=%C3%A9&y");
    let arguments = ["--path-as-is", "-d", "hello", "-H", "X-A: 1", "-H", "X-B: é", "-H", "X-A: 2", &url];
    let Some(finished) = curl(&arguments) else { return };
    let told = finished.json();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert_eq!((&told["method"], &told["target"]), (&json!("POST"), &json!("/a%20b/../c?x=%C3%A9&y")));
    assert_eq!((&told["version"], &told["trailers"]), (&json!("HTTP/1.1"), &json!([])));
    assert_eq!((&told["body_len"], &told["body_hex"]), (&json!(5), &json!("68656c6c6f")));
    assert_eq!((fields(&told, "host"), fields(&told, "x-a")), (vec![echo.addr.as_str()], vec!["1", "2"]));
    assert_eq!(fields(&told, "x-b"), ["Ã©"], "a byte is a character, so that none is lost");
}

#[test]
fn a_head_has_the_length_of_its_get_and_no_body() {
    let echo = Echo::start();
    let Some(finished) = curl(&["-I", &echo.url("/")]) else { return };
    assert_eq!(finished.code, Some(0));
    let head = String::from_utf8(finished.stdout).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(!head.contains("content-length: 0"), "{head}");
}

#[test]
fn a_python_client_keeps_its_connection() {
    let echo = Echo::start();
    let (host, port) = echo.addr.split_once(':').unwrap();
    let program = "
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
for n in range(3):
    connection.request('POST', '/%d' % n, iter([b'ab', b'cde']), {'Transfer-Encoding': 'chunked'}, encode_chunked=True)
    if n == 0: socket = connection.sock
    assert connection.sock is socket, 'another connection'
    sys.stdout.write(connection.getresponse().read().decode())
";
    let Some(process) = Process::start("python3", &["-c", program, host, port]) else { return skip("Python") };
    let finished = process.finish();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let lines = String::from_utf8(finished.stdout).unwrap();
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.iter().map(|told| &told["target"]).collect::<Vec<_>>(), ["/0", "/1", "/2"]);
    assert!(told.iter().all(|told| told["body_hex"] == "6162636465"), "{lines}");
}

#[test]
fn a_target_is_told_as_it_came() {
    let echo = Echo::start();
    let origin = ["/", "/a/../b//c?", "//h/x?a=b?c", "/%00%0d{}|\\^", "/%41%7e?%2F"];
    origin.iter().for_each(|origin| assert_eq!(target(&echo, "GET", origin), **origin));
    assert_eq!(target(&echo, "OPTIONS", "*"), "*");
    assert_eq!(target(&echo, "GET", "http://O.Ex:080/A?"), "http://O.Ex:080/A?");
    assert_eq!(target(&echo, "GET", "HTTP://o?q"), "http://o/?q", "but for scheme and path");
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let echo = Echo::start();
    let requests = b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n\
        POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\
        POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: v\r\nX-T: w\r\n\r\n\
        GET /4 HTTP/1.0\r\nX: \xe9\r\n\r\n\
        GET /5 HTTP/1.1\r\nHost: h\r\n\r\n";
    let told: Vec<Value> = answers(echo.connect(), requests).iter().map(Answer::json).collect();
    assert_eq!(told.iter().map(|told| &told["target"]).collect::<Vec<_>>(), ["/1", "/2", "/3", "/4"]);
    assert_eq!(told[1]["body_hex"], "616263");
    assert_eq!((&told[2]["body_hex"], &told[2]["trailers"]), (&json!("6869"), &json!([["x-t", "v"], ["x-t", "w"]])));
    assert_eq!((&told[3]["version"], fields(&told[3], "x")), (&json!("HTTP/1.0"), vec!["é"]));
}

#[test]
fn of_a_large_body_the_beginning_is_shown_and_all_is_counted() {
    let echo = Echo::start();
    let body: Vec<u8> = (0..1_000_000).map(|at| (at % 251) as u8).collect();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    let told = only(answers(echo.connect(), &[head.as_bytes(), &body].concat())).json();
    let shown: String = body[..4096].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&told["body_len"], &told["body_hex"]), (&json!(1_000_000), &json!(shown)));
}

#[test]
fn a_body_that_fails_is_told_with_its_fault_and_ends_the_connection() {
    let echo = Echo::start();
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let too_large = format!("{chunked}300000\r\n{}", "a".repeat(0x30_0000));
    let short = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab".to_owned();
    let broken = format!("{chunked}zz\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    for (request, status, kind) in [(broken, 400, "Parse"), (short, 400, "Incomplete"), (too_large, 413, "TooLarge")] {
        let answer = only(answers(echo.connect(), request.as_bytes()));
        assert_eq!(answer.status, status);
        assert!(answer.json()["error"].as_str().unwrap().starts_with(kind), "{}", answer.body);
        assert!(answer.head.contains("\r\nconnection: close\r\n"), "{}", answer.head);
    }
}

#[test]
fn either_signal_lets_a_request_finish_and_ends_it_with_code_0() {
    for name in ["-INT", "-TERM"] {
        let echo = Echo::start();
        let mut busy = echo.connect();
        // The first answer shows that the second request, which came with it, is under way.
        let requests = "GET / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab";
        busy.write_all(requests.as_bytes()).unwrap();
        let mut reader = BufReader::new(busy.try_clone().unwrap());
        assert_eq!(next(&mut reader).unwrap().status, 200);
        echo.signal(name);
        while std::net::TcpStream::connect(&echo.addr).is_ok() {}
        busy.write_all(b"cd").unwrap();
        assert_eq!(next(&mut reader).unwrap().json()["body_hex"], "61626364");
        assert!(next(&mut reader).is_none(), "the connection ends with it");
        let finished = echo.finish();
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{name}");
    }
}

#[test]
fn a_port_that_is_taken_is_code_1_and_wrong_usage_code_2() {
    let echo = Echo::start();
    let (_, port) = echo.addr.split_once(':').unwrap();
    let taken = http_echo(&["--port", port]);
    assert!(taken.code == Some(1) && taken.stderr.starts_with("http_echo: "), "{}", taken.stderr);
    for wrong in [&["--port", "65536"][..], &["--port"], &["8080"], &["--no-such-option"]] {
        assert_eq!(http_echo(wrong).code, Some(2), "{wrong:?}");
    }
}
