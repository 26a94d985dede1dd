//! Turns every example program into a run whose output is compared with what it promises.

mod companions; // the same program in Python and with tokio
mod fan_out; // the main example, checked by what its output means
pub(crate) mod manifest; // which examples there are
pub(crate) mod page; // what they showed, as a table
mod pages; // a few pages over HTTP for the main example to fetch
mod programs; // how each is run and compared
mod transcripts; // what a program printed before, and prints now

use super::commands::{Tally, captured, in_root, shown, skipped};
use crate::tree;
use manifest::Listed;
use programs::{Companions, PROGRAMS, Program};

use std::process::{Command, ExitCode, Output};
use std::time::Instant;

/// Longest time an example may take, in seconds; the slowest promises ten.
const LIMIT: &str = "100";

/// An example that shows nothing by itself, and serves as a tool, has a module of tests here, which are part of `cargo test`.
const TESTS_OF_TOOLS: &str = "examples/tests/tools/main.rs";

/// One run of the main example.
struct Run {
    arguments: &'static [&'static str],
    /// What it reads.
    input: fn() -> Result<String, String>,
    /// What must hold for what it wrote and how it ended.
    check: fn(&Finished) -> Result<(), String>,
}

/// What an example wrote and how it ended.
struct Finished {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

/// How a comparison ended that found no fault.
enum Ended {
    Well,
    /// What it needs is not here.
    Skipped(String),
}

impl Finished {
    fn new(output: &Output) -> Finished {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Finished { stdout: text(&output.stdout), stderr: text(&output.stderr), code: output.status.code() }
    }
}

/// Builds all examples, runs each, and compares.
pub(super) fn run(tally: &mut Tally) -> Result<(), String> {
    shown(tally, in_root("cargo").args(["build", "--release", "--examples"]))?;
    shown(tally, in_root("cargo").args(["build", "--release", "-p", "wheelwright-benches-book"]))?;
    let listed = manifest::read()?;
    // What is slow to build is not held against the program that needs it.
    for example in listed.iter().filter(|example| example.features.is_some()) {
        shown(tally, in_root("cargo").arg("build").args(&example.arguments()[1..]))?;
    }
    let tests = std::fs::read_to_string(tree::root().join(TESTS_OF_TOOLS)).map_err(|error| error.to_string())?;
    let mut faults = missing(&listed, &tests);
    faults.extend(fan_out::RUNS.iter().filter_map(|run| told("fan_out", || main_example(run)).err()));
    faults.extend(PROGRAMS.iter().filter_map(|program| told(program.name, || once(program, &listed)).err()));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// Runs `cargo xtask examples`: those that are named, or all but the main one; compares, or writes what they print.
pub(crate) fn run_chore(words: &[&str]) -> ExitCode {
    let (options, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
    let bless = options == ["--bless"];
    let unknown = names.iter().find(|name| !PROGRAMS.iter().any(|program| program.name == **name));
    if !(bless || options.is_empty()) || unknown.is_some() {
        let known: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
        eprintln!("usage: cargo xtask examples [NAME...] [--bless]; the names are {}", known.join(", "));
        return ExitCode::from(2);
    }
    let chosen = PROGRAMS.iter().filter(|program| names.is_empty() || names.contains(&program.name));
    let act = |program: &Program, listed: &[Listed]| match bless {
        true => printed(&mut command(program, &[], listed)?)
            .and_then(|text| transcripts::bless(program, &text))
            .map(|()| Ended::Well),
        false => once(program, listed),
    };
    let result = manifest::read().and_then(|listed| {
        let faults = chosen.filter_map(|program| told(program.name, || act(program, &listed)).err()).count();
        let page = if bless { page::bless() } else { Ok(()) };
        page.and((faults == 0).then_some(()).ok_or_else(|| format!("{faults} of them failed")))
    });
    if let Err(error) = &result {
        eprintln!("examples: {error}");
    }
    ExitCode::from(u8::from(result.is_err()))
}

/// Says how it went, in a line.
fn told(name: &str, act: impl FnOnce() -> Result<Ended, String>) -> Result<(), String> {
    let begun = Instant::now();
    let ended = act();
    let took = begun.elapsed().as_secs_f64();
    match ended {
        Ok(Ended::Well) => println!("{name}: ok in {took:.1} s"),
        Ok(Ended::Skipped(why)) => return skipped(name, &why).or_else(|error| fault(name, &error)),
        Err(error) => return fault(name, &error),
    }
    Ok(())
}

fn fault(name: &str, error: &str) -> Result<(), String> {
    println!("{name}: FAILED: {error}");
    Err(format!("{name}: {error}"))
}

/// Examples that the manifest names, and neither a run nor a module of `tests` covers.
fn missing(listed: &[Listed], tests: &str) -> Vec<String> {
    let is_run = |name: &str| name == "fan_out" || PROGRAMS.iter().any(|program| program.name == name);
    let is_tested = |name: &str| tests.lines().any(|line| line == format!("mod {name};"));
    let unseen = listed.iter().filter(|example| !is_run(&example.name) && !is_tested(&example.name));
    let fault =
        |name: &str| format!("the example {name} is never run: add it to the table, or tests to {TESTS_OF_TOOLS}");
    unseen.map(|example| fault(&example.name)).collect()
}

fn main_example(run: &Run) -> Result<Ended, String> {
    let mut command = in_root("timeout");
    command.args([LIMIT, "cargo", "run", "--quiet", "--release", "--example", "fan_out", "--"]).args(run.arguments);
    let finished = Finished::new(&captured(&mut command, &(run.input)()?)?);
    (run.check)(&finished).map(|()| Ended::Well).map_err(|fault| {
        let Finished { stdout, stderr, code } = &finished;
        println!("--- stdout\n{stdout}\n--- stderr\n{stderr}\n--- exit code {code:?}");
        format!("{}: {fault}", run.arguments.join(" "))
    })
}

/// Runs one program, and its companions, and compares what they print with its transcript.
fn once(program: &Program, listed: &[Listed]) -> Result<Ended, String> {
    let printed = printed(&mut command(program, program.quick, listed)?)?;
    if let Some(why) = printed.strip_prefix("skipped: ") {
        return Ok(Ended::Skipped(why.trim().into()));
    }
    transcripts::compare(program, &printed)?;
    match program.has_companions {
        Companions::Alone => Ok(Ended::Well),
        Companions::PythonAndTokio => companions::check(program, |printed| transcripts::compare(program, printed)),
    }
}

/// The command that the program's own header states, with its arguments.
fn command(program: &Program, arguments: &[&str], listed: &[Listed]) -> Result<Command, String> {
    let example = listed.iter().find(|example| example.name == program.name);
    let example = example.ok_or_else(|| format!("{} does not name it", manifest::PATH))?;
    let mut command = in_root("cargo");
    command.args(example.arguments()).arg("--quiet").arg("--").args(arguments);
    Ok(command)
}

/// What a program prints that ends well; else what it complained of.
fn printed(command: &mut Command) -> Result<String, String> {
    let mut limited = in_root("timeout");
    limited.arg(LIMIT).arg(command.get_program()).args(command.get_args());
    let finished = Finished::new(&captured(&mut limited, "")?);
    match finished.code {
        Some(0) => Ok(finished.stdout),
        Some(124) => Err(format!("it did not end within {LIMIT} s")),
        code => Err(format!("exit code {code:?}\n{}{}", finished.stdout, finished.stderr)),
    }
}

#[cfg(test)]
mod tests {
    use super::{manifest::listed, missing};

    #[test]
    fn an_example_that_is_never_run_is_found() {
        let names = ["fan_out", "tool", "attic"];
        let manifest = names.map(|name| format!("[[example]]\nname = \"{name}\"\npath = \"{name}.rs\"\n\n")).concat();
        let found = missing(&listed(&manifest), "mod program;\nmod tool;\n// mod attic;\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("attic"), "{found:?}");
    }
}
