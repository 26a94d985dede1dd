//! Turns the command line into what to ask, and whom.

use std::fs;

use clap::{Arg, ArgAction, ArgMatches, Command};
use http::Method;
use http::header::{HeaderName, HeaderValue};

use crate::trust;

/// Reads the command line; a wrong one ends the program with code 2.
pub(crate) fn read() -> ArgMatches {
    let token = |text: &str| text.parse::<Method>();
    let option = |short, name, value, help| Arg::new(name).short(short).value_name(value).help(help);
    let cacert = Arg::new("cacert").long("cacert").value_name("FILE").value_parser(certificates);
    let cacert = cacert.help("Trust servers for whom a certificate in this file vouches, too; needs the feature `tls`");
    Command::new("http_get")
        .about("Sends a request and writes the body of its answer.")
        .args([
            option('X', "method", "METHOD", "GET unless it is set, or POST with a body").value_parser(token),
            option('H', "header", "NAME:VALUE", "Send this field").action(ArgAction::Append).value_parser(field),
            option('d', "data", "BODY", "Send this body").allow_hyphen_values(true),
            cacert,
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

/// Reads certificates from a file, and sees to it that they are some.
fn certificates(path: &str) -> Result<Vec<u8>, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    trust::client(&bytes).map(|_| bytes)
}
