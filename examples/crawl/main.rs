//! Turns one page into all that it leads to: a crawl, where work makes more work and each page is asked for once.
//!
//! `cargo run --release --example crawl --features crawl` takes about five seconds. It starts a server, a process of
//! its own, which answers each request after 10 ms with a page of the Rust documentation that is installed here. It
//! crawls the part of the standard library, and then reads the same files one after another, to see whether a page is
//! missing. `-- --start index.html` takes the whole documentation, `-- --folder DIR` pages of yours.
//!
//! Read `crawler.rs` and `visit.rs`: the rest counts and compares.
//!
//! Try: `-- --concurrency 1` (half a minute), and then the same with `--delay 0`: what do many requests in flight save
//! when there is nothing to wait for? And in `crawler.rs` ask `site.contains_key` instead of `seen.contains_key`, and
//! crawl with `-- --start book`: how often is the same page asked for when it panics, and why?

mod arguments; // the command line -> what to do
mod crawler; // a page -> all that it leads to, by many requests at once
mod visit; // one page -> its answer and its links
mod links; // a page's HTML -> where it leads
mod walk; // a page -> all that it leads to, by one file after another
mod report; // what was found -> figures, and claims that hold
mod serve; // a folder -> a server that counts
mod folder; // the path of a URL -> a file

use std::io;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Instant;

use arguments::{Options, Task};
use folder::{Folder, Found};
use support::process::Child;
use url::Url;
use wheelwright::{Runtime, block_on};

fn main() -> io::Result<()> {
    match arguments::read() {
        Task::Crawl(options) => crawl_and_compare(&options),
        Task::Serve { folder, delay } => block_on(serve::Pages::new(Folder::open(&folder)?, delay).serve()),
    }
}

fn crawl_and_compare(options: &Options) -> io::Result<()> {
    let Some(name) = options.folder.clone().or_else(documentation) else {
        println!(
            "skipped: no Rust documentation here; `rustup component add rust-docs` gets it, `--folder DIR` does without"
        );
        return Ok(());
    };
    let folder = Folder::open(&name).unwrap_or_else(|error| arguments::refuse(&format!("{name}: {error}")));
    let mut child = Child::start(&[&format!("--serve={name}"), &format!("--delay={}", options.delay.as_millis())])?;
    let server = Url::parse(&child.line()?).map_err(io::Error::other)?;
    let Some(start) = first_page(&folder, &server, options.start()) else {
        arguments::refuse(&format!("there is no page {} in {name}", options.start()))
    };

    // The jobs of the pool compute: more of them at a time than cores would only keep the loop waiting.
    let runtime = Runtime::builder().max_blocking_threads(available_parallelism()?.get()).build()?;
    let crawl = runtime.block_on(crawler::run(&start, options.concurrency)).map_err(io::Error::other)?;
    let counts = serde_json::from_str(&child.finish()?)?;
    let begun = Instant::now();
    let walked = walk::run(&folder, &start);
    report::tell(options, &start, &crawl, &counts, begun.elapsed());
    report::check(options, &crawl, &counts, &walked);
    println!(
        "\nEach page brought new work, and of {} pages none was missed or asked for twice, \
         with at most {} requests in flight.",
        report::pages(&crawl.site),
        options.concurrency
    );
    Ok(())
}

/// The folder of the documentation that belongs to the compiler, if it is installed.
fn documentation() -> Option<String> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let folder = format!("{}/share/doc/rust/html", String::from_utf8(output.stdout).ok()?.trim_end());
    std::fs::exists(&folder).ok()?.then_some(folder)
}

/// The page at a path of the server, or of the folder at that path.
fn first_page(folder: &Folder, server: &Url, path: &str) -> Option<Url> {
    let page = links::target(server, path, server.as_str())?;
    match folder.find(page.path())? {
        Found::File(_) => Some(page),
        Found::Moved(index) => links::target(server, &index, server.as_str()),
    }
}
