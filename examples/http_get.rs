//! Turns a URL into what a server answers, on standard output: a small curl.
//!
//! `cargo run --release --example http_get` followed by `-- [-X METHOD] [-H NAME:VALUE]... [-d BODY] [--json] URL` asks,
//! follows redirects and writes the body as it comes. `-d` makes it a POST, and says nothing of the body's type. With `--json`
//! it writes a line about the answer instead, `{"status", "headers": [[name, value], …], "body_len", "error"}`, where `error` is
//! null or the kind of the fault; of an answer that broke off, the rest tells what came. The exit code is 0 if an answer came
//! whole, whatever its status; 1 if not, with the fault on standard error; 2 for wrong usage.
//!
//! Try: `--json` with and without `-X HEAD`, against a page of yours. Which of the two lengths that you see is another now, the
//! header's or the body's? Then ask a port that nobody listens on, and port 99999: what is the fault of each?

use std::error::Error as _;
use std::io::{self, Write};
use std::process::{self, ExitCode};

use clap::{Arg, ArgAction, ArgMatches, Command};
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
    let options = options();
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
    let mut request = Client::builder().build()?.method(method.clone(), url)?.body(body);
    for (name, value) in options.get_many::<(HeaderName, HeaderValue)>("header").into_iter().flatten() {
        request = request.header(name, value);
    }
    request.send().await
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

/// Reads the command line; a wrong one ends the program with code 2.
fn options() -> ArgMatches {
    let token = |text: &str| text.parse::<Method>();
    let option = |short, name, value, help| Arg::new(name).short(short).value_name(value).help(help);
    Command::new("http_get")
        .about("Sends a request and writes the body of its answer.")
        .args([
            option('X', "method", "METHOD", "GET unless it is set, or POST with a body").value_parser(token),
            option('H', "header", "NAME:VALUE", "Send this field").action(ArgAction::Append).value_parser(field),
            option('d', "data", "BODY", "Send this body").allow_hyphen_values(true),
            Arg::new("json").long("json").action(ArgAction::SetTrue).help("Write a line of JSON instead of the body"),
            Arg::new("url").value_name("URL").required(true).help("What to ask for"),
        ])
        .get_matches()
}

fn field(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a name, a colon and a value")?;
    let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|error| error.to_string())?;
    Ok((name.parse().map_err(|_| "the name is none")?, value))
}
