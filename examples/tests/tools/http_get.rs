//! Turns answers, whole and broken off, into what the client writes of them and how it ends.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::channel;

use serde_json::{Value, json};

use crate::conversation::serve_once;
use crate::program::{Echo, LIMIT, Process, http_get, skip, start_http_get};

/// The line of a call that fails, whose fault stands on standard error as well.
fn fault(url: &str) -> Value {
    let finished = http_get(&["--json", url]);
    let told = finished.json();
    assert_eq!(finished.code, Some(1), "{told}");
    let begins = format!("http_get: {}: ", told["error"].as_str().unwrap());
    assert!(finished.stderr.starts_with(&begins), "{}", finished.stderr);
    told
}

#[test]
fn what_is_asked_for_arrives() {
    let echo = Echo::start();
    let told = |arguments: &[&str]| {
        let finished = http_get(&[arguments, &[&echo.url("/a b?c#d")]].concat());
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        finished.json()
    };
    let plain = told(&[]);
    assert_eq!(
        (&plain["method"], &plain["target"], &plain["body_len"]),
        (&json!("GET"), &json!("/a%20b?c"), &json!(0))
    );
    assert_eq!(plain["headers"], json!([["host", echo.addr]]));
    let full = told(&["-X", "PUT", "-H", "A: 1", "-H", "A:2", "-H", "B:", "-d", "-é"]);
    assert_eq!((&full["method"], &full["body_hex"]), (&json!("PUT"), &json!("2dc3a9")));
    let headers = [["host", &echo.addr], ["a", "1"], ["a", "2"], ["b", ""], ["content-length", "3"]];
    assert_eq!(full["headers"], json!(headers));
    assert_eq!(told(&["-d", "a"])["method"], "POST", "a body makes it a POST");
}

#[test]
fn json_is_one_line_about_the_answer() {
    let echo = Echo::start();
    let finished = http_get(&["--json", &echo.url("/")]);
    let told = finished.json();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert_eq!((&told["status"], &told["error"]), (&json!(200), &Value::Null));
    let body = http_get(&[&echo.url("/")]).stdout;
    assert_eq!(told["body_len"], body.len());
    let headers = told["headers"].as_array().unwrap();
    assert!(headers.contains(&json!(["content-type", "application/json"])), "{told}");
    assert_eq!(told.as_object().unwrap().len(), 4);
    let head = http_get(&["--json", "-X", "HEAD", &echo.url("/")]).json();
    assert_eq!((&head["status"], &head["body_len"]), (&json!(200), &json!(0)));
}

#[test]
fn a_body_is_written_as_it_comes() {
    let (release, held) = channel();
    let url = serve_once(move |mut stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfirst").unwrap();
        held.recv_timeout(LIMIT).unwrap();
        stream.write_all(b"\0\xff\n").unwrap();
    });
    let mut process = start_http_get(&[&url]);
    assert_eq!(process.read(5), b"first", "before the rest is sent");
    release.send(()).unwrap();
    let finished = process.finish();
    assert_eq!((finished.code, finished.stdout), (Some(0), b"\0\xff\n".to_vec()));
}

#[test]
fn pythons_server_gives_its_pages_byte_for_byte() {
    let folder = std::env::temp_dir().join(format!("http_get-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let page: Vec<u8> = (0..300_000).map(|at| (at % 251) as u8).collect();
    fs::write(folder.join("page"), &page).unwrap();
    let arguments = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.to_str().unwrap()];
    let Some(mut process) = Process::start("python3", &arguments) else { return skip("Python") };
    let greeting = process.line();
    let port = greeting.split(" port ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let found = http_get(&[&format!("http://127.0.0.1:{port}/page")]);
    let missing = http_get(&["--json", &format!("http://127.0.0.1:{port}/attic")]);
    drop(process);
    fs::remove_dir_all(folder).unwrap();
    assert_eq!((found.code, found.stdout == page), (Some(0), true));
    assert_eq!((missing.code, &missing.json()["status"]), (Some(0), &json!(404)), "an answer is an answer");
}

#[test]
fn a_fault_is_named_and_is_code_1() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nothing = |kind| json!({ "status": null, "headers": [], "body_len": 0, "error": kind });
    assert_eq!(fault(&format!("http://{nobody}/")), nothing("Connect"));
    assert_eq!(fault("http://name.invalid/"), nothing("Dns"));
    assert_eq!(fault(&serve_once(drop)), nothing("Closed"));
    let url = serve_once(|mut stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\nA: b\r\n\r\n").unwrap());
    assert_eq!(fault(&url), nothing("Parse"));
    for bad in ["", "nonsense", "ftp://h/", "http://", "http://h:99999/", "http://h:0/", "http://[::1/", "http://a b/"]
    {
        assert_eq!(fault(bad), nothing("BadUrl"), "{bad}");
    }
}

#[test]
fn of_an_answer_that_breaks_off_the_rest_is_told() {
    let half = b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\nA: b\r\n\r\nhalf";
    let told = fault(&serve_once(|mut stream| stream.write_all(half).unwrap()));
    let headers = json!([["content-length", "100"], ["a", "b"]]);
    assert_eq!(told, json!({ "status": 404, "headers": headers, "body_len": 4, "error": "Incomplete" }));
    let plain = http_get(&[&serve_once(|mut stream| stream.write_all(half).unwrap())]);
    assert_eq!((plain.code, plain.stdout), (Some(1), b"half".to_vec()));
}

#[test]
fn wrong_usage_is_code_2_and_asks_nobody() {
    let bad = ["-H nocolon", "-H :v", "-H a b:v", "-H a:b\nc", "-X A B", "-X ", "--no-such-option", "second"];
    for option in bad {
        let (name, value) = option.split_once(' ').unwrap_or((option, ""));
        let mut arguments = vec![name, value, "http://127.0.0.1:1/"];
        arguments.retain(|argument| !argument.is_empty() || name == "-X");
        let finished = http_get(&arguments);
        assert_eq!((finished.code, finished.stdout.len()), (Some(2), 0), "{option:?}");
        assert!(finished.stderr.starts_with("error: "), "{}", finished.stderr);
    }
    assert_eq!(http_get(&[]).code, Some(2));
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_https_it_says_what_brings_it() {
    let any = std::env::current_exe().unwrap();
    let finished = http_get(&["--cacert", any.to_str().unwrap(), "https://127.0.0.1:1/"]);
    assert_eq!((finished.code, finished.stdout.len()), (Some(2), 0));
    assert!(finished.stderr.contains("`--features tls`"), "{}", finished.stderr);
    let finished = http_get(&["https://127.0.0.1:1/"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.starts_with("http_get: Tls: https needs the feature `tls`"), "{}", finished.stderr);
}
