//! Turns `book/` into pages, serves them, and checks that all they claim is still so.

mod bars; // figures, as long as they are large
mod build; // chapters into pages
mod check; // what a page may not be
mod curves; // figures that change as another one grows
mod directives; // what stands in a chapter for code, output, figures and runs
mod item; // an item of a Rust file, by its name
mod measure; // a figure of a measurement, by its key
mod picture; // drawings, in one style
mod serve; // the pages at a local address
mod trace; // recorded runs

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgGroup, Command, value_parser};

use directives::Sources;

fn main() -> ExitCode {
    let matches = command().get_matches();
    let sources = Sources { root: root() };
    let result = if matches.get_flag("bless") {
        bless(&sources)
    } else if matches.get_flag("check") {
        check::run(&sources)
    } else {
        let served = matches.get_flag("serve").then(|| *matches.get_one("port").expect("it has a default"));
        make(&sources, served)
    };
    if let Err(error) = &result {
        eprintln!("{error}");
    }
    ExitCode::from(u8::from(result.is_err()))
}

fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let port = Arg::new("port").long("port").value_name("N").value_parser(value_parser!(u16)).default_value("3000");
    Command::new("book")
        .about("Builds the book.")
        .arg(flag("serve", "Serve it as well, until Ctrl-C"))
        .arg(port.help("Serve it there; 0 for a free port"))
        .arg(flag("check", "Build it, and check that all it says is still so"))
        .arg(flag("bless", "Make the still pictures of recorded runs anew, and give drawings their style"))
        .group(ArgGroup::new("what").args(["serve", "check", "bless"]))
}

/// The root of the working copy.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("it lies two folders below").to_owned()
}

fn make(sources: &Sources, served: Option<u16>) -> Result<(), String> {
    let pages = build::build(sources)?;
    println!("The book is in {}.", pages.join("index.html").display());
    let Some(port) = served else { return Ok(()) };
    serve::serve(pages, port).map_err(|error| format!("cannot serve at port {port}: {error}"))
}

fn bless(sources: &Sources) -> Result<(), String> {
    picture::bless(&sources.book("pictures"))?;
    trace::bless(sources, &build::shown_runs(sources)?)
}
