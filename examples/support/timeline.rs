//! Turns `--timeline FILE` on the command line into a picture of the run: a page, or by its ending `.json` or `.svg`.

use std::io;
use std::path::{Path, PathBuf};

use wheelwright::{Builder, record};
use wheelwright_timeline::Timeline;

/// More than any of the programs here does.
const EVENTS: usize = 1 << 20;

/// Runs a future on a runtime of its own, and draws the run if the command line asks for it.
///
/// # Errors
/// If there is no runtime to be had, or the file cannot be written.
#[track_caller]
pub fn run<T>(builder: Builder, future: impl Future<Output = T>) -> io::Result<T> {
    drawn(builder, asked().as_deref(), future)
}

/// Runs a future on a runtime of its own, and draws the run if there is a file for it.
///
/// # Errors
/// As `run`.
#[track_caller]
pub fn drawn<T>(builder: Builder, file: Option<&Path>, future: impl Future<Output = T>) -> io::Result<T> {
    let Some(file) = file else { return Ok(builder.build()?.block_on(future)) };
    let runtime = builder.recorded(EVENTS).build()?;
    let output = runtime.block_on(future);
    drop(runtime);
    let recording = record::take().expect("the runtime was recorded");
    Timeline::new(&recording).titled(title()).write(file)?;
    eprintln!("The timeline of this run is in {}.", file.display());
    Ok(output)
}

/// The word after `--timeline`.
fn asked() -> Option<PathBuf> {
    std::env::args_os().skip_while(|word| word != "--timeline").nth(1).map(PathBuf::from)
}

/// The name of the program.
fn title() -> String {
    let program = std::env::args().next().unwrap_or_default();
    Path::new(&program).file_stem().map_or(program.clone(), |name| name.to_string_lossy().into_owned())
}
