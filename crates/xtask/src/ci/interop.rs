//! Turns programs that nobody here wrote into partners of our client and our server: each exchange is checked by who asked.

mod peers; // who asks us, and whom we ask for what
mod processes; // a peer's program -> what it said

use super::commands::{Tally, cargo, skipped};
use peers::{ASKED, ASKING, Asked};
use processes::{Process, Served, Spoken};

use std::process::ExitCode;
use std::time::Instant;

const PACKAGE: &[&str] = &["--release", "-p", "wheelwright-benches-interop"];

/// The server of this project, and its client, which is told an address and what to ask there.
const OUR_SERVER: &[&str] = &["interop-server"];
const OUR_CLIENT: &str = "interop-client";

/// Runs `cargo xtask interop`, that stage alone: all peers, or those in whose command a word stands.
pub(crate) fn run_chore(words: &[&str]) -> ExitCode {
    let stage = |tally: &mut Tally| if words.is_empty() { run(tally) } else { built(tally).and_then(|()| with(words)) };
    match stage(&mut Tally::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("interop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything: hyper on our loop, everybody against our server, our client against everybody.
pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    let hyper = ["run", "--release", "-p", "wheelwright-benches", "--bin", "hyper-on-wheelwright", "100000"];
    let on_our_loop = cargo(tally, &hyper, &[]);
    built(tally)?;
    with(&[]).and(on_our_loop)
}

fn built(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &[&["build"], PACKAGE].concat(), &[])?;
    cargo(tally, &[&["test"], PACKAGE].concat(), &[])
}

/// Both directions, also after a peer has failed, so that one run tells everything.
fn with(words: &[&str]) -> Result<(), String> {
    let chosen =
        |command: &[&str]| words.is_empty() || words.iter().any(|word| command.iter().any(|part| part.contains(word)));
    let asking: Vec<&[&str]> = ASKING.iter().copied().filter(|command| chosen(command)).collect();
    let mut faults = if asking.is_empty() { Vec::new() } else { ask_us(&asking) };
    faults.extend(ASKED.iter().filter(|asked| chosen(asked.server)).filter_map(|asked| told(we_ask(asked)).err()));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Everybody against one server of ours, with which nothing may be left at its end.
fn ask_us(asking: &[&[&str]]) -> Vec<String> {
    let server = match Served::start(OUR_SERVER) {
        Ok(Spoken::Said(server)) => server,
        Ok(Spoken::Skipped(why)) | Err(why) => return vec![format!("our server: {why}")],
    };
    let mut faults: Vec<String> = asking.iter().filter_map(|command| told(asks(command, &server.url)).err()).collect();
    match server.end() {
        Ok(said) => println!("our server: {}", said.trim()),
        Err(error) => faults.push(format!("our server: {error}")),
    }
    faults
}

/// One peer against our server.
fn asks(command: &[&str], url: &str) -> Result<Spoken<String>, String> {
    let begun = Instant::now();
    let [program, arguments @ ..] = command else { return Err("an empty command".into()) };
    let words: Vec<&str> = [&[*program, url], arguments].concat();
    let said = Process::start(&words)?.map(Process::end).transposed()?;
    Ok(said.map(|said| {
        let seconds = begun.elapsed().as_secs_f64();
        let (notes, line) = said.trim().rsplit_once('\n').unwrap_or(("", said.trim()));
        let (name, exchanges) = line.rsplit_once(": ").unwrap_or((line, "nothing told"));
        format!("{name} asked our server: {exchanges} in {seconds:.1} s{}", below(notes))
    }))
}

/// Our client against one peer.
fn we_ask(asked: &Asked) -> Result<Spoken<String>, String> {
    let server = match Served::start(asked.server)? {
        Spoken::Said(server) => server,
        Spoken::Skipped(why) => return Ok(Spoken::Skipped(why)),
    };
    let begun = Instant::now();
    let words = [&[OUR_CLIENT, &server.url], asked.parts].concat();
    let said = Process::start(&words)?.map(Process::end).transposed();
    let seconds = begun.elapsed().as_secs_f64();
    let name = server.name.clone();
    let ended = server.end();
    let said = said.map_err(|error| format!("our client and {name}: {error}"))?;
    let notes = ended.map_err(|error| format!("{name}: {error}"))?;
    Ok(said.map(|said| format!("our client asked {name}: {} in {seconds:.1} s{}", said.trim(), below(&notes))))
}

/// The lines that a peer said of itself, under its own.
fn below(notes: &str) -> String {
    notes.lines().map(|note| format!("\n    {note}")).collect()
}

/// Says how it went. Nobody may be missing where nothing may be skipped.
fn told(outcome: Result<Spoken<String>, String>) -> Result<(), String> {
    match outcome {
        Ok(Spoken::Said(line)) => println!("{line}"),
        Ok(Spoken::Skipped(why)) => {
            return skipped("interop", &why).or_else(|error| told(Err(error)));
        }
        Err(error) => {
            println!("FAILED: {error}");
            return Err(error);
        }
    }
    Ok(())
}
