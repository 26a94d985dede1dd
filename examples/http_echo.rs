//! Turns a request into JSON of what the server understood of it, so that any client and any test-suite can be pointed at it.
//!
//! `cargo run --release --example http_echo` prints `listening on ADDR` and serves until Ctrl-C or SIGTERM; `-- --port N` chooses
//! the port. Every request is answered with
//! `{"method", "target", "version", "headers": [[name, value], …], "body_len", "body_hex", "trailers": [[name, value], …]}`,
//! where `body_hex` has the first 4 KiB. A request whose body fails is answered with `{"error"}` and 400, 408 or 413; one that
//! is none, by the server itself, in plain text. Its limits are those that every server here has by default.
//!
//! The target is as it came, but for an absolute one: its scheme is in lower case, its path at least `/`, and its host has
//! taken the place of the Host field. Names of fields are in lower case, and equal ones stand together.
//!
//! `kill -USR1` has it say on stderr what each of its tasks waits for, and where; Ctrl-\ too, which ends it.
//!
//! Try: `curl -d hello localhost:PORT/a%20b?c`, then the same with `-H 'Transfer-Encoding: chunked'`. What does the server see
//! of the difference? Then add `-H 'Content-Length: 5'` as well: why does it not answer that with JSON?

use std::io;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, Command, value_parser};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use support::fields;
use wheelwright::{Runtime, race, signal};
use wheelwright_http::{Body, Error, ErrorKind, Incoming, Server};

/// Bytes of a body that are shown.
const SHOWN: usize = 4 << 10;

/// What requests under way have once the end is asked for.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let port = port();
    let echo = || Runtime::builder().dump_on_signals().build()?.block_on(serve(port));
    match echo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http_echo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line; a wrong one ends the program with code 2.
fn port() -> u16 {
    let port = Arg::new("port").long("port").value_name("N").value_parser(value_parser!(u16)).default_value("0");
    let command = Command::new("http_echo").about("Answers every request with JSON of what it understood.");
    let matches = command.arg(port.help("Listen there; 0 for a free port")).get_matches();
    *matches.get_one("port").expect("it has a default")
}

async fn serve(port: u16) -> io::Result<()> {
    let (interrupt, terminate) = (signal::ctrl_c(), signal::terminate()); // whoever reads the address may send them
    let running = Server::bind((Ipv4Addr::LOCALHOST, port))?.serve(answer);
    println!("listening on {}", running.local_addr());
    race(interrupt, terminate).await?;
    running.shutdown(GRACE).await;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Response<Body> {
    let (status, told) = match understood(request).await {
        Ok(told) => (StatusCode::OK, told),
        Err(error) => (status_of(error.kind()), json!({ "error": error.to_string() })),
    };
    let mut response = Response::new(Body::from(format!("{told}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Reads the body to its end, of any size in little memory.
async fn understood(request: Request<Incoming>) -> Result<Value, Error> {
    let (head, mut body) = request.into_parts();
    let (mut length, mut shown) = (0, String::new());
    while let Some(bytes) = body.chunk().await? {
        let left = SHOWN.saturating_sub(length);
        shown.extend(bytes.iter().take(left).map(|byte| format!("{byte:02x}")));
        length += bytes.len();
    }
    Ok(json!({
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "version": format!("{:?}", head.version),
        "headers": fields::as_json(&head.headers),
        "body_len": length,
        "body_hex": shown,
        "trailers": fields::as_json(&body.trailers().unwrap_or_default()),
    }))
}

fn status_of(fault: ErrorKind) -> StatusCode {
    match fault {
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Timeout(_) => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    }
}
