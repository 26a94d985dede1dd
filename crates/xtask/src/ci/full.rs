//! Turns the runtime's tests into a search for broken memory and colliding keys: what takes too long for every commit.

use super::commands::{Tally, built, cargo, in_root, shown};
use super::{Stage, guards};
use crate::{soak, tree};

pub(super) const STAGES: &[Stage] = &[
    Stage { name: "AddressSanitizer", run: address_sanitizer },
    Stage { name: "valgrind", run: valgrind },
    Stage { name: "one-bit generations", run: one_bit_generations },
    Stage { name: "guards", run: |_| guards::check() },
    Stage { name: "every page", run: every_page },
    Stage { name: "a hundred thousand requests", run: one_connection },
    Stage { name: "soak", run: five_minutes },
];

/// The crates whose memory is examined, and the tests over their public API.
const EXAMINED: &[&str] = &["-p", "wheelwright", "-p", "wheelwright-tests", "--lib", "--test", "it"];

/// The standard library comes as it is, not instrumented: what is looked for happens in our code.
fn address_sanitizer(tally: &mut Tally) -> Result<(), String> {
    let mut command = in_root("rustup");
    command.args(["run", "nightly", "cargo", "test", "--target", "x86_64-unknown-linux-gnu"]).args(EXAMINED);
    command.env("RUSTFLAGS", "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer");
    command.env("CARGO_TARGET_DIR", apart("target-asan"));
    shown(tally, &mut command)
}

/// A target folder of its own, named whole: a test that runs cargo does so from its own package's folder.
fn apart(name: &str) -> String {
    tree::root().join(name).display().to_string()
}

fn valgrind(tally: &mut Tally) -> Result<(), String> {
    for binary in built(&["test", "-p", "wheelwright", "--lib", "--no-run"])? {
        let mut command = in_root("valgrind");
        command.args(["--quiet", "--error-exitcode=9", "--leak-check=no", "--fair-sched=yes"]);
        command.arg(binary).arg("--test-threads=1");
        // Half a million items between threads that valgrind lets take turns: minutes, and the sanitizer sees them run.
        command.args(["--skip", "remote::tests::threads"]);
        // Each case of a random test costs fifty times its usual time.
        command.env("PROPTEST_CASES", "8");
        shown(tally, &mut command)?;
    }
    Ok(())
}

/// With one bit for the generation nearly every stale key meets a new occupant of its slot.
fn one_bit_generations(tally: &mut Tally) -> Result<(), String> {
    let target = apart("target-one-bit");
    let variables = [("RUSTFLAGS", "--cfg wheelwright_one_bit_generation"), ("CARGO_TARGET_DIR", target.as_str())];
    cargo(tally, &["test", "--lib", "--tests", "--no-fail-fast"], &variables)
}

/// The main example fetches all of the installed documentation from nginx; `cargo test` is content with a tenth of it.
fn every_page(tally: &mut Tally) -> Result<(), String> {
    let test = ["test", "--release", "-p", "wheelwright-examples", "--test", "fan_out", "servers_of_others"];
    cargo(tally, &test, &[])
}

/// To servers and from clients of others, too; `cargo test` is content with a tenth of those.
fn one_connection(tally: &mut Tally) -> Result<(), String> {
    cargo(
        tally,
        &["test", "--release", "-p", "wheelwright-http", "--test", "one_connection"],
        &[("WHEELWRIGHT_FOREIGN_REQUESTS", "100000")],
    )
}

/// Long enough to judge whether memory is flat; `cargo test` has the same case for a few seconds.
fn five_minutes(tally: &mut Tally) -> Result<(), String> {
    cargo(tally, &soak::CASE, &[(soak::SECONDS, "300")])
}
