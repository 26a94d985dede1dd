//! Turns a prompt into an answer that is read while it is made: a model's tokens, streamed to a browser.
//!
//! `cargo run --release --example token_stream` takes three seconds: four readers and the server share one thread, and every
//! reader has the first token long before the last is made. With `-- --serve` it prints `listening on ADDR`: open that in a
//! browser. `--port N` chooses the port. No model is here; tasks make words at a model's pace.
//!
//! `/tokens?prompt=…` answers with server-sent events, which a browser reads by itself, and asks for again where a connection
//! broke off; `/text?prompt=…` with the same tokens in plain text, and `/made` tells what the last answers have come to.
//!
//! Try: `curl -N` on both, and Ctrl-C in the middle; then `/made`: how many tokens were made for nobody? Then let `serve.rs`
//! no longer ask `is_gone`. Who makes how many more now, and what would they cost if the model were real?

mod model; // a prompt -> the tokens of an answer, one after another
mod record; // what the server did -> what it tells of it
mod serve; // requests -> answers on their way

mod reader; // an answer, as its pieces come -> what its reader had of it
mod demo; // four readers at once -> a table of them

use std::io;
use std::time::Duration;

use clap::{Arg, ArgAction, Command, value_parser};
use wheelwright::{block_on, race, signal};

/// What answers under way have once the end is asked for.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    match port() {
        None => block_on(demo::run()),
        Some(port) => block_on(until_told_to_end(port)),
    }
}

/// Reads the command line; a wrong one ends the program with code 2.
fn port() -> Option<u16> {
    let serve = Arg::new("serve").long("serve").action(ArgAction::SetTrue).help("Serve until Ctrl-C or SIGTERM");
    let port = Arg::new("port").long("port").value_name("N").value_parser(value_parser!(u16)).default_value("0");
    let port = port.requires("serve").help("Listen there; 0 for a free port");
    let matches = Command::new("token_stream").about("Streams a model's tokens.").args([serve, port]).get_matches();
    matches.get_flag("serve").then(|| *matches.get_one("port").expect("it has a default"))
}

async fn until_told_to_end(port: u16) -> io::Result<()> {
    let (interrupt, terminate) = (signal::ctrl_c(), signal::terminate()); // whoever reads the address may send them
    let (running, _) = serve::start(port)?;
    println!("listening on {}", running.local_addr());
    race(interrupt, terminate).await?;
    running.shutdown(GRACE).await;
    Ok(())
}
