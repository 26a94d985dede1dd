//! Turns a URL into what a server answers, on standard output: a small curl.
//!
//! `cargo run --release --example http_get` followed by `-- [-X METHOD] [-H NAME:VALUE]... [-d BODY] [--json] URL` asks,
//! follows redirects and writes the body as it comes. `-d` makes it a POST, and says nothing of the body's type. With `--json`
//! it writes a line about the answer instead, `{"status", "headers": [[name, value], …], "body_len", "error"}`, where `error` is
//! null or the kind of the fault; of an answer that broke off, the rest tells what came. The exit code is 0 if an answer came
//! whole, whatever its status; 1 if not, with the fault on standard error; 2 for wrong usage.
//!
//! With `--features tls` before the `--` it takes https, and `--cacert FILE`: certificates, as text or as they are, of
//! authorities of your own. There is no option to trust everybody.
//!
//! Try: `--json` with and without `-X HEAD`, against a page of yours. Which of the two lengths that you see is another now, the
//! header's or the body's? Then ask a port that nobody listens on, and port 99999: what is the fault of each?

mod options; // the command line -> what to ask, and whom
mod trust; // certificates -> a client that trusts those whom they vouch for

use std::error::Error as _;
use std::io::{self, Write};
use std::process::{self, ExitCode};

use clap::ArgMatches;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use support::fields;
use wheelwright::block_on;
use wheelwright_http::{Body, Client, Error, Response};

/// What came of an answer so far.
#[derive(Default)]
struct Came {
    status: Option<u16>,
    headers: HeaderMap,
    body_len: usize,
}

fn main() -> ExitCode {
    let options = options::read();
    let mut came = Came::default();
    let ended = block_on(get(&options, &mut came));
    if options.get_flag("json") {
        print(format!("{}\n", report(&came, ended.as_ref().err())).as_bytes());
    }
    if let Err(error) = &ended {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        eprintln!("http_get: {error}{cause}");
    }
    ExitCode::from(u8::from(ended.is_err()))
}

async fn get(options: &ArgMatches, came: &mut Came) -> Result<(), Error> {
    let mut response = send(options).await?;
    came.status = Some(response.status().as_u16());
    came.headers = response.headers().clone();
    while let Some(bytes) = response.chunk().await? {
        came.body_len += bytes.len();
        if !options.get_flag("json") {
            print(&bytes);
        }
    }
    Ok(())
}

async fn send(options: &ArgMatches) -> Result<Response, Error> {
    let (usual, body) = match options.get_one::<String>("data") {
        None => (Method::GET, Body::empty()),
        Some(text) => (Method::POST, Body::from(text.clone())),
    };
    let method = options.get_one("method").unwrap_or(&usual);
    let url = options.get_one::<String>("url").expect("it is required");
    let mut request = client(options).method(method.clone(), url)?.body(body);
    for (name, value) in options.get_many::<(HeaderName, HeaderValue)>("header").into_iter().flatten() {
        request = request.header(name, value);
    }
    request.send().await
}

fn client(options: &ArgMatches) -> Client {
    let trusting = |certificates: &Vec<u8>| trust::client(certificates).expect("they were read as certificates");
    options.get_one("cacert").map_or_else(Client::new, trusting)
}

fn report(came: &Came, fault: Option<&Error>) -> Value {
    json!({
        "status": came.status,
        "headers": fields::as_json(&came.headers),
        "body_len": came.body_len,
        "error": fault.map(|error| error.kind().to_string()),
    })
}

/// Writes at once what came. It may block the loop, on which nothing else runs.
fn print(bytes: &[u8]) {
    let mut stdout = io::stdout();
    if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        eprintln!("http_get: standard output: {error}");
        process::exit(1);
    }
}
